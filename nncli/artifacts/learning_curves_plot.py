"""The figure of learning curves: one run by split, several runs by colour."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from nncli.artifacts.curve_bands import show_epochs
from nncli.artifacts.figure_style import legend, new_figure, style_axes, truncate_middle
from nncli.artifacts.number_ticks import log_ticks, needs_log_axis, number_ticks
from nncli.artifacts.palette import COLORS, TRAIN, VALIDATION, rainbow
from nncli.engine.metric_columns import GRADIENT_NORM, VAL
from nncli.errors import escaped
from nncli.frozen import frozen

UNRANKED = ("learning_rate", "seconds")  # columns without a best value
MAX_INSIDE = 3  # runs whose legend is inside the axes
MAX_NAMES = 24  # runs in the legend
MAX_LETTERS = 40  # of a run's name
MAX_LARGE_NAMES = 12  # more runs get a smaller font


@frozen
class Curves:
    """One run's metrics.csv, with labels.

    loss: its name and unit, as `cross_entropy, nats per row`.
    best_epoch: the run's best by `monitor` and `min_delta`.
    scores: the metrics for which higher is better.
    best_values: the metrics of best_epoch, which may have no row in the log.
    """

    name: str
    columns: Mapping[str, Sequence[float]]
    loss: str
    best_epoch: int | None
    monitor: str = "loss"
    min_delta: float = 0.0
    scores: Sequence[str] = ()
    best_values: Mapping[str, float] = field(default_factory=dict)

    def is_by_steps(self, column: str) -> bool:
        """Whether a new best of the column needed an improvement by min_delta."""
        return column == self.monitor and bool(self.min_delta)

    def points(self, column: str) -> dict[int, float]:
        """A column's value by epoch, including the best epoch."""
        rows = zip(self.columns["epoch"], self.columns[column], strict=True)
        known = {int(epoch): value for epoch, value in rows}
        if self.best_epoch is not None and column in self.best_values:
            known.setdefault(self.best_epoch, self.best_values[column])
        return dict(sorted(known.items()))

    def best_of(self, column: str) -> tuple[int, float] | None:
        """(epoch, value) of a column's best; for the monitor, at the run's own best epoch.

        None if the run has no best epoch, or the value is unknown.
        """
        if self.best_epoch is None:
            return None
        known = self.points(column)
        if column == self.monitor:
            value = known.get(self.best_epoch)
            return None if value is None else (self.best_epoch, value)
        sign = -1.0 if column.removeprefix(VAL) in self.scores else 1.0
        finite = [(sign * value, epoch) for epoch, value in known.items() if math.isfinite(value)]
        return (min(finite)[1], known[min(finite)[1]]) if finite else None


def curves_figure(runs: Sequence[Curves], metric: str, is_log: bool | None = None) -> Any:
    """Plot `metric` of every run over epochs."""
    is_alone, beside = len(runs) == 1, len(runs) > MAX_INSIDE
    figure = new_figure(9.6 if beside else 6.4, 4.0)
    axes = figure.subplots()
    count = len(runs)
    colors = COLORS if count <= len(COLORS) else rainbow(count)
    for place, (run, color) in enumerate(zip(runs, colors, strict=False)):
        # later runs are thinner, so that equal curves all show
        width = 1.2 + 2.4 * (1 - (place + 1) / count)
        like = next((each.name for each in runs[:place] if _is_equal(each, run, metric)), None)
        _draw_run(axes, run, metric, color, width, is_alone=is_alone, like=like)
    if not is_alone:
        _explain_styles(axes, runs, metric)
    number_ticks(axes.xaxis, integer=True)
    style_axes(axes, "epoch", _label(runs, metric))
    _set_scales(axes, runs, metric, is_log)
    axes.grid(alpha=0.25)
    axes.margins(x=0.02)
    if is_alone:
        axes.set_title(escaped(runs[0].name), loc="left", fontsize=11, parse_math=False)
    _name_lines(axes, count, beside=beside)
    return figure


def _set_scales(axes: Any, runs: Sequence[Curves], metric: str, is_log: bool | None) -> None:
    if log_suits(runs, metric) if is_log is None else is_log:
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
    show_epochs(axes, [run.columns["epoch"][-1] for run in runs if len(run.columns["epoch"])])


def has_best(metric: str) -> bool:
    """Whether a metric has a best value."""
    return metric not in UNRANKED and not metric.startswith(GRADIENT_NORM)


def log_suits(runs: Sequence[Curves], metric: str) -> bool:
    """Whether a loss spans so wide a range that it needs a logarithmic axis."""
    if not has_best(metric) or any(metric in run.scores for run in runs):
        return False
    values = [value for run in runs for column in _columns(run, metric) for value in column]
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and needs_log_axis(min(finite), max(finite))


