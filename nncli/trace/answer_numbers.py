"""Answer numbers: the possible values of a student's answer, and how it was rounded."""

import math
import re
from dataclasses import replace

from nncli.frozen import frozen

DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = re.compile(DECIMAL, re.ASCII)
FRACTION = re.compile(rf"(?:([+-]?\d+) )?({DECIMAL}) ?/ ?({DECIMAL})", re.ASCII)
POWER = re.compile(rf"({DECIMAL}) ?[*x\u00d7\u00b7] ?10\^([+-]?\d+)", re.ASCII)
MIN_DIGITS = 2  # significant digits that a rounded answer needs, unless it is rounded this finely:
FINE, FINE_ZERO = 1e-3, 1e-4  # the last decimal of any answer, and of an answer of 0
TOLERANCE = 0.01  # relative error that an answer may have
NOTHING = 1e-9  # relative to the largest number of a tensor: counts as 0
EXACT = 1e-6  # relative error of a number computed in another way
SHOWN = 5e-7  # relative rounding error of the page's six digits
FLOAT = 1e-9  # rounding error of a decimal as a float, relative to its last decimal


@frozen
class Reading:
    """A number read from an answer.

    unit: the place value of its last decimal, 0.001 for 0.123; 0 for a fraction: not rounded.
    """

    value: float
    unit: float = 0.0

    @property
    def is_fine(self) -> bool:
        """Whether the answer has at least four decimals, as asked for in work by hand."""
        return 0.0 < self.unit <= FINE_ZERO * (1 + FLOAT)

    def rounds(self, number: float) -> bool:
        """Whether this is `number` correctly rounded, and to enough digits to tell.

        >>> Reading(0.1498, 1e-4).rounds(0.149781), Reading(0.15, 0.01).rounds(0.1441)
        (True, False)
        >>> Reading(0.1, 0.1).rounds(0.149), Reading(0.0, 1e-4).rounds(2e-5)
        (False, True)
        """
        if not self.unit or not math.isfinite(self.value):
            return False
        finest = FINE if self.value else FINE_ZERO
        is_coarse = abs(self.value) < 10 ** (MIN_DIGITS - 1) * self.unit * (1 - FLOAT)
        if is_coarse and self.unit > finest * (1 + FLOAT):
            return False
        return abs(self.value - number) <= self.unit * (0.5 + FLOAT)


def readings(text: str) -> list[Reading]:
    """The possible values of an answer: none if it isn't a number, two if a comma is ambiguous.

    >>> texts = ("-1/4", "1 1/2", "0,5", "50%", "1,234", "1.5 x 10^2", "two", "4 4")
    >>> [[reading.value for reading in readings(text)] for text in texts]
    [[-0.25], [1.5], [0.5], [0.5], [1.234, 1234.0], [150.0], [], []]
    """
    text = text.strip().lstrip("'=").replace("\N{MINUS SIGN}", "-")
    if not text.endswith("%"):
        return [found for each in _by_comma(text) if (found := _reading(each)) is not None]
    parts = readings(text[:-1].rstrip())
    return [replace(each, value=each.value / 100.0, unit=each.unit / 100.0) for each in parts]


def _by_comma(text: str) -> list[str]:
    """The possible numbers without a comma, which is a decimal point or separates thousands."""
    if "," not in text:
        return [text]
    found = [text.replace(",", ".")] if text.count(",") == 1 and "." not in text else []
    is_grouped = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text, re.ASCII)
    return [*found, *([text.replace(",", "")] if is_grouped else [])]


def _reading(text: str) -> Reading | None:
    """Parse a decimal, a fraction, a number times a power of ten or infinity; else None."""
    try:
        if NUMBER.fullmatch(text):
            return Reading(float(text), _unit(text))
        if found := POWER.fullmatch(text):
            if "e" in found[1].lower():
                return None
            power = f"{found[1]}e{int(found[2])}"
            return Reading(float(power), _unit(power))
        if found := FRACTION.fullmatch(text):
            part = float(found[2]) / float(found[3])
            whole = float(found[1] or 0)
            return Reading(whole - part if (found[1] or "").startswith("-") else whole + part)
    except (ZeroDivisionError, ValueError):
        return None
    signs = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
    return Reading(signs[text]) if text in signs else None


def _unit(decimal: str) -> float:
    """The place value of the last decimal: 10^-4 for 0.1498 and 1.5e-3; 0 if it underflows."""
    digits, _, exponent = decimal.lower().partition("e")
    return float(f"1e{int(exponent or 0) - len(digits.partition('.')[2])}")


def is_right(read: Reading, right: float, before: float, scale: float, tolerance: float) -> bool:
    """Whether an answer is right; answers.js has the same rule.

    before: the old value in an update, else 0.  scale: the largest magnitude in the tensor.
    The error of an update is relative to its change, but may be what the page's digits leave open.
    """
    if not (math.isfinite(right) and math.isfinite(before)):
        return read.value == right
    allowed = max(tolerance * abs(right - before), NOTHING * scale)
    if before:
        allowed = max(allowed, SHOWN * abs(right))
    is_near = read.value == right or abs(read.value - right) <= allowed
    is_copy = before and (read.value == before or (not read.is_fine and read.rounds(before)))
    return is_near or (read.rounds(right) and not is_copy)
