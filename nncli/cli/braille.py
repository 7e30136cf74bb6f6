"""Braille: draw lines in a terminal with braille characters of 2 x 4 dots."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from nncli.artifacts.number_ticks import needs_log_axis
from nncli.cli.text_table import figure

DOTS_ACROSS, DOTS_DOWN = 2, 4  # dots of a character
BLANK = 0x2800
BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a dot, by row and column
START, MIN_POINTS = 0.1, 10  # share of the epochs; lines with fewer points have no start


class Line(NamedTuple):
    """A line through points, in a colour of rich's."""

    x: Sequence[float]
    y: Sequence[float]
    style: str


class Cell(NamedTuple):
    """A character, and the style of the last line through it."""

    letter: str
    style: str


def chart(lines: Sequence[Line], width: int, height: int) -> list[list[Cell]]:
    """Rows of cells, with labels on the left and below; at least 20 characters by 4.

    The vertical axis is logarithmic if positive values differ tenfold. Values of the first tenth
    of the epochs don't set its range, so that a steep start doesn't flatten the rest.
    """
    points = [list(_finite(line)) for line in lines]
    xs = [x for each in points for x, _ in each]
    if not xs:
        return []
    start = min(xs) + START * (max(xs) - min(xs))
    values = [y for each in points for x, y in each if x >= start or len(each) < MIN_POINTS]
    least, most = min(values), max(values)
    is_log = needs_log_axis(least, most)
    up = math.log10 if is_log else float
    labels = _labels(least, most, height - 1, is_log=is_log)
    margin = max(map(len, labels)) + 1
    across, down = (width - margin) * DOTS_ACROSS, (height - 1) * DOTS_DOWN
    grid = _Grid(width - margin, height - 1)
    for line, each in zip(lines, points, strict=True):
        places = [
            (
                _share(x, min(xs), max(xs)) * (across - 1),
                (1 - _share(up(min(max(y, least), most)), up(least), up(most))) * (down - 1),
            )
            for x, y in each
        ]
        grid.draw(places, line.style)
    rows = [
        [Cell(label.rjust(margin - 1) + " ", "dim"), *row]
        for label, row in zip(labels, grid.cells(), strict=True)
    ]
    return [*rows, _below(min(xs), max(xs), margin, width, "log" if is_log else "")]


def _finite(line: Line) -> Iterator[tuple[float, float]]:
    for x, y in zip(line.x, line.y, strict=True):
        if math.isfinite(y):
            yield x, y


def _share(value: float, least: float, most: float) -> float:
    return (value - least) / (most - least) if most > least else 0.5


def _labels(least: float, most: float, rows: int, *, is_log: bool) -> list[str]:
    """Labels beside the first, the middle and the last row."""
    middle = math.sqrt(least * most) if is_log else least + (most - least) / 2
    labels = [""] * rows
    labels[rows // 2] = f"{middle:.3g}"
    labels[-1], labels[0] = f"{least:.3g}", f"{most:.3g}"
    return labels


def _below(first: float, last: float, margin: int, width: int, word: str) -> list[Cell]:
    """The name of the vertical axis and the ends of the horizontal one."""
    ends = figure(first), figure(last)
    middle = "epoch".center(width - margin - len(ends[0]) - len(ends[1]))
    return [Cell(word.rjust(margin - 1) + " " + ends[0] + middle + ends[1], "dim")]


class _Grid:
    """A grid of dots."""

    def __init__(self, width: int, height: int) -> None:
        self.bits = [[0] * width for _ in range(height)]
        self.styles = [[""] * width for _ in range(height)]

    def draw(self, places: Sequence[tuple[float, float]], style: str) -> None:
        """Draw a line through places, (from the left, from the top) in dots."""
        for (x0, y0), (x1, y1) in pairwise([*places, *places[-1:]]):
            steps = max(math.ceil(abs(x1 - x0)), math.ceil(abs(y1 - y0)), 1)
            for step in range(steps + 1):
                share = step / steps
                self._dot(round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share), style)

    def _dot(self, x: int, y: int, style: str) -> None:
        row, column = y // DOTS_DOWN, x // DOTS_ACROSS
        self.bits[row][column] |= BITS[y % DOTS_DOWN][x % DOTS_ACROSS]
        self.styles[row][column] = style

    def cells(self) -> list[list[Cell]]:
        return [
            [Cell(chr(BLANK + b), s) for b, s in zip(bits, styles, strict=True)]
            for bits, styles in zip(self.bits, self.styles, strict=True)
        ]
