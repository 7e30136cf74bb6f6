"""Table formats: the reader and writer of a table, by the extension of its file's name.

A format is an entry of `FORMATS`. `nncli --help` names the formats, so this must import quickly:
readers and writers are imported when a file is opened.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nncli.errors import DataError, UserError
from nncli.frozen import frozen
from nncli.untrusted_files.opening import sha256_of

if TYPE_CHECKING:
    from nncli.data.reading.chunks import TableReader
    from nncli.data.reading.text_format import TextFormat
    from nncli.data.writing.output_table import OutputTable

WRITABLE = ".csv, .tsv, .jsonl, .gz of these, .parquet or .feather"
SPREADSHEETS = (".xlsx", ".xls", ".ods")


Read = Callable[[Path, "TextFormat"], "TableReader"]
Write = Callable[[IO[bytes], "OutputTable"], None]


@frozen
class TableFormat:
    """read, write: the functions that open and write a table; None if the format is write-only or
    read-only.  is_text: whether it may be packed as .gz."""

    read: Read | None
    write: Write | None = None
    is_text: bool = False


def unpacked(path: Path) -> Path:
    """The path without a final .gz."""
    return Path(path.stem) if path.suffix == ".gz" else path


def open_table(path: Path, text_format: "TextFormat") -> "TableReader":
    """Opens a file, or a folder of images. Raises DataError if it can't be read."""
    found = _format_of(path)
    if found is None and path.is_dir():
        from nncli.data.reading.image_folder import ImageFolder

        return ImageFolder(path)
    if found is not None and found.read is not None:
        return found.read(path, text_format)
    if not path.suffix and not path.exists():
        raise DataError(f"{path}: no such file or folder", key="data.path")
    names = [name for name, known in FORMATS.items() if known.read is not None]
    known = f"{', '.join(names)}, or .gz of one that is text"
    hint = " (save the sheet as CSV)" if unpacked(path).suffix.lower() in SPREADSHEETS else ""
    message = f"{path}: expected a file that ends in {known}, or a folder of images{hint}"
    raise DataError(message, key="data.path")


def with_columns(names: Collection[str], reader: "TableReader") -> "TableReader":
    """The reader with these columns where it can adapt: gray images become RGB ones."""
    adapt = getattr(reader, "with_columns", None)
    return adapt(names) if adapt else reader


def table_sha256(path: Path) -> str:
    """The SHA-256 of a file, or of a folder of images."""
    if path.is_dir():
        from nncli.data.reading.image_folder import folder_sha256

        return folder_sha256(path)
    return sha256_of(path)


def writer_of(path: Path) -> Write:
    """The function that writes a file of this name. Raises UserError for an unknown format."""
    found = _format_of(path)
    if found is None or found.write is None:
        raise UserError(f"{path}: expected a name ending in {WRITABLE}")
    return partial(_write_packed, found.write) if path.suffix == ".gz" else found.write


def _format_of(path: Path) -> TableFormat | None:
    """The format of a file, by its name; None if it is no table."""
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


def _write_packed(write: Write, file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.text_tables import write_packed

    write_packed(write, file, table)


def _write_csv(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.text_tables import write_csv

    write_csv(file, table)


def _write_tabs(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.text_tables import write_tabs

    write_tabs(file, table)


def _write_as_read(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.text_tables import write_as_read

    write_as_read(file, table)


def _write_json_lines(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.typed_tables import write_json_lines

    write_json_lines(file, table)


def _write_parquet(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.typed_tables import write_parquet

    write_parquet(file, table)


def _write_feather(file: IO[bytes], table: "OutputTable") -> None:
    from nncli.data.writing.typed_tables import write_feather

    write_feather(file, table)


FORMATS = {
    ".csv": TableFormat(_read_text, _write_csv, is_text=True),
    ".tsv": TableFormat(_read_tabs, _write_tabs, is_text=True),
    ".txt": TableFormat(_read_text, _write_as_read, is_text=True),
    ".tab": TableFormat(_read_orange, is_text=True),
    ".data": TableFormat(_read_text, is_text=True),
    ".dat": TableFormat(_read_text, is_text=True),
    ".npz": TableFormat(_read_npz),
    ".parquet": TableFormat(_read_parquet, _write_parquet),
    ".feather": TableFormat(_read_feather, _write_feather),
    ".jsonl": TableFormat(None, _write_json_lines, is_text=True),
}
READABLE = tuple(name[1:] for name, known in FORMATS.items() if known.read is not None)
