"""Class plots: ROC and precision-recall curves of classes or labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import REFERENCE, legend, new_figure, set_title, short, style_axes
from nncli.artifacts.palette import class_colors
from nncli.evaluation.class_scores import CURVES
from nncli.evaluation.report import Report
from nncli.frozen import frozen
from nncli.parts.arrays import Array

INSIDE = 4  # curves; with more, the legend is beside the axes
SEVERAL = "0.35"  # the colour of curves that coincide
NAMES = 5  # of such curves in the legend
NEARLY = 0.99  # share from which a curve is at the frame
ROOM = 0.1  # margin around a corner, as a share of its sides
SMALL = 0.25  # share of the square: the largest corner that is shown alone
NARROWEST = 0.03  # least side of a corner


@frozen
class Curve:
    """A curve of one class, or of several classes with equal curves; x, y: between 0 and 1."""

    names: tuple[str, ...]
    x: Array
    y: Array
    area: float

    @property
    def label(self) -> str:
        """`0.998  cat`; `1.000  cat, dog and 3 more`."""
        shown = ", ".join(short(name) for name in self.names[:NAMES])
        more = len(self.names) - NAMES
        return f"{self.area:.3f}  {shown}{f' and {more} more' if more > 0 else ''}"


def roc(report: Report, title: str) -> Any:
    """ROC curves with their areas; None if no class or label has both rows and others."""
    curves, kind = report.roc_curves, "label" if report.labels else "class"
    if not curves:
        return None
    lines = merged([Curve((c.name,), c.false_positive, c.true_positive, c.area) for c in curves])
    corner = left_corner(lines)
    figure, axes = _square(report, lines, "ROC curves", title, "upper left" if corner else "")
    axes.plot([0, 1], [0, 1], label="0.500  chance", **REFERENCE)
    style_axes(
        axes,
        f"false positive rate: share of {_others(report)} predicted as it",
        f"true positive rate: share of the {kind}'s rows found",
    )
    _show(axes, lines, corner, f"area  {kind}", "lower right")
    return figure


def precision_recall(report: Report, title: str) -> Any:
    """Precision-recall curves with average precisions; None if none has both rows and others."""
    curves, kind = report.precision_recall_curves, "label" if report.labels else "class"
    if not curves:
        return None
    lines = merged([Curve((c.name,), c.recall, c.precision, c.area) for c in curves])
    corner = right_corner(lines)
    where = "upper right" if corner else ""
    figure, axes = _square(report, lines, "precision and recall", title, where, "steps-pre")
    if len(curves) == 1:  # several curves have different chances
        chance = curves[0].chance
        axes.plot([0, 1], [chance, chance], label=f"{chance:.3f}  chance", **REFERENCE)
    style_axes(
        axes,
        f"recall: share of the {kind}'s rows found",
        "precision: share of such predictions that are right",
    )
    _show(axes, lines, corner, f"average precision  {kind}", "lower left")
    return figure


# ---- curves


def merged(curves: Sequence[Curve]) -> list[Curve]:
    """One curve for all that are equal, and one for all that are perfect."""
    groups: dict[object, list[Curve]] = {}
    for curve in curves:
        is_perfect = curve.area == 1.0
        key = "perfect" if is_perfect else (curve.x.tobytes(), curve.y.tobytes())
        groups.setdefault(key, []).append(curve)
    return [
        Curve(tuple(each.names[0] for each in same), same[0].x, same[0].y, same[0].area)
        for same in groups.values()
    ]


# ---- the part of the square to show: (left, right, bottom, top) of where curves leave the frame


Corner = tuple[float, float, float, float]


def left_corner(curves: Sequence[Curve]) -> Corner | None:
    """The corner in which every curve rises to nearly 1; None if that is much of the square."""
    right = max(float(c.x[np.argmax(c.y >= NEARLY)]) for c in curves)
    bottom = min(float(c.y[c.x == 0].max(initial=0.0)) for c in curves)
    return _corner(right, 1 - bottom, curves, lambda x, y: (-0.02 * x, x, 1 - y, 1 + 0.02 * y))


def right_corner(curves: Sequence[Curve]) -> Corner | None:
    """The corner from the first error of any curve to full recall; None if it is large."""
    found = [slice(int(np.argmax(c.x >= 1.0)) + 1) for c in curves]
    bottom = min(float(c.y[some].min()) for c, some in zip(curves, found, strict=True))
    is_wrong = [(c.y[some] < NEARLY, c.x[some]) for c, some in zip(curves, found, strict=True)]
    left = min(float(x[wrong].min(initial=1.0)) for wrong, x in is_wrong)
    return _corner(
        1 - left, 1 - bottom, curves, lambda x, y: (1 - x, 1 + 0.02 * x, 1 - y, 1 + 0.02 * y)
    )


def _corner(width: float, height: float, curves: Sequence[Curve], place: Any) -> Corner | None:
    width, height = (max((1 + ROOM) * side, NARROWEST) for side in (width, height))
    if all(curve.area == 1.0 for curve in curves) or width * height > SMALL:
        return None
    corner: Corner = place(min(width, 1.0), min(height, 1.0))
    return corner


# ---- drawing


def _square(
    report: Report, curves: Sequence[Curve], what: str, title: str, corner: str, style: str = ""
) -> tuple[Any, Any]:
    """A figure with the curves, and its axes."""
    figure = new_figure(5.2 if len(curves) <= INSIDE else 7.4, 5.3)
    axes = figure.subplots()
    count, kinds = len(report.classes or report.labels), "labels" if report.labels else "classes"
    which = f", the {CURVES} largest of {count:,} {kinds}" if count > CURVES else ""
    set_title(axes, f"{what}{which}{f': the {corner} corner' if corner else ''}", title, y=1.0)
    names = report.classes or report.labels
    colors = dict(zip(names, class_colors(len(names)), strict=True))
    for number, curve in enumerate(curves, 1):  # each thinner than the last, so that all show
        color = colors[curve.names[0]] if len(curve.names) == 1 else SEVERAL
        width = 1.5 + 1.5 * (1 - number / len(curves))
        steps = {"drawstyle": style} if style else {}
        axes.plot(curve.x, curve.y, label=curve.label, color=color, linewidth=width, **steps)
    axes.set_box_aspect(1)
    return figure, axes


def _show(
    axes: Any, curves: Sequence[Curve], corner: Corner | None, heading: str, inside: str
) -> None:
    """Set the limits, and draw the legend: beside the plot if it would hide curves."""
    left, right, bottom, top = corner or (-0.02, 1.02, -0.02, 1.02)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    place = {"loc": inside} if len(curves) <= INSIDE else beside
    legend(axes, title=heading, alignment="left", **place)


def _others(report: Report) -> str:
    return f"'{short(report.classes[0])}' rows" if len(report.classes) == 2 else "other rows"
