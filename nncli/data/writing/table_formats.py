"""Table formats: the writer of a table, by the extension of its file's name.

A format is an entry of `WRITERS`. `nncli --help` names the formats, so this must import quickly:
a writer's module is imported when a file is written.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nncli.data.reading.table_formats import unpacked
from nncli.errors import UserError

if TYPE_CHECKING:
    from nncli.data.writing.output_table import OutputTable

WRITABLE = ".csv, .tsv, .jsonl, .gz of these, .parquet or .feather"
TEXTS = (".csv", ".tsv", ".txt", ".jsonl")  # which may be compressed as .gz

Write = Callable[[IO[bytes], "OutputTable"], None]


def writer_of(path: Path) -> Write:
    """The function that writes a file of this name. Raises UserError for an unknown format."""
    suffix = unpacked(path).suffix.lower()
    is_packed = path.suffix == ".gz"
    if suffix not in WRITERS or (is_packed and suffix not in TEXTS):
        raise UserError(f"{path}: expected a name ending in {WRITABLE}")
    return partial(_write_packed, WRITERS[suffix]) if is_packed else WRITERS[suffix]


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


WRITERS: dict[str, Write] = {
    ".csv": _write_csv,
    ".tsv": _write_tabs,
    ".txt": _write_as_read,
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
    ".feather": _write_feather,
}
