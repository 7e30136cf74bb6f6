"""The metrics log: metrics.csv, a row per logged epoch."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nncli.errors import CorruptRun

Row = Mapping[str, float | None]


def format_row(values: Sequence[float | None]) -> str:
    """One CSV line; numbers in the shortest form that restores the same bits."""
    return ",".join("" if value is None else _number(value) for value in values) + "\n"


def _number(value: float) -> str:
    # the repr of a NumPy float would contain its type
    return str(value) if isinstance(value, int) else repr(float(value))


class MetricsLog:
    """The log's lines in memory; `text` is the file."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = list(lines)

    def append(self, row: Row) -> None:
        """Add a row; the first one also writes the header."""
        if not self.lines:
            self.lines.append(",".join(row) + "\n")
        self.lines.append(format_row(list(row.values())))

    def rows(self) -> Iterator[Row]:
        """The rows so far."""
        header, *lines = csv.reader(self.lines or [""])
        for line in lines:
            numbers = (float(cell) if cell else None for cell in line)
            yield dict(zip(header, numbers, strict=True))

    def text(self) -> bytes:
        return "".join(self.lines).encode()


def read_columns(content: bytes, source: Path) -> dict[str, list[float]]:
    """The columns of metrics.csv by name; an empty cell is NaN. Raises CorruptRun."""
    try:
        header, *body = csv.reader(io.StringIO(content.decode("utf-8", "replace")))
        columns = {
            name: [float(cell or "nan") for cell in cells]
            for name, cells in zip(header, zip(*body, strict=True), strict=True)
        }
    except (ValueError, csv.Error):
        raise CorruptRun(f"{source}: not a metrics log") from None
    if "epoch" not in columns or "loss" not in columns:
        raise CorruptRun(f"{source}: expected the columns epoch and loss")
    return columns
