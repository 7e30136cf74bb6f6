"""The confusion plot: counts of predicted classes by true class."""

from typing import Any

import numpy as np

from nncli.artifacts.figure_style import new_figure, set_title, short, style_axes, text_width
from nncli.artifacts.palette import RIGHT, WRONG
from nncli.evaluation.class_scores import largest
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array

MAX_NUMBERS = 20  # classes; with more, counts are illegible
MAX_SHARES = 12  # classes; with more, percentages are
MAX_CLASSES = 40  # classes; with more, names are
LETTERS = 9.0  # font size in points
FAINTEST = 0.12  # least shade of a cell with rows
SIDES = (3.9, 10.0)  # least and greatest side of the square, in inches


def confusion(report: Report, title: str) -> Any:
    """The figure: true classes down, predicted across; counts, and shares of the true class."""
    chosen = largest(report.counts, MAX_CLASSES)
    counts = report.counts[np.ix_(chosen, chosen)]
    names = [short(report.classes[index]) for index in chosen]
    size = LETTERS if len(names) <= MAX_NUMBERS else 7.0
    widest = max(text_width(name, size) for name in names)
    side = float(np.clip(1.5 + 0.55 * len(names), *SIDES))
    figure = new_figure(side + 0.9 + widest, side + 0.9)
    axes = figure.subplots()
    shares = counts / np.maximum(report.counts[chosen].sum(axis=1, keepdims=True), 1)
    axes.imshow(_shades(counts, shares))
    some = len(names) < len(report.classes)
    which = f", the {len(names)} largest of {len(report.classes):,} classes" if some else ""
    shown = "rows, and % of" if len(names) <= MAX_SHARES else "rows; shade: share of"
    set_title(axes, f"confusion{which} ({shown} the true class)", title, y=1.0)
    style_axes(axes, "predicted class", "true class")
    is_wide = widest > 0.9 * side / len(names)
    slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if is_wide else {}
    font = {"fontsize": size, "parse_math": False}
    axes.set_yticks(range(len(names)), names, **font)
    axes.set_xticks(range(len(names)), names, **font, **slant)
    axes.tick_params(length=0)
    if len(names) <= MAX_NUMBERS:
        _write(axes, counts, shares, side / len(names))
    return figure


def _shades(counts: Array, shares: Array) -> Array:
    """(classes, classes, 4) colours: one for right predictions, another for wrong ones.

    They depend on the square root of the share, so that even a single wrong row is visible.
    """
    from matplotlib import colormaps

    is_right = np.eye(len(shares), dtype=bool)
    strength = np.where(counts > 0, FAINTEST + (0.8 - FAINTEST) * np.sqrt(shares), 0.0)
    shades = np.where(
        is_right[..., None], colormaps[RIGHT](strength), colormaps[WRONG](0.9 * strength)
    )
    shades[counts == 0] = 1.0
    return np.asarray(np.rint(255 * shades), np.uint8)


def _write(axes: Any, counts: Array, shares: Array, cell: float) -> None:
    """Write the counts. cell: the width of a cell in inches."""
    for (row, column), count in np.ndenumerate(counts):
        if count:
            is_dark = shares[row, column] > 0.5
            style = {"color": "white" if is_dark else "black", "fontsize": LETTERS}
            words = f"{count:,}"
            if len(counts) <= MAX_SHARES:
                words += f"\n{percent(float(shares[row, column]))}"
            widest = max(text_width(line, LETTERS) for line in words.split("\n"))
            style["fontsize"] = LETTERS * min(1.0, 0.9 * cell / widest)
            axes.text(column, row, words, ha="center", va="center", in_layout=False, **style)


def percent(share: float) -> str:
    """A share as a whole percentage, but 0% only if it is 0, and 100% only if it is 1.

    >>> percent(0.954), percent(0.004), percent(0.997), percent(1.0)
    ('95%', '<1%', '>99%', '100%')
    """
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share:.0%}"
