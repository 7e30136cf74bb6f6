"""Number cells: parses a cell as a number, as people write it."""

from math import isfinite


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a cell is a finite number, as people write them: no underscores, no `inf`.

    >>> [is_number(text) for text in ("-1.5e3", "1_000", "inf", "", "0x10")]
    [True, False, False, False, False]
    """
    value = to_number(text, decimal)
    return value is not None and isfinite(value)


def to_number(text: str, decimal: str = ".") -> float | None:
    """The number in a cell; None if it has none. `inf` and `1e999` are infinite."""
    if "_" in text:
        return None
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return None if value != value else value
