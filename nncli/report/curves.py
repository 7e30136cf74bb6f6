"""Curves: metrics.csv as charts with a limited number of points and lines."""

import math
from collections.abc import Mapping, Sequence

from nncli.artifacts.learning_curves_plot import Curves
from nncli.engine.metric_columns import GRADIENT_NORM, TRAIN, VAL
from nncli.report.facts import Chart, Line

MAX_POINTS = 200  # of a curve
MAX_METRICS = 8
MAX_LINES = 10
SKIPPED = ("epoch", "seconds", "learning_rate")


def charts_of(curves: Curves) -> tuple[Chart, ...]:
    """A chart per metric of one run, with training and validation lines."""
    metrics = _metrics([curves.columns], curves.columns)[:MAX_METRICS]
    return tuple(_chart(curves, metric) for metric in metrics)


def _metrics(
    several: Sequence[Mapping[str, Sequence[float]]], first: Mapping[str, object]
) -> list[str]:
    """The metrics to draw, without those equal to an earlier one: log_loss often equals loss."""
    shown = [name for name in first if name not in SKIPPED and not name.startswith(GRADIENT_NORM)]
    names = list(dict.fromkeys(name.removeprefix(VAL) for name in shown))
    kept: list[str] = []
    for name in names:
        twins = [
            other
            for other in kept
            if all(
                list(columns.get(f"{part}{name}", ())) == list(columns.get(f"{part}{other}", ()))
                for columns in several
                for part in (TRAIN, VAL)
            )
        ]
        if not twins:
            kept.append(name)
    return kept


def _chart(curves: Curves, metric: str) -> Chart:
    lines = [
        line(name, curves, column)
        for column, name in ((metric, "training"), (VAL + metric, "validation"))
        if column in curves.columns
    ]
    return Chart(metric, tuple(lines), metric in curves.scores)


def line(name: str, curves: Curves, column: str) -> Line:
    """A column at evenly spaced epochs, including the first, the last and the best one."""
    points, best_of = curves.points(column), curves.best_of(column)
    epochs, values = [*points], [*points.values()]
    last = len(epochs) - 1
    steps = min(last, MAX_POINTS - 2)
    chosen = {round(last * step / steps) for step in range(steps + 1)} if steps else {0}
    best = epochs.index(best_of[0]) if best_of is not None else None
    places = sorted(chosen | ({best} if best is not None else set()))
    at = places.index(best) if best is not None else None
    if at is not None and not math.isfinite(values[places[at]]):
        at = None
    return Line(name, tuple(epochs[p] for p in places), tuple(values[p] for p in places), at)


def overlaid(several: Sequence[Curves], scores: Sequence[str]) -> tuple[Chart, ...]:
    """A chart per metric with a line per run, on validation rows if there are any."""
    found = [curves for curves in several if curves.columns]
    if not found:
        return ()
    first = found[0].columns
    metrics = _metrics([curves.columns for curves in found], first)
    charts = []
    for metric in metrics[:MAX_METRICS]:
        column = VAL + metric if VAL + metric in first else metric
        lines = [line(each.name, each, column) for each in found if column in each.columns]
        left_out = max(len(lines) - MAX_LINES, 0)
        charts.append(Chart(column, tuple(lines[:MAX_LINES]), metric in scores, True, left_out))
    return tuple(charts)
