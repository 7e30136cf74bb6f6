"""Text files: reads .csv, .tsv and their .gz in chunks of rows, each row with its line."""

import csv
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nncli.data.reading.bounded_reader import MAX_ROW_BYTES, BoundedFile, RowTooLong
from nncli.data.reading.chunks import Chunk, reading, refuse_width
from nncli.data.reading.delimiters import SplitLines, sniff_delimiter, split_lines
from nncli.data.reading.headers import looks_like_data, read_header, with_label_column
from nncli.data.reading.layout_hints import ragged_layout, refuse_layout
from nncli.data.reading.line_blocks import LineBlocks, count_lines, guarded_lines
from nncli.data.reading.plain_blocks import plain_block
from nncli.data.reading.quoted_cells import QuotedMarkers, quoted_markers
from nncli.data.reading.row_reader import Rows, parse_rows
from nncli.data.reading.text_encodings import LINE_BREAK
from nncli.data.reading.text_format import WHITESPACE, TextFormat
from nncli.data.reading.text_lines import TextLines
from nncli.errors import DataError, Problem, TableError, printable
from nncli.parts.arrays import Array, Shape
from nncli.untrusted_files.opening import size_in_words

CHUNK_CELLS = 1 << 18  # enough for the cost per chunk to vanish, few for memory
MAX_CHUNK_BYTES = 1 << 26  # of a chunk with long cells
GUARDED_CELLS = 1 << 12  # read under one byte limit of BoundedFile
GZIP_RATIO = 6  # of a table of numbers, by rule of thumb
DEFAULT_FORMAT = TextFormat()


class Progress(NamedTuple):
    """lines: the number of lines read.  rows_left: the number of rows that complete the chunk."""

    lines: int
    rows_left: int


