"""Text tables: writes .csv, .tsv, .txt and their .gz."""

import csv
import gzip
import io
from collections.abc import Callable
from typing import IO, cast

from nncli.data.reading.text_format import WHITESPACE
from nncli.data.writing.output_table import OutputTable


def write_packed(
    write: Callable[[IO[bytes], OutputTable], None], file: IO[bytes], table: OutputTable
) -> None:
    """Write the output of `write`, compressed as .gz without a time stamp."""
    with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        write(cast(IO[bytes], packed), table)


def write_csv(file: IO[bytes], table: OutputTable) -> None:
    """Write with the source's delimiter; with commas if that is a tab or blanks."""
    delimiter = getattr(table.source, "delimiter", ",")
    _write(file, table, "," if delimiter in ("\t", WHITESPACE) else delimiter)


def write_tabs(file: IO[bytes], table: OutputTable) -> None:
    _write(file, table, "\t")


def write_as_read(file: IO[bytes], table: OutputTable) -> None:
    delimiter = getattr(table.source, "delimiter", ",")
    _write(file, table, " " if delimiter == WHITESPACE else delimiter)


def _write(file: IO[bytes], table: OutputTable, delimiter: str) -> None:
    """Write with the byte order mark and line ends of a text source, and a header if it has one."""
    source = table.source
    encoding = "utf-8-sig" if getattr(source, "has_bom", False) else "utf-8"
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    line_end = getattr(source, "line_end", "\n")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    if getattr(source, "has_header", True):
        writer.writerow(table.names)
    writer.writerows(table.rows_of_texts())
    text.flush()
    text.detach()
