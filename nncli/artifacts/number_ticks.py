"""Number ticks: as many as fit beside one another, with thousands separators."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

MIN_LOG_RATIO = 10.0  # largest / smallest value above which an axis is logarithmic
MAX_INTERVALS, MIN_INTERVALS = 9, 2  # of an axis
DIGIT_WIDTH = 0.64  # of the font size
FONT_POINTS = 10  # matplotlib's default
GAP = 2  # digits between two numbers
LINE_HEIGHT = 2.2  # of the font size, between ticks of a vertical axis
FONT_HEIGHT = 1.2  # of the font size, with a gap
MINOR = (2, 5)  # times a power of ten: minor ticks of a logarithmic axis
MAX_MINOR_RATIO = 300  # largest / smallest value below which minor ticks are labelled
SEPARATED = (1e4, 1e7)  # integers of this range are written with commas


def needs_log_axis(low: float, high: float) -> bool:
    """Whether values from low to high are positive and differ by more than a factor of ten."""
    return low > 0 and high > MIN_LOG_RATIO * low


def number_ticks(axis: Any, *, integer: bool = False) -> None:
    """Set the ticks of a linear axis that has matplotlib's default ones."""
    if axis.get_scale() == "linear" and axis.isDefault_majloc:
        axis.set_major_locator(_locator()(MAX_INTERVALS, integer=integer, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(_formatter()())


def number_format() -> Any:
    """A formatter for a colour bar, which has its own ticks."""
    return _formatter()()


def log_ticks(axis: Any) -> None:
    """Label a logarithmic axis in full, as 0.01 and 1,000; also minor ticks where they fit."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    axis.set_major_formatter(FuncFormatter(lambda value, _: _written(value)))
    if axis.get_scale() == "log":
        axis.set_minor_locator(LogLocator(subs=MINOR))
        axis.set_minor_formatter(
            FuncFormatter(lambda value, _: _written(value) if _minor_fit(axis) else "")
        )


def _minor_fit(axis: Any) -> bool:
    """Whether the labels 1, 2, 5, 10 ... fit beside one another."""
    low, high = axis.get_view_interval()
    if not 0 < low < high < MAX_MINOR_RATIO * low:
        return False
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    ticks = [factor * 10.0**power for power in powers for factor in (1, *MINOR)]
    decade = _room(axis) / math.log10(high / low)
    return all(
        _label_size(axis, [first, second]) / 2 <= decade * math.log10(second / first)
        for first, second in pairwise(tick for tick in ticks if low <= tick <= high)
    )


def _label_size(axis: Any, numbers: Sequence[float]) -> float:
    """The size along the axis of labels on a logarithmic axis, in font sizes."""
    if axis.axis_name == "y":
        return len(numbers) * FONT_HEIGHT
    return sum(len(_written(number)) + GAP for number in numbers) * DIGIT_WIDTH


def _written(value: float) -> str:
    return f"{value:,g}"


def _room(axis: Any) -> float:
    """The length of an axis, in font sizes."""
    points = axis.get_tick_params().get("labelsize", FONT_POINTS) * axis.figure.dpi / 72
    box = axis.axes.bbox
    return float((box.height if axis.axis_name == "y" else box.width) / points)


def separated(numbers: Sequence[float]) -> bool:
    """Whether numbers get thousands separators: integers of five to seven digits."""
    largest = max(map(abs, numbers), default=0.0)
    is_whole = all(float(number).is_integer() for number in numbers)
    return is_whole and SEPARATED[0] <= largest < SEPARATED[1]


# ---- subclasses of matplotlib's, defined once it is imported


@cache
def _locator() -> Any:
    from matplotlib.ticker import MaxNLocator

    class Locator(MaxNLocator):
        """As many ticks as fit the axes' final size.

        An axis asks a dozen times during layout and drawing, so the last result is cached.
        """

        asked: tuple[float, ...] = ()
        ticks: Any = None

        def tick_values(self, vmin: float, vmax: float) -> Any:
            asked = vmin, vmax, _room(self.axis)
            if asked != self.asked:
                self.asked, self.ticks = asked, self._fitting(*asked)
            return self.ticks

        def _fitting(self, vmin: float, vmax: float, room: float) -> Any:
            for bins in range(MAX_INTERVALS, MIN_INTERVALS - 1, -1):
                self.set_params(nbins=bins)
                ticks = super().tick_values(vmin, vmax)
                if self._size(ticks, vmin, vmax) <= room:
                    break
            return ticks

        def _size(self, ticks: Any, vmin: float, vmax: float) -> float:
            """The size of the tick labels along the axis, in font sizes."""
            axis: Any = self.axis
            shown = [tick for tick in ticks if vmin <= tick <= vmax] or [0.0]
            if axis.axis_name == "y":
                return len(shown) * LINE_HEIGHT
            axis.major.formatter.set_locs(shown)
            words = [axis.major.formatter(tick) for tick in shown]
            return (sum(map(len, words)) + GAP * len(words)) * DIGIT_WIDTH

    return Locator


@cache
def _formatter() -> Any:
    from matplotlib.ticker import ScalarFormatter

    class Formatter(ScalarFormatter):
        """Matplotlib's format, but integers of five to seven digits with commas."""

        is_separated = False

        def set_locs(self, locs: Any) -> None:
            self.is_separated = separated([float(each) for each in locs])
            super().set_locs(locs)

        def get_offset(self) -> str:
            return "" if self.is_separated else str(super().get_offset())

        def __call__(self, x: float, pos: int | None = None) -> str:
            if not self.is_separated:
                return str(super().__call__(x, pos))
            return str(self.fix_minus(f"{x:,.0f}"))

    return Formatter
