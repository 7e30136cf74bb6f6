"""Number ticks: as many as have room beside one another, with commas between thousands."""

from collections.abc import Sequence
from functools import cache
from typing import Any

MOST, FEWEST = 9, 2  # intervals of an axis
LETTER = 0.64  # of a font's size that a digit is wide
SIZE = 10  # points of a number, unless an axis says another
GAP = 2  # letters from one number to the next
LINE = 2.2  # heights of a letter from one number to the one above it
DECADES = 300  # from the least to the greatest, below which numbers between tens are written too
SEPARATED = (1e4, 1e7)  # numbers between are written out, with commas


def number_ticks(axis: Any, *, integer: bool = False) -> None:
    """Ticks of a linear axis whose own nobody has set; integer: no fractions."""
    if axis.get_scale() == "linear" and axis.isDefault_majloc:
        axis.set_major_locator(_locator()(MOST, integer=integer, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(_formatter()())


def number_format() -> Any:
    """The numbers of a colour bar, which has ticks of its own."""
    return _formatter()()


def log_ticks(axis: Any) -> None:
    """Numbers of a logarithmic axis in full, as 0.01 and 1,000; more of them where tens are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    written = FuncFormatter(lambda value, _: f"{value:,g}")
    axis.set_major_formatter(written)
    if axis.get_scale() == "log":
        is_short = low > 0 and high < DECADES * low
        axis.set_minor_locator(LogLocator(subs=[2, 5]))
        axis.set_minor_formatter(written if is_short else NullFormatter())


def separated(numbers: Sequence[float]) -> bool:
    """Whether numbers are written out with commas: whole ones, from five to seven digits long."""
    largest = max(map(abs, numbers), default=0.0)
    is_whole = all(float(number).is_integer() for number in numbers)
    return is_whole and SEPARATED[0] <= largest < SEPARATED[1]


# ---- classes of matplotlib's kinds, made where it is loaded


@cache
def _locator() -> Any:
    from matplotlib.ticker import MaxNLocator

    class Locator(MaxNLocator):
        """The most ticks that have room, whatever the axes' size turns out to be.

        An axis asks a dozen times as it is laid out and drawn: the last answer is kept.
        """

        asked: tuple[float, ...] = ()
        ticks: Any = None

        def tick_values(self, vmin: float, vmax: float) -> Any:
            if (vmin, vmax, self._room()) != self.asked:
                self.asked = vmin, vmax, self._room()
                self.ticks = self._fitting(vmin, vmax)
            return self.ticks

        def _fitting(self, vmin: float, vmax: float) -> Any:
            for bins in range(MOST, FEWEST - 1, -1):
                self.set_params(nbins=bins)
                ticks = super().tick_values(vmin, vmax)
                if self._size(ticks, vmin, vmax) <= self._room():
                    break
            return ticks

        def _size(self, ticks: Any, vmin: float, vmax: float) -> float:
            """What the numbers at the ticks take, in points of a letter."""
            axis: Any = self.axis
            shown = [tick for tick in ticks if vmin <= tick <= vmax] or [0.0]
            if axis.axis_name == "y":
                return len(shown) * LINE
            axis.major.formatter.set_locs(shown)
            words = [axis.major.formatter(tick) for tick in shown]
            return (sum(map(len, words)) + GAP * len(words)) * LETTER

        def _room(self) -> float:
            """What they have."""
            axis: Any = self.axis
            points = axis.get_tick_params().get("labelsize", SIZE) * axis.figure.dpi / 72
            box = axis.axes.bbox
            return float((box.height if axis.axis_name == "y" else box.width) / points)

    return Locator


@cache
def _formatter() -> Any:
    from matplotlib.ticker import ScalarFormatter

    class Formatter(ScalarFormatter):
        """Matplotlib's numbers; whole ones of five to seven digits with commas."""

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
