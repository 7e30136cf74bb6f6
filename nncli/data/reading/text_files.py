"""Text tables: .csv, .tsv and .gz of these -> chunks of cells, each row with its line."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from nncli.data.reading.bounded_reader import MOST_BYTES, BoundedFile, RowTooLong
from nncli.data.reading.chunks import MISSING, Chunk, is_number, reading, refuse_width
from nncli.data.reading.line_blocks import LineBlocks, count_lines
from nncli.data.reading.plain_blocks import plain_block
from nncli.errors import DataError, Problem, TableError, printable
from nncli.parts.arrays import Array
from nncli.untrusted_files.opening import in_words

CHUNK_CELLS = 1 << 18  # of a chunk: enough that the cost per chunk disappears, small in memory
BLOCK_BYTES = 1 << 26  # of a chunk, where its cells are long
LOOK_CELLS = 1 << 12  # of the rows between two looks at how much was read
SAMPLE_BYTES = 1 << 16
GZIP_RATIO = 6  # of a table of numbers, by rule of thumb
DELIMITERS = (",", ";", "\t", "|")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class TextFormat:
    """How a text table is written; None is told from the file's first rows."""

    delimiter: str | None = None
    header: bool | None = None
    decimal: Literal[".", ","] = "."


class Read(NamedTuple):
    """How many lines of a file are read, and how many rows its chunk goes on for."""

    lines: int
    left: int


