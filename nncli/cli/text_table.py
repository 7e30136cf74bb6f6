"""Text table: align cells in columns, and format their numbers."""

import shutil
from collections.abc import Mapping, Sequence

from nncli.errors import escaped


def terminal_width() -> int:
    """The terminal's width in characters; 100 without a terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def figure(value: float | None, digits: int = 6) -> str:
    """A number with so many significant digits, below 1e12 without an exponent.

    >>> figure(0.987654321), figure(15_293.4, 4), figure(1e-7), figure(None)
    ('0.987654', '15290', '1e-07', '')
    """
    if value is None:
        return ""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.0f}" if 10**digits <= abs(rounded) < 1e12 else f"{value:.{digits}g}"


def plus_minus(deviation: float | None) -> str:
    """A deviation as text; empty for None."""
    return "" if deviation is None else f"± {figure(deviation, 2)}"


def from_to(bounds: Sequence[float] | None) -> str:
    """An interval as text; empty for None."""
    return f"{figure(bounds[0], 4)} to {figure(bounds[1], 4)}" if bounds else ""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lines with columns two spaces apart; the first is left-aligned, others right-aligned.

    Newlines in a cell are escaped.
    """
    rows = [[escaped(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[0] = row[0].ljust(widths[0])
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def scores(by_split: Mapping[str, Mapping[str, float]]) -> str:
    """A table of metrics down and splits across."""
    names = list(dict.fromkeys(name for values in by_split.values() for name in values))
    rows = [["", *by_split]]
    rows += [[name, *(figure(values.get(name)) for values in by_split.values())] for name in names]
    return table(rows)
