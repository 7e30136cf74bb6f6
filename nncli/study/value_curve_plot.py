"""The plot of a value curve: mean over runs, with a band from minimum to maximum."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from nncli.artifacts.curve_bands import show_range
from nncli.artifacts.figure_style import legend, new_figure, set_title, short, style_axes
from nncli.artifacts.number_ticks import log_ticks
from nncli.artifacts.palette import BEST, TRAIN, VALIDATION
from nncli.artifacts.rendering import render
from nncli.parts.arrays import Array
from nncli.study.value_curve import ValueCurve

STYLES = {
    "train": ("train", "-", TRAIN),
    "val": ("validation", "--", VALIDATION),
    "held_out": ("held out, mean of the folds", ":", BEST),
}
MAX_VALUE_TICKS = 9  # more numbers get the axis's own ticks
MAX_LABEL_LETTERS = 28
MAX_RATIO = 30.0  # of the least validation loss to the least training loss shown
MAX_SHARED_START = 12  # letters; a longer common start of all labels is cut
WIDTH = 6.4
ROWS = "data.train_rows"
VALUES = "plots/values.png"


def value_png(curve: ValueCurve) -> bytes:
    """The curve as a png. Raises OverflowError or ValueError."""
    return render(".png", lambda: value_figure(curve), alt_text(curve))


def value_figure(curve: ValueCurve) -> Any:
    """The figure of train and validation metric over the values."""
    figure = new_figure(WIDTH, 4.2)
    axes = figure.subplots()
    places = curve.numbers or tuple(map(float, range(len(curve.labels))))
    for part, runs in curve.runs.items():
        _draw_part(axes, places, runs, *STYLES[part])
    style_axes(axes, what(curve.key), curve.metric)
    _ticks(axes, curve, places)
    show_range(axes.yaxis, _shown(curve), is_score=curve.is_score)
    axes.grid(alpha=0.25)
    set_title(axes, title(curve), curve.study)
    legend(axes)
    return figure


def _draw_part(
    axes: Any,
    places: Sequence[float],
    runs: Sequence[Sequence[float]],
    label: str,
    style: str,
    color: str,
) -> None:
    """A dot per run, a line through the means, a band from minimum to maximum."""
    table = [np.array([value for value in own if np.isfinite(value)]) for own in runs]
    seen = [place for place, own in zip(places, table, strict=True) if len(own)]
    table = [own for own in table if len(own)]
    if not table:
        return
    low, mean, high = (_each(table, of) for of in (np.min, np.mean, np.max))
    axes.fill_between(seen, low, high, color=color, alpha=0.15, linewidth=0)
    axes.plot(seen, mean, style, marker="o", markersize=4, color=color, linewidth=1.8, label=label)
    for place, own in zip(seen, table, strict=True):
        if len(own) > 1:
            axes.scatter([place] * len(own), own, s=8, color=color, alpha=0.5, linewidths=0)


def _shown(curve: ValueCurve) -> list[Array]:
    """The values that set the axis limits; tiny training losses are clipped: they'd stretch it."""
    every = {part: np.concatenate([*runs]) for part, runs in curve.runs.items()}
    if curve.is_score or "val" not in every:
        return [*every.values()]
    floor = float(np.nanmin(every["val"])) / MAX_RATIO
    return [np.maximum(own, floor) for own in every.values()]


def _each(table: Sequence[Array], of: Any) -> Array:
    return np.array([of(own) for own in table])


def _ticks(axes: Any, curve: ValueCurve, places: Sequence[float]) -> None:
    """Ticks at the values where they fit; a logarithmic axis for geometric values."""
    if curve.is_geometric:
        axes.set_xscale("log")
        log_ticks(axes.xaxis)
    if curve.numbers is not None and len(places) > MAX_VALUE_TICKS:
        return
    labels = [short(label, MAX_LABEL_LETTERS) for label in without_common(curve.labels)]
    if curve.numbers is not None:
        labels = [f"{number:,g}" for number in curve.numbers]
    crowded = sum(map(len, labels)) > 60
    turned = {"rotation": 20, "ha": "right"} if crowded else {}
    axes.set_xticks(places, labels, parse_math=False, fontsize=8 if crowded else 9, **turned)
    axes.minorticks_off()


def without_common(labels: Sequence[str]) -> list[str]:
    """Labels without a long start that all of them share.

    >>> without_common(["[dense (units 32, relu)]", "[dense (units 32, tanh)]"])
    ['…relu)]', '…tanh)]']
    """
    words = [label.split(" ") for label in labels]
    shared = [each[0] for each in takewhile(lambda each: len({*each}) == 1, zip(*words))]  # noqa: B905
    start = sum(len(word) + 1 for word in shared)
    return [f"…{label[start:]}" for label in labels] if start > MAX_SHARED_START else [*labels]


def what(key: str) -> str:
    """The axis label of a key."""
    return "training rows" if key == ROWS else key


def title(curve: ValueCurve) -> str:
    """The plot's title, with the number of runs per value."""
    name = "Learning curve" if curve.key == ROWS else "Validation curve"
    return f"{name}: mean and range of {curve.most_runs} runs" if curve.most_runs > 1 else name


def alt_text(curve: ValueCurve) -> str:
    """The plot's alternative text."""
    said = []
    for part, runs in curve.runs.items():
        means = [float(np.mean(own)) if len(own) else float("nan") for own in runs]
        pairs = [f"{mean:.4g} at {at}" for at, mean in zip(curve.labels, means, strict=True)]
        said.append(f"{STYLES[part][0]}: {', '.join(pairs)}")
    return f"{curve.metric} over {what(curve.key)}. {'; '.join(said)}."
