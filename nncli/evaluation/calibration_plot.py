"""The calibration plot: how often a prediction comes true, over its predicted probability."""

from dataclasses import replace
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import REFERENCE, legend, new_figure, set_title, short, style_axes
from nncli.artifacts.palette import NETWORK, class_colors
from nncli.evaluation.class_scores import Calibration
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array

BARS = 20  # of a histogram
LIKE = 0.01  # bins whose mean probabilities differ by less are merged
WIDE = 0.5  # length of the axes from 0 to 1, below which only a part is shown
ROOM = 0.08  # margin around the dots, as a share of their range


def reliability(report: Report, title: str) -> Any:
    """The figure; None if the predictions aren't finite."""
    if report.calibration is None:
        return None
    bins = joined(report.calibration)
    figure = new_figure(5.2, 5.8)
    above, below = figure.subplots(2, 1, height_ratios=(4, 1))
    low, high = chance(bins)
    luck = {"color": "0.8", "linewidth": 5, "zorder": 1}
    above.plot([0, 1], [0, 1], label="perfectly calibrated", **REFERENCE)
    above.vlines(bins.probability, low, high, label="range of chance (95%)", **luck)
    span = _span(bins.rows, "label" if report.labels else "row")
    label = f"network, {span} per dot\n(expected calibration error {report.calibration.error:.3g})"
    color = class_colors(2)[1] if len(report.classes) == 2 else NETWORK
    above.plot(bins.probability, bins.share, color=color, linewidth=1, alpha=0.4)
    above.plot(bins.probability, bins.share, "o", color=color, markersize=5, label=label)
    what, right, cells = _words(report)
    start, end = shown(bins, low, high)
    part = "" if (start, end) == (0.0, 1.0) else f": from {start:g} to {end:g}"
    set_title(above, f"calibration{part}", title, y=1.0)
    style_axes(above, f"mean predicted probability of {what}", f"share of {cells} that {right}")
    margin = 0.02 * (end - start)
    above.set(xlim=(start - margin, end + margin), ylim=(start - margin, end + margin))
    legend(above, loc="best")
    below.hist(bins.given, bins=BARS, range=(0, 1), color=color, alpha=0.6, histtype="stepfilled")
    below.set_xlim(-0.02, 1.02)
    style_axes(below, f"predicted probability of {what}", cells)
    return figure


def _words(report: Report) -> tuple[str, str, str]:
    """(whose probability it is, what came true, the counted things)."""
    if report.labels:
        return "a label", "are there", "labels"
    if len(report.classes) == 2:
        name = f"'{short(report.classes[1])}'"
        return name, f"are {name}", "rows"
    return "the predicted class", "are predicted right", "rows"


def joined(bins: Calibration) -> Calibration:
    """Merge bins of nearly equal probability: a confident network has most of them at 1."""
    starts = [0]
    for place in range(1, len(bins.rows)):
        if bins.probability[place] - bins.probability[starts[-1]] >= LIKE:
            starts.append(place)
    rows = np.add.reduceat(bins.rows, starts)
    means = (
        np.add.reduceat(values * bins.rows, starts) / rows
        for values in (bins.probability, bins.share)
    )
    probability, share = means
    return replace(bins, probability=probability, share=share, rows=rows)


def chance(bins: Calibration) -> tuple[Array, Array]:
    """The 95% range of a bin's share, if the probabilities are right."""
    spread = 1.96 * np.sqrt(bins.probability * (1 - bins.probability) / bins.rows)
    low, high = (np.clip(bins.probability + side * spread, 0, 1) for side in (-1, 1))
    return low, high


def shown(bins: Calibration, low: Array, high: Array) -> tuple[float, float]:
    """(start, end) of both axes: 0 to 1, unless all dots are within less than half of that."""
    every = np.concatenate([bins.probability, bins.share, low, high])
    least, most = float(every.min()), float(every.max())
    room = ROOM * (most - least) + 0.005
    start = max(0.0, np.floor((least - room) * 50) / 50)  # in steps of 0.02
    end = min(1.0, np.ceil((most + room) * 50) / 50)
    return (round(start, 2), round(end, 2)) if end - start < WIDE else (0.0, 1.0)


def _span(rows: Array, word: str) -> str:
    """`1 row`, `20 rows` or `20 to 21 rows`."""
    fewest, most = rows.min(), rows.max()
    if fewest == most:
        return f"{most:,} {word}{'s' if most > 1 else ''}"
    return f"{fewest:,} to {most:,} {word}s"
