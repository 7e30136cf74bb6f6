"""The comparison plot: each group's curve with a band over its runs, and a box of its values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.curve_bands import band, show_epochs, show_range
from nncli.artifacts.figure_style import new_figure, short, style_axes
from nncli.artifacts.palette import COLORS, OTHERS
from nncli.artifacts.rendering import write_plot
from nncli.comparison.comparison import Comparison
from nncli.comparison.group_labels import MAX_LABEL_LETTERS, labels
from nncli.engine.metric_columns import VAL, metric_of
from nncli.evaluation.statistics import MIN_VALUES

SHADES = COLORS[:8]
WIDTH, HEIGHT, BOX_HEIGHT = 10.5, 4.2, 0.26  # inches
SKIPPED_START = 0.02  # share of the epochs that doesn't set the axis
MARGINS, LABEL_HEIGHT = 0.9, 0.14  # inches: above and below the axes; of a label


def draw_comparison(comparison: Comparison, path: Path) -> None:
    """Draw a comparison to `path` (png, svg or pdf by its suffix).

    Raises UserError for values that no axis can show, FileFailure if it can't write.
    """
    write_plot(path, lambda: _figure(comparison), alt_text(comparison))


def alt_text(comparison: Comparison) -> str:
    """The alternative text: the mean of each group, the best first."""
    texts, _ = labels(comparison.keys, comparison.groups)
    groups = list(zip(texts, comparison.groups, strict=True))[: len(SHADES)]
    means = [f"{text} {group.mean.value:.4g}" for text, group in groups]
    more = len(comparison.groups) - len(groups)
    rest = f" and {more} more" if more else ""
    return f"Mean {comparison.metric}, the best first: {'; '.join(means)}{rest}"


def _figure(comparison: Comparison) -> Any:
    count = len(comparison.groups)
    figure = new_figure(WIDTH, max(HEIGHT, BOX_HEIGHT * count + 1.2))
    curves, boxes = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    texts, what = labels(comparison.keys, comparison.groups)
    names = [short(text, MAX_LABEL_LETTERS) for text in texts]
    colors = [SHADES[place] if place < len(SHADES) else OTHERS for place in range(count)]
    _draw_curves(curves, comparison, names, colors)
    _draw_boxes(boxes, comparison, names, colors)
    caption = (
        "Curve: mean over the runs, while half of them still train; band: minimum to maximum. "
    )
    caption += "Bar: mean; box: quartiles; dot: one run."
    caption += f" Labels: {short(what, 80)}." if what else ""
    if count > len(SHADES):
        caption += f" Grey: all but the best {len(SHADES)}."
    figure.supxlabel(caption, x=0.01, ha="left", fontsize=8, color="0.35", parse_math=False)
    return figure


# ---- curves


def _draw_curves(axes: Any, comparison: Comparison, names: list[str], colors: list[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    column = _drawn_column(comparison)
    ends, seen, lengths = [], [], []
    groups = list(zip(comparison.groups, names, colors, strict=True))
    shade = 0.18 if len(groups) <= 3 else 0.08
    for group, name, color in reversed(groups):  # the best on top
        epochs, low, mean, high = band([each.curves for each in group.runs.results], column)
        if not len(epochs):
            continue
        lengths.append(float(epochs[-1]))
        settled = epochs >= SKIPPED_START * epochs[-1]
        seen += [low[settled], high[settled]]
        dots, width = "o" if len(epochs) < 3 else None, 1.0 if color == OTHERS else 1.6
        axes.plot(epochs, mean, color=color, linewidth=width, marker=dots, markersize=3)
        if color != OTHERS:
            axes.fill_between(epochs, low, high, color=color, alpha=shade, linewidth=0, zorder=1)
            ends.append((float(mean[-1]), name, color))
    style_axes(axes, "epoch", column)
    axes.grid(alpha=0.25)
    show_range(axes.yaxis, seen, is_score=comparison.is_score)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.0)
    show_epochs(axes, lengths)
    _label_ends(axes, ends)


def _drawn_column(comparison: Comparison) -> str:
    """The column to draw: the metric itself, else on validation rows, else on training rows."""
    metric = comparison.metric
    results = [result for group in comparison.groups for result in group.runs.results]
    candidates = (metric, VAL + metric_of(metric), metric_of(metric))
    there = {column for result in results for column in result.curves}
    return next((column for column in candidates if column in there), metric)


def _label_ends(axes: Any, ends: list[tuple[float, str, str]]) -> None:
    """Write names at the curves' ends without overlap. ends: (value, name, color)."""
    low, high = axes.transScale.transform([(0.0, end) for end in axes.get_ylim()])[:, 1]
    ends = sorted(end for end in ends if np.isfinite(end[0]))
    values = [float(axes.transScale.transform((0.0, end[0]))[1]) for end in ends]
    height = axes.figure.get_figheight() - MARGINS
    places = apart([(value - low) / (high - low) for value in values], LABEL_HEIGHT / height)
    for at, (_, name, color) in zip(places, ends, strict=True):
        style = {"color": color, "fontsize": 8, "va": "center", "parse_math": False}
        axes.text(1.01, at, name, transform=axes.transAxes, **style)


