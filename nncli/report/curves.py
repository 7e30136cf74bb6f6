"""Curves: metrics.csv as charts that a page has room for."""

import math
from collections.abc import Mapping, Sequence

from nncli.artifacts.curves_figure import GRADIENT_PREFIX, Curves
from nncli.engine.metric_columns import TRAIN, VAL
from nncli.report.facts import Chart, Line

MOST_POINTS = 200  # of a curve
MOST_METRICS = 8
MOST_LINES = 10
SKIPPED = ("epoch", "seconds", "learning_rate")


def charts_of(curves: Curves) -> tuple[Chart, ...]:
    """One run's: each metric, training and validation."""
    metrics = _metrics([curves.columns], curves.columns)[:MOST_METRICS]
    return tuple(_chart(curves, metric) for metric in metrics)


def _metrics(
    several: Sequence[Mapping[str, Sequence[float]]], first: Mapping[str, object]
) -> list[str]:
    """The loss first; none twice under another name, as log_loss often is the loss."""
    shown = [name for name in first if name not in SKIPPED and not name.startswith(GRADIENT_PREFIX)]
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
    """A column at evenly spaced epochs, the best one and both ends among them."""
    points, best_of = curves.points(column), curves.best_of(column)
    epochs, values = [*points], [*points.values()]
    last = len(epochs) - 1
    steps = min(last, MOST_POINTS - 2)
    chosen = {round(last * step / steps) for step in range(steps + 1)} if steps else {0}
    best = epochs.index(best_of[0]) if best_of is not None else None
    places = sorted(chosen | ({best} if best is not None else set()))
    at = places.index(best) if best is not None else None
    if at is not None and not math.isfinite(values[places[at]]):
        at = None
    return Line(name, tuple(epochs[p] for p in places), tuple(values[p] for p in places), at)


def overlaid(several: Sequence[Curves], scores: Sequence[str]) -> tuple[Chart, ...]:
    """Several runs': each metric that one has, on validation rows where there are any."""
    found = [curves for curves in several if curves.columns]
    if not found:
        return ()
    first = found[0].columns
    metrics = _metrics([curves.columns for curves in found], first)
    charts = []
    for metric in metrics[:MOST_METRICS]:
        column = VAL + metric if VAL + metric in first else metric
        lines = [line(each.name, each, column) for each in found if column in each.columns]
        left_out = max(len(lines) - MOST_LINES, 0)
        charts.append(Chart(column, tuple(lines[:MOST_LINES]), metric in scores, True, left_out))
    return tuple(charts)
