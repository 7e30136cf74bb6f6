"""Plots of a study: trial history and values by key, or the curves of its runs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.curve_bands import band, show_range
from nncli.artifacts.figure_style import legend, new_figure, short, style_axes
from nncli.artifacts.number_ticks import log_ticks
from nncli.artifacts.palette import BEST, GIVEN, NETWORK
from nncli.artifacts.rendering import render
from nncli.artifacts.study_directory import StudyFacts
from nncli.artifacts.trial_records import COMPLETED, TrialRecord, best_of
from nncli.engine.metric_columns import TRIAL_TRAIN, VAL, metric_of
from nncli.study.dimensions import Choice, Numeric
from nncli.study.space import Space

HISTORY, SPACE, RUNS = "plots/history.png", "plots/space.png", "plots/runs.png"
PANELS_PER_ROW, PANEL_INCHES = 3, (3.2, 2.7)
MAX_NAMED_OPTIONS = 8  # more options are numbered below a panel
MAX_NAME_LETTERS = 11


def sweep_plots(facts: StudyFacts, trials: Sequence[TrialRecord], space: Space) -> dict[str, bytes]:
    """The plots of a sweep, by file name. Raises OverflowError or ValueError."""
    return {
        HISTORY: render(".png", lambda: _history(facts, trials), _alt_text(facts, trials)),
        SPACE: render(
            ".png",
            lambda: _space(facts, trials, space),
            f"{_alt_text(facts, trials)} Over {', '.join(space.columns)}.",
        ),
    }


def runs_plot(
    facts: StudyFacts, curves: Mapping[str, Mapping[str, Sequence[float]]]
) -> dict[str, bytes]:
    """The plot of folds or seeds. curves: the columns of each run's metrics.csv."""
    alt = f"{facts.objective} of {len(curves):,} runs over epochs, and their mean."
    return {RUNS: render(".png", lambda: _runs(facts, curves), alt)}


def _alt_text(facts: StudyFacts, trials: Sequence[TrialRecord]) -> str:
    """The alternative text of a sweep's plots."""
    best = best_of(trials, higher_is_better=facts.higher_is_better)
    said = f"{facts.objective} of {len(trials):,} trials"
    return f"{said}; the best is trial {best.number}, {best.value:.4g}." if best else f"{said}."


# ---- trial history


def _history(facts: StudyFacts, trials: Sequence[TrialRecord]) -> Any:
    figure = new_figure(6.4, 4.0)
    axes = figure.subplots()
    _draw_best(axes, facts, trials)
    _draw_trials(axes, facts, trials, lambda trial: float(trial.number))
    lost = [trial.number for trial in trials if not _has_value(trial)]
    if lost:
        at_the_foot = axes.get_xaxis_transform()
        style = {"color": "0.35", "s": 24, "linewidths": 1.0, "clip_on": False, "zorder": 4}
        axes.scatter(lost, [0.0] * len(lost), marker="x", transform=at_the_foot, **style)
        axes.scatter([], [], marker="x", color="0.35", s=24, linewidths=1.0, label="no value")
    style_axes(axes, "trial", facts.objective)
    _range(axes, facts, trials)
    axes.grid(alpha=0.25)
    axes.set_xlim(-0.5, max(len(trials) - 0.5, 1.5))
    axes.xaxis.get_major_locator().set_params(integer=True)
    _legend(figure, [axes])
    return figure


def _draw_best(axes: Any, facts: StudyFacts, trials: Sequence[TrialRecord]) -> None:
    """The best value so far, as steps."""
    steps: list[tuple[float, float]] = []
    for count in range(1, len(trials) + 1):
        best = best_of(trials[:count], higher_is_better=facts.higher_is_better)
        if best is not None and best.value is not None:
            steps.append((count - 1.0, best.value))
    if steps:
        numbers, values = zip(*steps, strict=True)
        style = {"color": BEST, "linewidth": 1.6, "zorder": 2}
        axes.step(numbers, values, where="post", label="best so far", **style)


def _draw_trials(
    axes: Any,
    facts: StudyFacts,
    trials: Sequence[TrialRecord],
    place: Callable[[TrialRecord], float | None],
) -> None:
    """A dot per trial, styled by its state; the first and the best are marked.

    place: a trial's horizontal place; None to leave it out.
    """
    best = best_of(trials, higher_is_better=facts.higher_is_better)
    first = [trial for trial in trials if trial.number == 0]
    others = [trial for trial in trials if trial.number and _has_value(trial)]
    ended = [trial for trial in others if trial.state == COMPLETED]
    rest = [trial for trial in others if trial.state != COMPLETED]
    dots = {"s": 20, "zorder": 3}
    kinds: list[tuple[str, Sequence[TrialRecord], dict[str, Any]]] = [
        ("completed", ended, {"color": NETWORK, "linewidths": 0, **dots}),
        ("pruned or diverged", rest, {"facecolors": "white", "edgecolors": NETWORK, **dots}),
        ("as given", first, {"color": GIVEN, "marker": "D", "linewidths": 0, "s": 30, "zorder": 4}),
        (
            "best",
            [best] if best else [],
            {"facecolors": "none", "edgecolors": BEST, "s": 90, "linewidths": 1.6, "zorder": 5},
        ),
    ]
    for label, some, style in kinds:
        points = [(place(trial), trial.value) for trial in some if _has_value(trial)]
        points = [point for point in points if point[0] is not None]
        if points:
            axes.scatter(*zip(*points, strict=True), label=label, **style)