def apart(wanted: Sequence[float], step: float) -> list[float]:
    """Positions in [0, 1] at least `step` apart, as near to the wanted ones as possible.

    >>> [round(place, 2) for place in apart([0.5, 0.5, 0.9], 0.1)]
    [0.45, 0.55, 0.9]
    """
    blocks: list[tuple[float, int]] = []  # (first position, count)
    for wish in wanted:
        blocks.append((wish, 1))
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] * step > blocks[-1][0]:
            (last, n), (before, m) = blocks.pop(), blocks.pop()
            blocks.append(((before * m + (last - m * step) * n) / (m + n), m + n))
    places = [first + step * place for first, count in blocks for place in range(count)]
    over = max(0.0, places[-1] - 1.0) if places else 0.0
    return [max(place - over, place_at * step) for place_at, place in enumerate(places)]


# ---- boxes


def _draw_boxes(axes: Any, comparison: Comparison, names: list[str], colors: list[str]) -> None:
    """Draw the best on top: a box between quartiles, a dot per run, a bar at the mean."""
    random, count = np.random.default_rng(0), len(names)
    row = (axes.figure.get_figheight() - MARGINS) / count  # inches
    half = min(0.36, 0.16 / row)
    for place, (group, color) in enumerate(zip(comparison.groups, colors, strict=True)):
        own, y = np.array(group.runs.values), count - place
        if len(own) >= MIN_VALUES:
            low, left, right, high = np.percentile(own, (0, 25, 75, 100))
            axes.plot([low, high], [y, y], color=color, linewidth=1.0, zorder=1)
            axes.barh(y, right - left, 1.6 * half, left, color="white", zorder=2)
            axes.barh(y, right - left, 1.6 * half, left, color=color, alpha=0.25, zorder=2)
        jitter = random.uniform(-half / 2, half / 2, len(own)) * (len(own) > 1)
        axes.scatter(own, y + jitter, s=14, color=color, zorder=3, linewidths=0)
        if len(own) > 1:
            mean = [group.mean.value] * 2
            axes.plot(mean, [y - half, y + half], color=color, linewidth=2.2, zorder=4)
    style_axes(axes, comparison.metric, "")
    values = [np.array(group.runs.values) for group in comparison.groups]
    show_range(axes.xaxis, values, is_score=comparison.is_score)
    axes.grid(alpha=0.25, axis="x")
    axes.set_ylim(0.4, count + 0.6)
    axes.set_yticks(range(count, 0, -1), names, parse_math=False, fontsize=8)
    for tick, color in zip(axes.get_yticklabels(), colors, strict=True):
        tick.set_color("0.35" if color == OTHERS else color)
    axes.tick_params(axis="y", length=0)
