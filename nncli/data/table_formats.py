"""Table formats: the ending of a file's name -> what reads such a table, and what writes one.

A format is an entry of `FORMATS`. `nncli --help` names the formats, so this is quick to import:
what reads and writes is imported when a file is opened.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from nncli.errors import DataError, UserError

if TYPE_CHECKING:
    from nncli.data.reading.chunks import TableReader
    from nncli.data.reading.text_format import TextFormat

WRITTEN = ".csv, .tsv or .gz of these"
SPREADSHEETS = (".xlsx", ".xls", ".ods")


class OutputTable(NamedTuple):
    """Rows to write, as texts.

    names: of the columns.  source: the table that the rows come from; its manner is kept.
    """

    names: Sequence[str]
    rows: Iterable[Sequence[str]]
    source: "TableReader"


Read = Callable[[Path, "TextFormat"], "TableReader"]
Write = Callable[[IO[bytes], OutputTable], None]


class TableFormat(NamedTuple):
    """read: opens a table, write: writes one; None where tables are only written, or only read.
    is_text: whether a .gz of such a file is one too."""

    read: Read | None
    write: Write | None = None
    is_text: bool = False


def unpacked(path: Path) -> Path:
    """What the file is called inside, if it is a .gz."""
    return Path(path.stem) if path.suffix == ".gz" else path


def open_table(path: Path, text_format: "TextFormat") -> "TableReader":
    """The reader of a file. Raises DataError if it can't be read."""
    found = _format_of(path)
    if found is not None and found.read is not None:
        return found.read(path, text_format)
    names = [name for name, known in FORMATS.items() if known.read is not None]
    packed = [name for name, known in FORMATS.items() if known.is_text]
    known = f"{', '.join(names)}, or .gz of the first {len(packed)}"
    hint = " (save the sheet as CSV)" if unpacked(path).suffix.lower() in SPREADSHEETS else ""
    raise DataError(f"{path}: expected a file that ends in {known}{hint}", key="data.path")


def writer_of(path: Path) -> Write:
    """What writes a file of this name. Raises UserError if no table is written so."""
    found = _format_of(path)
    if found is None or found.write is None:
        raise UserError(f"{path}: expected a name ending in {WRITTEN}")
    return partial(_write_packed, found.write) if path.suffix == ".gz" else found.write


def _format_of(path: Path) -> TableFormat | None:
    """What its name says a file is; None for no table."""
    found = FORMATS.get(unpacked(path).suffix.lower())
    return None if found and path.suffix == ".gz" and not found.is_text else found


def _read_text(path: Path, text_format: "TextFormat") -> "TableReader":
    from nncli.data.reading.text_files import TextFile

    return TextFile(path, text_format)


def _read_tabs(path: Path, text_format: "TextFormat") -> "TableReader":
    return _read_text(path, replace(text_format, delimiter=text_format.delimiter or "\t"))


def _read_orange(path: Path, text_format: "TextFormat") -> "TableReader":
    from nncli.data.reading.text_files import TextFile

    return TextFile(
        path, replace(text_format, delimiter=text_format.delimiter or "\t"), is_tab=True
    )


def _read_npz(path: Path, text_format: "TextFormat") -> "TableReader":
    from nncli.data.reading.typed_files import NpzFile

    return NpzFile(path)


def _read_parquet(path: Path, text_format: "TextFormat") -> "TableReader":
    from nncli.data.reading.typed_files import ParquetFile

    return ParquetFile(path)


def _read_feather(path: Path, text_format: "TextFormat") -> "TableReader":
    from nncli.data.reading.typed_files import FeatherFile

    return FeatherFile(path)


def _write_packed(write: Write, file: IO[bytes], table: OutputTable) -> None:
    import gzip

    with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        write(cast(IO[bytes], packed), table)


def _write_csv(file: IO[bytes], table: OutputTable) -> None:
    """With the source's delimiter, but for tabs and blanks."""
    own = getattr(table.source, "delimiter", ",")
    _write_text(file, table, "," if own in ("\t", "whitespace") else own)


def _write_tabs(file: IO[bytes], table: OutputTable) -> None:
    _write_text(file, table, "\t")


def _write_as_read(file: IO[bytes], table: OutputTable) -> None:
    own = getattr(table.source, "delimiter", ",")
    _write_text(file, table, " " if own == "whitespace" else own)


def _write_text(file: IO[bytes], table: OutputTable, delimiter: str) -> None:
    """With a header, a mark before it and the line ends that the source has, if it is text."""
    import csv

    source = table.source
    encoding = "utf-8-sig" if getattr(source, "has_bom", False) else "utf-8"
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    line_end = getattr(source, "line_end", "\n")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    if getattr(source, "has_header", True):
        writer.writerow(table.names)
    writer.writerows(table.rows)
    text.flush()
    text.detach()


FORMATS = {
    ".csv": TableFormat(_read_text, _write_csv, is_text=True),
    ".tsv": TableFormat(_read_tabs, _write_tabs, is_text=True),
    ".txt": TableFormat(_read_text, _write_as_read, is_text=True),
    ".tab": TableFormat(_read_orange, is_text=True),
    ".data": TableFormat(_read_text, is_text=True),
    ".dat": TableFormat(_read_text, is_text=True),
    ".npz": TableFormat(_read_npz),
    ".parquet": TableFormat(_read_parquet),
    ".feather": TableFormat(_read_feather),
}
