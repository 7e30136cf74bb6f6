"""Learning curves: a panel per metric and scale of the axis, linear or logarithmic."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nncli.artifacts.number_ticks import needs_log_axis
from nncli.page.markup import Markup, join, tag
from nncli.report.facts import Chart
from nncli.report.html.charts import Curve, legend, lines
from nncli.report.html.scale import Scale


def learning_curves(charts: Sequence[Chart]) -> Markup:
    """All panels; the script shows the chosen one, without it the first is visible."""
    panels = [panel for number, chart in enumerate(charts) for panel in _panels(number, chart)]
    choices = [tag("option", chart.metric, value=number) for number, chart in enumerate(charts)]
    controls = tag(
        "div",
        tag("label", "metric ", tag("select", *choices, id="metric")),
        tag("label", tag("input", type="checkbox", id="log"), " logarithmic axis"),
        class_="controls",
        id="controls",
        hidden=True,
    )
    readout = tag("p", class_="readout", id="readout", aria_live="polite")
    return join(controls, *panels, readout)


def _panels(number: int, chart: Chart) -> list[Markup]:
    values = [v for line in chart.lines for v in line.values if math.isfinite(v)]
    if not values:
        said = tag("p", f"{chart.metric} has no finite value.", class_="note")
        return [tag("div", said, class_="panel", data_metric=number, hidden=number > 0)]
    low, high = min(values), max(values)
    is_wide = needs_log_axis(low, high) and not chart.is_score
    axes = [False, True] if 0 < low < high else [False]
    return [
        tag(
            "div",
            legend(
                [
                    (line.name, place, _is_dashed(place, chart.are_runs))
                    for place, line in enumerate(chart.lines)
                ]
            ),
            _drawn(chart, is_log),
            _rest(chart),
            class_="panel",
            data_metric=number,
            data_log=int(is_log),
            data_default=int(is_log == is_wide),
            hidden=number > 0 or is_log != is_wide,
        )
        for is_log in axes
    ]


def _rest(chart: Chart) -> Markup | None:
    if not chart.left_out:
        return None
    return tag("p", f"{chart.left_out:,} more runs are not drawn.", class_="note")


def _is_dashed(place: int, are_runs: bool) -> bool:
    return place % 2 == 1 if not are_runs else place >= 6


def _drawn(chart: Chart, is_log: bool) -> Markup:
    curves = [
        Curve(
            line.name, line.epochs, line.values, place, _is_dashed(place, chart.are_runs), line.best
        )
        for place, line in enumerate(chart.lines)
    ]
    epochs = [epoch for line in chart.lines for epoch in line.epochs]
    values = [value for line in chart.lines for value in line.values]
    ends = [f"{line.name} ends at {line.values[-1]:.4g}" for line in chart.lines]
    return lines(
        curves,
        replace(Scale.of(epochs, has_margin=False), is_whole=True),
        Scale.of(values, is_log=is_log),
        names=("epoch", chart.metric),
        about=f"{chart.metric} over epochs: {'; '.join(ends)}",
        kind="curves",
    )


def points(charts: Sequence[Chart]) -> list[dict[str, Any]]:
    """The data for the script's read-out: each line's epochs and rounded values."""
    return [
        {
            "metric": chart.metric,
            "lines": [
                {
                    "name": line.name,
                    "epochs": [int(epoch) for epoch in line.epochs],
                    "values": [_short(value) for value in line.values],
                }
                for line in chart.lines
            ],
        }
        for chart in charts
    ]


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None
