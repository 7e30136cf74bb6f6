"""Formatted numbers: numbers for people to read, in sentences and tables."""

from collections.abc import Sequence


def number(value: float | None, digits: int = 4, sign: str = "") -> str:
    """A number with so many significant digits, from 1,000 to 1e12 in full; empty for None.

    >>> number(0.98761), number(2007), number(35_541.2), number(9_999.9), number(1e-7), number(None)
    ('0.9876', '2007', '35,540', '10,000', '1e-07', '')
    """
    if value is None:
        return ""
    rounded = float(f"{value:.{digits}g}")
    if 1e3 <= abs(rounded) < 1e12:
        comma = "," if abs(rounded) >= 1e4 else ""  # years have none
        return f"{rounded:{sign}{comma}.{digits}f}".rstrip("0").rstrip(".")
    return f"{value:{sign}.{digits}g}"


def between(interval: Sequence[float] | None) -> str:
    """An interval as `0.9 to 1`; empty for None."""
    return f"{number(interval[0])} to {number(interval[1])}" if interval else ""


def listed(names: Sequence[str]) -> str:
    """Names as `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