class TextFile:
    """A text table: the column names are read when it is opened, the rows by `chunks`.

    Raises DataError, with the line, for a file that is no text table.
    """

    row_word = ""
    image_shape: Shape = ()
    pixels: tuple[str, ...] = ()

    def __init__(self, path: Path, format_: TextFormat = DEFAULT_FORMAT, *, is_tab: bool = False):
        """is_tab: whether the file ends in .tab, as files of Orange do."""
        self.path, self.format = path, format_
        self.names: tuple[str, ...] = ()
        self.lines = TextLines(path, format_)
        found = self._split_sample()
        self.delimiter = found.delimiter
        refuse_layout(path, self.lines.sample, self.lines.skipped, found, format_)
        with reading(path), BoundedFile(path) as file:
            rows, lines = next(self._blocks(file, 101), ([], np.empty(0)))
        if not rows:
            raise DataError(f"{path}: the file is empty", key="data.path")
        refuse_width(path, len(rows[0]))
        if self.delimiter == WHITESPACE and format_.header is not False:
            rows = with_label_column(rows)
        self.header = read_header(rows, format_.header, format_.decimal, is_tab=is_tab)
        self.names, self.has_header = self.header.names, self.header.rows > 0
        self._first_line = self._line_after_header(rows, lines)
        self.texts: frozenset[str] = self.header.orange.texts
        self.row_indices: frozenset[str] = self.header.unnamed
        self.targets = self.header.orange.targets
        self.non_features: Mapping[str, str] = self.header.orange.non_features
        is_guessed = format_.header is None and self.has_header
        self.looks_headless = is_guessed and looks_like_data(rows[0], rows[1:])
        self.notes: tuple[str, ...] = tuple(self._notes())
        self._refuse_equal_names(lines[0], is_header_known=format_.header is not None)
        size = sum(map(len, self.lines.sample))
        self._bytes_a_cell = max(size / max(sum(found.widths), 1), 1.0)
        self._has_quotes = any('"' in line for line in self.lines.sample)
        self.lines.sample.clear()

    def _line_after_header(self, rows: list[list[str]], lines: Array) -> int | None:
        """The line of the first data row; None if blank lines or comments may come before it."""
        header = rows[: self.header.rows]
        if len(rows) == len(header) or self.format.comment is not None:
            return None
        after = self.lines.skipped + 1 + sum(map(_height, header))
        return after if lines[len(header)] == after else None

    @property
    def has_bom(self) -> bool:
        """Whether tables written in this file's format get a byte order mark."""
        return self.lines.encoding != "utf-8-sig" or self.lines.has_mark

    @property
    def line_end(self) -> str:
        return self.lines.line_end

    def _split_sample(self) -> SplitLines:
        """The first lines, split at the given delimiter, else at the best-fitting one."""
        delimiter = self.format.delimiter or self.lines.separator
        if delimiter is not None and delimiter in '"\r\n':
            raise DataError("a quote or a line break is no delimiter", key="data.delimiter")
        if delimiter is not None:
            return split_lines(self.lines.sample, delimiter, self.format.comment)
        return sniff_delimiter(self.lines.sample, self.format.decimal, self.format.comment)

    def _notes(self) -> Iterator[str]:
        if self.lines.separator is not None and self.format.delimiter is None:
            sign = printable(self.lines.separator)
            yield f"{self.path}: its line sep={sign} says that '{sign}' stands between cells"
        if self.lines.looks_like_utf8:
            encoding = self.lines.encoding
            yield f"{self.path}: looks like UTF-8: data.encoding: {encoding} garbles its letters"
        if self.format.skip_rows and not self.has_header:
            yield f"{self.path}: line {self.lines.skipped + 1} is the first one (data.skip_rows)"
        if self.header.orange.names:
            yield f"{self.path}: types and roles of columns are those of its Orange header"
        if self.looks_headless:
            yield (
                f"{self.path}: the first row looks like the others, and was taken for the "
                "columns' names: data.header: false if it is data"
            )

    def count_cells(self) -> int:
        size = self.path.stat().st_size * (GZIP_RATIO if self.path.suffix == ".gz" else 1)
        return int(size / self._bytes_a_cell)

    def count_rows(self) -> int:
        if self.path.suffix == ".gz":
            return self.count_cells() // len(self.names)
        with reading(self.path), BoundedFile(self.path) as file:
            return count_lines(file)

    def quoted_markers(self) -> Mapping[str, QuotedMarkers]:
        """By column, the missing markers that the file's quotes tell apart."""
        if not self._has_quotes:
            return {}
        with reading(self.path), BoundedFile(self.path) as file:
            lines = guarded_lines(file, self.lines.read(file))
            comment, width = self.format.comment, len(self.names)
            found = quoted_markers(lines, self.delimiter, comment, width, self.header.rows)
        return dict(zip(self.names, found, strict=True))

    def _refuse_equal_names(self, line: int, *, is_header_known: bool) -> None:
        counts = Counter(self.names)
        if equal := [name for name in counts if counts[name] > 1]:
            message = "several columns are called " + ", ".join(f"'{name}'" for name in equal[:10])
            if not is_header_known:
                message += " (if the first row isn't a header: data.header: false)"
            raise self._refused(line, message)

    def chunks(self) -> Iterator[Chunk]:
        """Yield chunks of rows: parsed by NumPy up to the first quote, then by the csv module."""
        progress = yield from self._plain_chunks()
        if progress is not None:
            yield from self._csv_chunks(progress)

    @property
    def _rows_a_chunk(self) -> int:
        return max(CHUNK_CELLS // len(self.names), 1)

    def _plain_chunks(self) -> Generator[Chunk, None, Progress | None]:
        """Yield chunks up to the first block that isn't plain; return the progress, None at the end
        of the file."""
        if self._first_line is None:
            return Progress(0, self._rows_a_chunk)
        done, left = 0, max(self._rows_a_chunk - self.header.rows, 1)
        with reading(self.path), BoundedFile(self.path) as file:
            blocks = LineBlocks(file, self.lines.read(file))
            blocks.skip(self._first_line - 1 - self.lines.skipped)
            while text := blocks.take(left):
                chunk = self._plain_chunk(text, done + 1 if done else self._first_line)
                if chunk is None:
                    return Progress(done, left if done else self._rows_a_chunk)
                done, left = int(chunk.lines[-1]), left - len(chunk.lines) or self._rows_a_chunk
                yield chunk
                del chunk  # before the next is made
        return Progress(done, left if done else self._rows_a_chunk) if blocks.has_stopped else None

    def _plain_chunk(self, text: str, line: int) -> Chunk | None:
        """Parse lines, the first of number `line`; None if they aren't plain."""
        block = plain_block(text, len(self.names), self.delimiter, self.format.decimal)
        return None if block is None else Chunk(block, np.arange(line, line + len(block.cells)))

    def _csv_chunks(self, progress: Progress) -> Iterator[Chunk]:
        """Yield the rows from `progress` on."""
        width = len(self.names)
        with reading(self.path), BoundedFile(self.path) as file:
            left = 0 if progress.lines else self.header.rows
            for rows, lines in self._blocks(file, self._rows_a_chunk, progress):
                if left:
                    rows, lines, left = rows[left:], lines[left:], max(left - len(rows), 0)
                if set(map(len, rows)) - {width}:
                    raise self._ragged(rows, lines)
                if rows:
                    yield Chunk(list(zip(*rows, strict=True)), lines)

    def _ragged(self, rows: list[list[str]], lines: Array) -> TableError:
        if error := ragged_layout(
            self.path, rows, lines, self.format, self.delimiter, len(self.names)
        ):
            return error
        expected = f"expected {len(self.names)} cells, as in the first row"
        return TableError(
            [
                Problem(f"{self.path}:{line}", "", f"{expected}, found {len(row)}")
                for row, line in zip(rows, lines, strict=True)
                if len(row) != len(self.names)
            ]
        )

    def _blocks(
        self, file: BoundedFile, most: int, progress: Progress | None = None
    ) -> Iterator[tuple[list[list[str]], Array]]:
        """Yield (rows, the line each row begins on), `most` rows at a time, without blank lines."""
        done, left = progress or Progress(0, most)
        done = done or self.lines.skipped
        line, reader = done + 1, None
        while True:
            rows: list[list[str]] = []
            try:
                if reader is None:
                    text = self.lines.read(file)
                    LineBlocks(file, text).skip(done - self.lines.skipped)
                    reader = parse_rows(text, self.delimiter, self.format.comment)
                for some in self._guarded(reader, file, left):
                    rows.extend(some)  # keeps the rows before one that can't be read
            except (csv.Error, RowTooLong) as error:
                raise self._refused(line + sum(map(_height, rows)), _in_words(error)) from None
            except UnicodeDecodeError:
                raise self.lines.undecodable() from None
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

    def _guarded(self, reader: Rows, file: BoundedFile, most: int) -> Iterator[Iterator[list[str]]]:
        """Yield `most` rows, fewer if they are long, in parts that renew the byte limit."""
        few = min(max(GUARDED_CELLS // max(len(self.names), 1), 1), most) if self.names else 1
        end, left = file.count + MAX_CHUNK_BYTES, most
        while left > 0 and file.count < end:
            file.renew_limit()
            first = next(reader, None)
            if first is None:
                return
            yield chain([first], islice(reader, min(few, left) - 1))
            left -= few

    def _is_blank(self, row: list[str]) -> bool:
        """Whether a line is blank. In a table of one column, `""` is an empty cell."""
        return not row or (len(row) == 1 and len(self.names) != 1 and not row[0].strip())

    def _refused(self, line: int, message: str) -> TableError:
        return TableError([Problem(f"{self.path}:{line}", "", printable(message, 1000))])


def _height(row: list[str]) -> int:
    """The number of lines that a row takes in its file."""
    return 1 + sum(len(LINE_BREAK.findall(cell)) for cell in row)


def _in_words(error: csv.Error | RowTooLong) -> str:
    if isinstance(error, RowTooLong):
        return f"a row of more than {size_in_words(MAX_ROW_BYTES)}: is a quote never closed?"
    text = str(error)
    if "unexpected end" in text:
        return "a quote is opened in this row and never closed"
    if "expected after" in text:
        return "text follows a closing quote: a quote inside a quoted cell is written twice"
    if "field larger" in text:
        return "a cell of more than 131,072 characters: is a quote never closed?"
    return text