def _has_value(trial: TrialRecord) -> bool:
    return trial.value is not None and bool(np.isfinite(trial.value))


def _range(axes: Any, facts: StudyFacts, trials: Sequence[TrialRecord]) -> None:
    values = np.array([trial.value for trial in trials if _has_value(trial)], dtype=float)
    show_range(axes.yaxis, [values], is_score=facts.higher_is_better)


# ---- trials against each key


def _space(facts: StudyFacts, trials: Sequence[TrialRecord], space: Space) -> Any:
    keys = space.columns
    across = min(PANELS_PER_ROW, len(keys))
    down = -(-len(keys) // across)
    figure = new_figure(max(PANEL_INCHES[0] * across, 4.5), PANEL_INCHES[1] * down + 0.3)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for place, (axes, key) in enumerate(zip(panels, keys, strict=False)):
        style_axes(axes, short(key, 34), facts.objective if place % across == 0 else "")
        if any(isinstance(each, Choice) for each in space.dimensions if each.column == key):
            _draw_strips(axes, facts, trials, key, space)
        else:
            _draw_numbers(axes, facts, trials, key, space)
        _range(axes, facts, trials)
        axes.grid(alpha=0.25, axis="y")
    for axes in panels[len(keys) :]:
        axes.set_axis_off()
    _legend(figure, panels)
    return figure


def _legend(figure: Any, panels: Sequence[Any]) -> None:
    """One legend for all panels, above them."""
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    style = {"frameon": False, "fontsize": 8, "columnspacing": 1.0, "handletextpad": 0.3}
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=6, **style)


def _draw_numbers(
    axes: Any, facts: StudyFacts, trials: Sequence[TrialRecord], key: str, space: Space
) -> None:
    ranges = [e.range for e in space.dimensions if isinstance(e, Numeric) and e.column == key]
    if any(each.log for each in ranges):
        axes.set_xscale("log")
    _draw_trials(axes, facts, trials, lambda t: float(t.keys[key]) if t.keys.get(key) else None)
    low, high = min(each.low for each in ranges), max(each.high for each in ranges)
    if axes.get_xscale() == "log":
        margin = (high / low) ** 0.04
        axes.set_xlim(low / margin, high * margin)
        log_ticks(axes.xaxis)
    elif high > low:
        axes.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))


def _draw_strips(
    axes: Any, facts: StudyFacts, trials: Sequence[TrialRecord], key: str, space: Space
) -> None:
    """A strip of dots per option, with horizontal jitter if an option has several."""
    choices = [e for e in space.dimensions if isinstance(e, Choice) and e.column == key]
    names = list(dict.fromkeys(label for each in choices for label in each.labels))
    jitter = np.random.default_rng(0).uniform(-0.18, 0.18, len(trials))
    counts = Counter(trial.keys.get(key) for trial in trials)

    def place(trial: TrialRecord) -> float | None:
        text = trial.keys.get(key)
        shift = float(jitter[trial.number]) if counts[text] > 1 else 0.0
        return names.index(text) + shift if text in names else None

    _draw_trials(axes, facts, trials, place)
    axes.set_xlim(-0.5, len(names) - 0.5)
    shown = [
        short(name, MAX_NAME_LETTERS if len(names) > 2 else 2 * MAX_NAME_LETTERS) for name in names
    ]
    turned = {"rotation": 30, "ha": "right"} if sum(map(len, shown)) > 3 * MAX_NAME_LETTERS else {}
    if len(names) > MAX_NAMED_OPTIONS:
        shown = [str(place) for place in range(len(names))]
        turned = {}
    axes.set_xticks(range(len(names)), shown, parse_math=False, fontsize=8, **turned)


# ---- runs


def _runs(facts: StudyFacts, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> Any:
    figure = new_figure(6.4, 4.0)
    axes = figure.subplots()
    metric, is_train = metric_of(facts.objective), facts.objective.startswith(TRIAL_TRAIN)
    wanted = metric if is_train else VAL + metric
    there = {name for columns in curves.values() for name in columns}
    column = wanted if wanted in there else metric
    runs = list(curves.values())
    for place, each in enumerate(each for each in runs if column in each):
        label = "one run" if place == 0 else None
        axes.plot(each["epoch"], each[column], color="0.55", linewidth=0.7, label=label)
    epochs, low, mean, high = band(runs, column)
    style = {"marker": "o" if len(epochs) < 3 else None, "markersize": 3}
    fill = {"color": NETWORK, "alpha": 0.18, "linewidth": 0, "zorder": 1}
    axes.fill_between(epochs, low, high, label="minimum to maximum", **fill)
    axes.plot(epochs, mean, color=NETWORK, linewidth=1.8, label="mean of the runs", **style)
    style_axes(axes, "epoch", column)
    show_range(axes.yaxis, [low, high], is_score=facts.higher_is_better)
    axes.grid(alpha=0.25)
    axes.margins(x=0.02)
    legend(axes)
    return figure
