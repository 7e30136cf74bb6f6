"""Table formats: the reader of a table, by the extension of its file's name.

A format is an entry of `READERS`. `nncli --help` names the formats, so this must import quickly:
a reader's module is imported when a file is opened.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nncli.errors import DataError
from nncli.untrusted_files.opening import sha256_of

if TYPE_CHECKING:
    from nncli.data.reading.chunks import TableReader
    from nncli.data.reading.text_format import TextFormat

SPREADSHEETS = (".xlsx", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt", ".tab", ".data", ".dat")  # which may be compressed as .gz

Read = Callable[[Path, "TextFormat"], "TableReader"]


def unpacked(path: Path) -> Path:
    """The path without a final .gz."""
    return Path(path.stem) if path.suffix == ".gz" else path


def open_table(path: Path, text_format: "TextFormat") -> "TableReader":
    """Open a file, or a folder of images. Raises DataError if it can't be read."""
    suffix = unpacked(path).suffix.lower()
    if suffix in READERS and (path.suffix != ".gz" or suffix in TEXTS):
        return READERS[suffix](path, text_format)
    if path.is_dir():
        from nncli.data.reading.image_folder import ImageFolder

        return ImageFolder(path)
    if not path.suffix and not path.exists():
        raise DataError(f"{path}: no such file or folder", key="data.path")
    known = f"{', '.join(READERS)}, or .gz of one that is text"
    hint = " (save the sheet as CSV)" if suffix in SPREADSHEETS else ""
    message = f"{path}: expected a file that ends in {known}, or a folder of images{hint}"
    raise DataError(message, key="data.path")


def with_columns(names: Collection[str], reader: "TableReader") -> "TableReader":
    """Adapt a reader to these columns if it can: gray images become RGB images."""
    adapt = getattr(reader, "with_columns", None)
    return adapt(names) if adapt else reader


def table_sha256(path: Path) -> str:
    """The SHA-256 of a file, or of a folder of images."""
    if path.is_dir():
        from nncli.data.reading.image_folder import folder_sha256

        return folder_sha256(path)
    return sha256_of(path)


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


READERS: dict[str, Read] = {
    ".csv": _read_text,
    ".tsv": _read_tabs,
    ".txt": _read_text,
    ".tab": _read_orange,
    ".data": _read_text,
    ".dat": _read_text,
    ".npz": _read_npz,
    ".parquet": _read_parquet,
    ".feather": _read_feather,
}
READABLE = tuple(name[1:] for name in READERS)