class TextFile:
    """A text table, opened: its column names, then its rows.

    Raises DataError, with the line, for what can't be read as one.
    """

    row_word = ""
    texts: frozenset[str] = frozenset()

    def __init__(self, path: Path, format_: TextFormat = TextFormat()) -> None:
        self.path, self.decimal = path, format_.decimal
        self.names: tuple[str, ...] = ()
        self._first_line: int | None = None
        sample = self._sample()
        self.delimiter = format_.delimiter or sniff_delimiter(sample, format_.decimal)
        if self.delimiter in '"\r\n':
            raise DataError("a quote or a line break is no delimiter", key="data.delimiter")
        with reading(path), BoundedFile(path) as file:
            rows, lines = next(self._blocks(file, 101), ([], np.empty(0)))
        if not rows:
            raise DataError(f"{path}: the file is empty", key="data.path")
        refuse_width(path, len(rows[0]))
        cells = [LINE_BREAK.sub(" ", cell.strip()) for cell in rows[0]]
        self.has_header = format_.header
        if self.has_header is None:
            self.has_header = is_header(cells, rows[1:], self.decimal)
        self.names = tuple(
            cell if cell and self.has_header else f"column_{number}"
            for number, cell in enumerate(cells, 1)
        )
        header = rows[: int(self.has_header)]
        if len(rows) > len(header):
            first, after = int(lines[len(header)]), 1 + sum(map(_height, header))
            self._first_line = first if first == after else None  # no blank lines between
        unnamed = self.has_header and not cells[0]
        self.row_indices = frozenset(self.names[:1] if unnamed else ())
        self._refuse_equal_names(lines[0], is_told=format_.header is not None)
        ends = sample.count(self.delimiter) + len(sample.splitlines())
        self._bytes_a_cell = max(len(sample) / ends, 1.0)

    def count_cells(self) -> int:
        size = self.path.stat().st_size * (GZIP_RATIO if self.path.suffix == ".gz" else 1)
        return int(size / self._bytes_a_cell)

    def count_rows(self) -> int:
        if self.path.suffix == ".gz":
            return self.count_cells() // len(self.names)
        with reading(self.path), BoundedFile(self.path) as file:
            return count_lines(file)

    def _refuse_equal_names(self, line: int, *, is_told: bool) -> None:
        counts = Counter(self.names)
        if equal := [name for name in counts if counts[name] > 1]:
            message = "several columns are called " + ", ".join(f"'{name}'" for name in equal[:10])
            if not is_told:
                message += " (if the first row isn't a header: data.header: false)"
            raise self._refused(line, message)

    def _sample(self) -> str:
        """The text of the first rows."""
        with reading(self.path), io.BufferedReader(BoundedFile(self.path)) as file:
            head = file.read(SAMPLE_BYTES)
        self.has_bom = head.startswith(codecs.BOM_UTF8)
        self.line_end = "\r\n" if b"\r\n" in head else "\n"
        if head.startswith(UTF16):
            raise DataError(f"{self.path}: this is UTF-16 or UTF-32 text: save the file as UTF-8")
        if b"\0" in head:
            raise DataError(f"{self.path}: a binary file, not a table of text", key="data.path")
        text = head.decode("utf-8-sig", "ignore")
        if len(head) == SAMPLE_BYTES:  # the last line may be cut
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
        return text

    def chunks(self) -> Iterator[Chunk]:
        """The rows, some at a time: by NumPy while they are plain, from there on by csv."""
        read = yield from self._plain_chunks()
        if read is not None:
            yield from self._csv_chunks(read)

    @property
    def _most(self) -> int:
        """How many rows are a chunk."""
        return max(CHUNK_CELLS // len(self.names), 1)

    def _plain_chunks(self) -> Generator[Chunk, None, Read | None]:
        """The rows up to those that aren't plain: returns what was read, None for all."""
        if self._first_line is None:
            return Read(0, self._most)
        done, left = 0, max(self._most - bool(self.has_header), 1)
        with reading(self.path), BoundedFile(self.path) as file:
            blocks = LineBlocks(file, self._text(file))
            blocks.skip(self._first_line - 1)
            while text := blocks.take(left):
                chunk = self._plain_chunk(text, done + 1 if done else self._first_line)
                if chunk is None:
                    return Read(done, left if done else self._most)
                done, left = int(chunk.lines[-1]), left - len(chunk.lines) or self._most
                yield chunk
                del chunk  # before the next is made
        return Read(done, left if done else self._most) if blocks.has_stopped else None

    def _plain_chunk(self, text: str, line: int) -> Chunk | None:
        """Lines as rows, the first of them on `line`; None if they aren't plain."""
        block = plain_block(text, len(self.names), self.delimiter, self.decimal)
        return None if block is None else Chunk(block, np.arange(line, line + len(block.cells)))

    def _csv_chunks(self, read: Read) -> Iterator[Chunk]:
        """The rows after those that were read."""
        width = len(self.names)
        with reading(self.path), BoundedFile(self.path) as file:
            is_first = self.has_header and not read.lines
            for rows, lines in self._blocks(file, self._most, read):
                if is_first:
                    rows, lines, is_first = rows[1:], lines[1:], False
                if set(map(len, rows)) - {width}:
                    raise self._ragged(rows, lines)
                if rows:
                    yield Chunk(list(zip(*rows, strict=True)), lines)

    def _ragged(self, rows: list[list[str]], lines: Array) -> TableError:
        expected = f"expected {len(self.names)} cells, as in the first row"
        return TableError(
            [
                Problem(f"{self.path}:{line}", "", f"{expected}, found {len(row)}")
                for row, line in zip(rows, lines, strict=True)
                if len(row) != len(self.names)
            ]
        )

    def _text(self, file: BoundedFile) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BufferedReader(file), encoding="utf-8-sig", newline="")

    def _blocks(
        self, file: BoundedFile, most: int, read: Read | None = None
    ) -> Iterator[tuple[list[list[str]], Array]]:
        """(rows, the line each begins on), so many at a time; blank lines are left out.

        read: what is read by now.
        """
        done, left = read or Read(0, most)
        text = self._text(file)
        LineBlocks(file, text).skip(done)
        reader = csv.reader(text, delimiter=self.delimiter, strict=True, skipinitialspace=True)
        line = done + 1
        while True:
            rows: list[list[str]] = []
            try:
                for some in self._metered(reader, file, left):
                    rows.extend(some)  # keeps the rows before one that can't be read
            except (csv.Error, RowTooLong) as error:
                raise self._refused(line + sum(map(_height, rows)), _in_words(error)) from None
            except UnicodeDecodeError:
                raise self._not_utf8() from None
            if not rows:
                return
            lines = np.arange(line, line + len(rows))
            left, end = most, done + reader.line_num + 1
            if end - line != len(rows):
                lines = line + np.cumsum([0, *map(_height, rows[:-1])])
            line = end
            if min(map(len, rows)) < 2:
                kept = [index for index, row in enumerate(rows) if not self._is_blank(row)]
                rows, lines = [rows[index] for index in kept], lines[kept]
            if rows:
                yield rows, lines

    def _metered(
        self, reader: Iterator[list[str]], file: BoundedFile, most: int
    ) -> Iterator[Iterator[list[str]]]:
        """So many rows, or fewer if they are long, a few at a time and a look after each few."""
        few = min(max(LOOK_CELLS // max(len(self.names), 1), 1), most) if self.names else 1
        end, left = file.count + BLOCK_BYTES, most
        while left > 0 and file.count < end:
            file.look()
            first = next(reader, None)
            if first is None:
                return
            yield chain([first], islice(reader, min(few, left) - 1))
            left -= few

    def _is_blank(self, row: list[str]) -> bool:
        """Whether a line has nothing on it. In a table of one column a quoted nothing is a cell."""
        return not row or (len(row) == 1 and len(self.names) != 1 and not row[0].strip())

    def _refused(self, line: int, message: str) -> TableError:
        return TableError([Problem(f"{self.path}:{line}", "", printable(message, 1000))])

    def _not_utf8(self) -> DataError:
        """Which line, and which byte of it."""
        decode, number = codecs.getincrementaldecoder("utf-8")().decode, 1
        with BoundedFile(self.path) as file:
            while True:
                file.look()
                piece = file.read(SAMPLE_BYTES) or b""
                try:
                    decode(piece, final=not piece)
                except UnicodeDecodeError as error:
                    number += error.object.count(b"\n", 0, error.start)
                    byte = f"byte {error.object[error.start]:#04x} is not UTF-8: "
                    return self._refused(number, byte + "save the file as UTF-8")
                if not piece:  # it was mended meanwhile
                    return DataError(f"{self.path}: not UTF-8: save the file as UTF-8")
                number += piece.count(b"\n")


def _height(row: list[str]) -> int:
    """How many lines of its file a row takes."""
    return 1 + sum(len(LINE_BREAK.findall(cell)) for cell in row)


def _in_words(error: csv.Error | RowTooLong) -> str:
    if isinstance(error, RowTooLong):
        return f"a row of more than {in_words(MOST_BYTES)}: is a quote never closed?"
    text = str(error)
    if "unexpected end" in text:
        return "a quote is opened in this row and never closed"
    if "expected after" in text:
        return "text follows a closing quote: a quote inside a quoted cell is written twice"
    if "field larger" in text:
        return "a cell of more than 131,072 characters: is a quote never closed?"
    return text


def sniff_delimiter(sample: str, decimal: str = ".") -> str:
    """The delimiter that cuts the sample's rows into most cells, equally many in each.

    A table of one column has none of them; a comma is as good as any.
    """
    best, most = "," if decimal == "." else ";", 1
    for delimiter in DELIMITERS:
        if delimiter == decimal:
            continue
        try:
            text = io.StringIO(sample, newline="")
            rows = list(csv.reader(text, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            continue
        widths = [len(row) for row in rows if row]
        if not widths or widths[0] <= most:
            continue
        # a ragged row further down is an error to report, not a reason to think otherwise
        if sum(width == widths[0] for width in widths) >= 0.8 * len(widths):
            best, most = delimiter, widths[0]
    return best


def is_header(first: list[str], rows: list[list[str]], decimal: str = ".") -> bool:
    """Whether the first row names the columns.

    It does if it has no number, if its numbers just count the columns, or if a column goes on
    with numbers under a text.
    """
    numbers = [is_number(cell, decimal) for cell in first]
    if not any(numbers):
        return True
    names = first if first[0] else first[1:]  # an index is often written without a name
    counting = [[str(start + i) for i in range(len(names))] for start in (0, 1)]
    if len(names) > 2 and names in counting:
        return True
    for index, is_numeric in enumerate(numbers):
        if not is_numeric and first[index] not in MISSING:
            below = [row[index].strip() for row in rows if len(row) == len(first)]
            present = [cell for cell in below if cell not in MISSING]
            if present and all(is_number(cell, decimal) for cell in present):
                return True
    return False