def _is_equal(run: Curves, other: Curves, metric: str) -> bool:
    """Whether two runs have the same curves."""
    columns = [[list(each) for each in _columns(one, metric)] for one in (run, other)]
    return columns[0] == columns[1]


def _columns(run: Curves, metric: str) -> list[Sequence[float]]:
    return [run.columns[name] for name in (metric, VAL + metric) if name in run.columns]


# ---- lines


def _draw_run(
    axes: Any,
    run: Curves,
    metric: str,
    color: str,
    width: float,
    *,
    is_alone: bool,
    like: str | None,
) -> None:
    """Draw train solid and validation dashed; a single run has a colour per split.

    like: the name of an earlier run with the same curves.
    """
    epochs, is_judged = run.columns["epoch"], has_best(metric)
    styles = [(metric, "train", "-", TRAIN), (VAL + metric, "validation", "--", VALIDATION)]
    drawn = [each for each in styles if each[0] in run.columns]
    best = _best(run, drawn[-1][0]) if drawn and is_judged else None
    for place, (column, label, style, own) in enumerate(drawn):
        if not is_judged:
            label = metric
        if not is_alone:
            label = "" if place else run_label(run, best, like)
        points = run.points(column)
        axes.plot(
            [*points],
            [*points.values()],
            style,
            color=own if is_alone else color,
            linewidth=1.6 if is_alone else width * (1.0 if style == "-" else 0.8),
            marker="o" if len(epochs) < 3 else None,
            markersize=3,
            label=label or "_",  # which matplotlib leaves out of a legend
        )
    if best is not None:
        column, epoch, value = best
        label = f"best {_by(run, column)}: epoch {epoch}, {value:.4g}" if is_alone else "_"
        ring = drawn[-1][3] if is_alone else color
        axes.plot(epoch, value, "o", color=ring, fillstyle="none", label=label)


def _best(run: Curves, column: str) -> tuple[str, int, float] | None:
    """(column, epoch, value) of a curve's best; None if unknown."""
    best = run.best_of(column)
    return None if best is None else (column, *best)


def _by(run: Curves, column: str) -> str:
    """A column's name, with min_delta if it applies."""
    return f"{column} (min_delta {run.min_delta:g})" if run.is_by_steps(column) else column


# ---- words


def run_label(run: Curves, best: tuple[str, int, float] | None, like: str | None) -> str:
    """A run's legend label among several runs."""
    name = truncate_middle(run.name, MAX_LETTERS).lstrip("_")  # matplotlib hides labels in _
    if like is not None:
        return f"{name}  the same as {truncate_middle(like, MAX_LETTERS)}"
    return name if best is None else f"{name}  {best[2]:.4g} at {best[1]:,}"


def _explain_styles(axes: Any, runs: Sequence[Curves], metric: str) -> None:
    """Explain the line styles and the best marker once for all runs."""
    grey: dict[str, Any] = {"color": "0.35", "linewidth": 1.4}
    axes.plot([], [], "-", label="train" if has_best(metric) else metric, **grey)
    if any(VAL + metric in run.columns for run in runs):
        axes.plot([], [], "--", label="validation", **grey)
    if has_best(metric):
        axes.plot([], [], "o", color="0.35", fillstyle="none", label="best, at epoch")


def _name_lines(axes: Any, runs: int, *, beside: bool) -> None:
    """Draw the legend: up to MAX_NAMES runs, and the number of the others."""
    handles, names = axes.get_legend_handles_labels()
    if (more := runs - MAX_NAMES) > 0:
        handles = [*handles[:MAX_NAMES], *handles[runs:]]
        names = [*names[:MAX_NAMES], *names[runs:-1], f"{names[-1]} (and {more:,} more runs)"]
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
    legend(
        axes, handles=handles, labels=names, fontsize=6 if runs > MAX_LARGE_NAMES else 9, **place
    )


def _label(runs: Sequence[Curves], metric: str) -> str:
    if metric != "loss":
        return escaped(metric)
    names = {run.loss for run in runs}
    if len(names) > 1:
        return "loss"
    return f"loss ({names.pop()})"


def alt_text(runs: Sequence[Curves], metric: str) -> str:
    """The figure's alternative text: first, last and best value of each run."""
    said = []
    for run in runs[:MAX_NAMES]:
        columns = [name for name in (metric, VAL + metric) if name in run.columns]
        parts = [
            f"{name} from {run.columns[name][0]:.4g} to {run.columns[name][-1]:.4g}"
            for name in columns
            if len(run.columns[name])
        ]
        best = _best(run, columns[-1]) if columns and has_best(metric) else None
        parts += [f"best {best[0]} {best[2]:.4g} at epoch {best[1]}"] if best else []
        said.append(f"{run.name}: {', '.join(parts)}")
    return f"Learning curves over epochs. {'; '.join(said)}"
