"""Regression plots: predicted against true values, and residuals, of a regression."""

from typing import Any

import numpy as np

from nncli.artifacts.figure_style import REFERENCE, new_figure, set_title, short, style_axes
from nncli.artifacts.palette import NETWORK
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array

MAX_DOTS = 5_000
MAX_TARGETS = 6
BARS = 30  # of a histogram


def predicted_vs_true(report: Report, title: str) -> Any:
    """Predicted over true values; exact predictions are on the diagonal."""
    figure, every = _grid(report, width=4.6, height=4.8)
    set_title(every[0][0], f"predicted and true values{_only(report)}", title)
    for axes, index, name in every:
        predicted, true = _shown(report, index)
        axes.scatter(true, predicted, **_dots(len(true)))
        ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
        axes.plot(ends, ends, **REFERENCE)
        style_axes(axes, f"true {name}", f"predicted {name}")
        axes.set_aspect("equal", adjustable="datalim")
    return figure


def residuals(report: Report, title: str) -> Any:
    """true - predicted over predicted, with a histogram of residuals."""
    from matplotlib.ticker import MaxNLocator

    figure, every = _grid(report, width=5.8, height=4.0)
    set_title(every[0][0], f"residuals{_only(report)}", title)
    for axes, index, name in every:
        predicted, true = _shown(report, index)
        axes.scatter(predicted, true - predicted, **_dots(len(true)))
        axes.axhline(0, **REFERENCE)
        style_axes(axes, f"predicted {name}", f"true - predicted {name}")
        beside = axes.inset_axes((1.04, 0, 0.2, 1), sharey=axes)
        every_residual = report.truth[:, index] - report.predictions[:, index]
        bars = int(np.clip(2 * np.sqrt(report.rows), 5, BARS)) | 1  # odd: one has 0 in its middle
        style = {"histtype": "stepfilled", "color": NETWORK, "alpha": 0.6}
        beside.hist(every_residual, bins=bars, orientation="horizontal", **style)
        beside.axhline(0, **REFERENCE)
        style_axes(beside, "rows", "")
        beside.xaxis.set_major_locator(MaxNLocator(2, integer=True, prune="lower"))
        beside.tick_params(labelleft=False, labelsize=8)
    return figure


def _grid(report: Report, width: float, height: float) -> tuple[Any, list[tuple[Any, int, str]]]:
    """(figure, [(axes, index, name) of each target])."""
    shown = min(len(report.targets), MAX_TARGETS)
    columns = min(shown, 3)
    lines = -(-shown // columns)
    figure = new_figure(width * columns, height * lines)
    grid = figure.subplots(lines, columns, squeeze=False).flatten()
    for spare in grid[shown:]:
        spare.remove()
    names = [short(name) for name in report.targets[:shown]]
    return figure, list(zip(grid, range(shown), names, strict=False))


def _shown(report: Report, index: int) -> tuple[Array, Array]:
    """(predicted, true) of a sample of rows, evenly spaced."""
    step = -(-report.rows // MAX_DOTS)
    return report.predictions[::step, index], report.truth[::step, index]


def _only(report: Report) -> str:
    """How many of the rows and targets are drawn; empty if all are."""
    left_out = []
    if report.rows > MAX_DOTS:
        left_out.append(f"{len(range(0, report.rows, -(-report.rows // MAX_DOTS))):,} dots")
    if len(report.targets) > MAX_TARGETS:
        left_out.append(f"{MAX_TARGETS} of {len(report.targets)} targets")
    return f" ({', '.join(left_out)})" if left_out else ""


def _dots(count: int) -> dict[str, Any]:
    """A style in which dots are smaller and more transparent, the more there are."""
    crowd = min(max(count, 100), MAX_DOTS) / 100
    return {"s": 26 / crowd**0.3, "alpha": 0.8 / crowd**0.3, "color": NETWORK, "linewidths": 0}
