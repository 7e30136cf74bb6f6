"""Scale: maps numbers to positions on an axis, and chooses ticks."""

import math
from collections.abc import Iterable

from nncli.frozen import frozen
from nncli.parts.dates import moment_text

MARGIN = 0.04  # share of the range at both ends
SIZES = ((1e9, "G"), (1e6, "M"), (1e4, "k"))
MAX_PLAIN = 1e12  # larger numbers are written with an exponent
DATE_TICKS = (0.12, 0.5, 0.88)  # positions
MAX_SHOWN = 1e250  # beyond it margins and ticks would overflow
DIGITS = (6, 9, 12, 17)  # of tick labels: the first that makes them distinct


@frozen
class Scale:
    """An axis from low to high.

    are_days: whether numbers are days since 1970.  is_whole: whether ticks are integers.
    """

    low: float
    high: float
    is_log: bool = False
    are_days: bool = False
    is_whole: bool = False

    @classmethod
    def of(
        cls, values: Iterable[float], *, is_log: bool = False, has_margin: bool = True
    ) -> "Scale":
        """The scale of finite values, for a logarithmic one of positive values."""
        least = 1 / MAX_SHOWN if is_log else -MAX_SHOWN
        shown = [value for value in values if least <= value <= MAX_SHOWN]
        low, high = min(shown, default=1.0 if is_log else 0.0), max(shown, default=1.0)
        if is_log:
            room = math.exp(MARGIN * (math.log(high) - math.log(low))) if high > low else 2.0
            return cls(low / room, high * room, True)
        room = MARGIN * (high - low) or 0.5 * abs(low) or 0.5
        if not has_margin and high > low:
            room = 0.0
        return cls(low - room, high + room)

    def place(self, value: float) -> float:
        """The position of a value: 0 at the low end, 1 at the high end; NaN if undefined."""
        if not math.isfinite(value) or (self.is_log and value <= 0):
            return math.nan
        if self.is_log:
            low = math.log(self.low)
            return (math.log(value) - low) / (math.log(self.high) - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """(position, label) of at most `most` round numbers."""
        if self.are_days:
            span = self.high - self.low
            days = [(share, self.low + share * span) for share in DATE_TICKS]
            return [(share, moment_text(each)) for share, each in days]
        values = _decades(self.low, self.high, most) if self.is_log else []
        if len(values) < 2:
            least = 1.0 if self.is_whole else 0.0
            values = _round_numbers(self.low, self.high, most, least)
        labels = next(filter(_differ, (_labels(values, digits) for digits in DIGITS)), [])
        return [(self.place(value), label) for value, label in zip(values, labels, strict=False)]


def _labels(values: list[float], digits: int) -> list[str]:
    return [short_number(value, digits) for value in values]


def _differ(labels: list[str]) -> bool:
    return len(set(labels)) == len(labels)


def _decades(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**p for p in range(first, last + 1) for d in digits]
        found = [value for value in found if low <= value <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def _round_numbers(low: float, high: float, most: int, least: float) -> list[float]:
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next((f * size for f in (1, 2, 5, 10) if (high - low) / (f * size) <= most), 20 * size)
    step = max(step, least)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def short_number(value: float, digits: int = 3) -> str:
    """A number in few characters: `0.05`, `1200`, `35k`, `1.5M`, `2e-05`.

    >>> [short_number(value) for value in (0.1 + 0.2, 1200.0, 35_000.0, 1.5e6, 2e-5, 0.0)]
    ['0.3', '1200', '35k', '1.5M', '2e-05', '0']
    """
    size, sign = next((each for each in SIZES if abs(value) >= each[0]), (1.0, ""))
    if abs(value) >= MAX_PLAIN:
        return f"{value:.{digits}g}"
    size = 1e3 if sign == "k" else size
    shown = float(f"{value / size + 0.0:.{digits}g}")
    return f"{shown:.{max(digits, 6)}g}{sign}"


SPAN = Scale(-0.03, 1.03)  # of shares and probabilities
