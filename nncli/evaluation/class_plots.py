"""Class plots: ROC curves, precision and recall, calibration and confusion.

The last is of classes alone, the others are of labels too.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nncli.evaluation.class_scores import CURVES, largest
from nncli.evaluation.plots import (
    REFERENCE,
    SHADE,
    dress,
    entitle,
    legend,
    new_figure,
    short,
)
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array

BARS = 20  # of a histogram
MOST_NUMBERS = 20  # classes whose counts can still be read
MOST_CLASSES = 40  # whose names can
LETTER = 0.09  # inches that a letter of a class's name takes
INSIDE = 4  # curves whose legend hides none of them


def roc(report: Report, title: str) -> Any:
    """ROC curves with their areas; None if no class or label has both rows and others."""
    curves, kind = report.roc_curves, "label" if report.labels else "class"
    if not curves:
        return None
    figure, axes = _square(report, len(curves), "ROC curves", title)
    for line, curve in zip(_lines(len(curves)), curves, strict=True):
        label = f"{curve.area:.3f}  {short(curve.name)}"
        axes.plot(curve.false_positive, curve.true_positive, label=label, **line)
    axes.plot([0, 1], [0, 1], label="0.500  chance", **REFERENCE)
    dress(
        axes,
        f"share of {_others(report)} taken for it (false positive rate)",
        f"share of the {kind}'s rows found (true positive rate)",
    )
    _name_curves(axes, len(curves), f"area  {kind}", "lower right")
    return figure


def precision_recall(report: Report, title: str) -> Any:
    """Precision over recall with average precisions; None if none has rows and others."""
    curves, kind = report.precision_recall_curves, "label" if report.labels else "class"
    if not curves:
        return None
    figure, axes = _square(report, len(curves), "precision and recall", title)
    for line, curve in zip(_lines(len(curves)), curves, strict=True):
        label = f"{curve.area:.3f}  {short(curve.name)}"
        axes.plot(curve.recall, curve.precision, drawstyle="steps-pre", label=label, **line)
    if len(curves) == 1:  # of several, each has a chance of its own
        chance = curves[0].chance
        axes.plot([0, 1], [chance, chance], label=f"{chance:.3f}  chance", **REFERENCE)
    dress(
        axes,
        f"share of the {kind}'s rows found (recall)",
        "share of the rows taken for it that are (precision)",
    )
    _name_curves(axes, len(curves), f"average precision  {kind}", "lower left")
    return figure


def _square(report: Report, curves: int, what: str, title: str) -> tuple[Any, Any]:
    """A figure for so many curves of shares over shares, and its axes."""
    figure = new_figure(5.2 if curves <= INSIDE else 7.4, 5.3)
    axes = figure.subplots()
    count, kinds = len(report.classes or report.labels), "labels" if report.labels else "classes"
    which = f", the {CURVES} largest of {count:,} {kinds}" if count > CURVES else ""
    entitle(axes, f"{what}{which}", title)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    return figure, axes


def _lines(curves: int) -> Iterator[dict[str, Any]]:
    """How each of so many curves is drawn: thinner and thinner, so that equal ones all show."""
    from matplotlib import colormaps

    for number in range(curves):
        color = SHADE if curves == 1 else colormaps["tab10"](number)
        yield {"color": color, "linewidth": 1.5 + 1.5 * (1 - (number + 1) / curves)}


def _name_curves(axes: Any, curves: int, heading: str, inside: str) -> None:
    """The legend, beside the picture where it would hide curves."""
    beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    legend(
        axes, title=heading, alignment="left", **({"loc": inside} if curves <= INSIDE else beside)
    )


def _others(report: Report) -> str:
    return f"'{short(report.classes[0])}' rows" if len(report.classes) == 2 else "other rows"


def reliability(report: Report, title: str) -> Any:
    """How often predictions come true, over their probability; None if they aren't finite."""
    bins = report.calibration
    if bins is None:
        return None
    figure = new_figure(5.2, 5.8)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    spread = 1.96 * np.sqrt(bins.probability * (1 - bins.probability) / bins.rows)
    low, high = (np.clip(bins.probability + side * spread, 0, 1) for side in (-1, 1))
    luck = {"color": "0.8", "linewidth": 5, "zorder": 1}
    above.plot([0, 1], [0, 1], label="perfectly calibrated", **REFERENCE)
    above.vlines(bins.probability, low, high, label="range of chance (95%)", **luck)
    span = _span(bins.rows, "label" if report.labels else "row")
    label = f"network, {span} a dot\n(mean error {bins.error:.3g})"
    above.plot(bins.probability, bins.share, color=SHADE, linewidth=1, alpha=0.4)
    above.plot(bins.probability, bins.share, "o", color=SHADE, markersize=5, label=label)
    what, right = "the predicted class", "are predicted right"
    if len(report.classes) == 2:
        what = f"'{short(report.classes[1])}'"
        right = f"are {what}"
    cells = "rows"
    if report.labels:
        what, right, cells = "a label", "are there", "labels"
    entitle(above, "calibration", title)
    dress(above, "", f"share of {cells} that {right}")
    above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    legend(above, loc="best")
    below.hist(bins.given, bins=BARS, range=(0, 1), color=SHADE, alpha=0.6)
    dress(below, f"predicted probability of {what}", cells)
    return figure


def _span(rows: Array, word: str) -> str:
    """`1 row`, `20 rows` or `20 to 21 rows`, if that is the word."""
    fewest, most = rows.min(), rows.max()
    if fewest == most:
        return f"{most:,} {word}{'s' if most > 1 else ''}"
    return f"{fewest:,} to {most:,} {word}s"


def confusion(report: Report, title: str) -> Any:
    """True classes down, predicted ones across; shaded by the share of the true class."""
    chosen = largest(report.counts, MOST_CLASSES)
    counts = report.counts[np.ix_(chosen, chosen)]
    names = [short(report.classes[index]) for index in chosen]
    longest = max(map(len, names))
    side = float(np.clip(2.2 + 0.45 * len(names), 3.6, 10.0))
    figure = new_figure(side + 0.8 + LETTER * longest, side + 0.2)
    axes = figure.subplots()
    shares = counts / np.maximum(report.counts[chosen].sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    some = len(names) < len(report.classes)
    which = f", the {len(names)} largest of {len(report.classes):,} classes" if some else ""
    entitle(axes, f"confusion{which}", title)
    dress(axes, "predicted class", "true class")
    font = {"fontsize": 9 if len(names) <= MOST_NUMBERS else 7, "parse_math": False}
    is_wide = LETTER * longest * len(names) > 0.65 * side
    slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if is_wide else {}
    axes.set_yticks(range(len(names)), names, **font)
    axes.set_xticks(range(len(names)), names, **font, **slant)
    if len(names) <= MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if shares[row, column] > 0.6 else "black"
            words = f"{count:,}" if count else ""
            axes.text(column, row, words, ha="center", va="center", color=color, fontsize=9)
    return figure
