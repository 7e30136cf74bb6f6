"""The section on influence: importance as bars, partial dependence as curves and strips."""

from dataclasses import replace

import numpy as np

from nncli.influence.importance import Importance
from nncli.influence.influence import Influence
from nncli.influence.partial_dependence import PartialDependence
from nncli.page.markup import Markup, join, tag
from nncli.report.html.charts import Curve, bar, figure, legend, lines, side_by_side, strip
from nncli.report.html.explanations import explanation
from nncli.report.html.scale import SPAN, Scale, short_number
from nncli.report.shared_text import about, correlated, more

MAX_OUTPUTS = 6  # curves in a chart
HALF = 0.5  # probability curves above it get an axis up to 1


def influence(found: Influence, task: str) -> Markup:
    """The section: importance of every column, and dependence on the most important ones."""
    return join(
        explanation("influence"),
        figure(
            f"Permutation importance: increase of {found.importance.measure}",
            _bars(found.importance),
        ),
        tag("p", about(found.importance), class_="note"),
        tag("p", correlated(found)) if found.correlated else None,
        tag("h3", "How predictions change along a column"),
        *_dependence(found, task),
    )


def _bars(found: Importance) -> Markup:
    top = max((c.mean + c.deviation for c in found.columns), default=1.0)
    top = top if top > 0 else 1.0
    rows = [
        tag(
            "li",
            tag("span", column.name, class_="name"),
            bar(
                (column.mean - column.deviation) / top,
                column.mean / top,
                (column.mean + column.deviation) / top,
            ),
            tag(
                "span",
                f"{short_number(column.mean)} ± {short_number(column.deviation, 1)}",
                class_="value",
            ),
            class_=None if column.is_clear else "unclear",
        )
        for column in found.columns
    ]
    return tag("ol", *rows, class_="importance")


def _dependence(found: Influence, task: str) -> list[Markup]:
    chosen = _outputs(found, task)
    names = [found.outputs[place] for place in chosen]
    is_share = task != "regression"
    what = "mean probability" if is_share else f"mean {names[0]}"
    if is_share and len(chosen) == 1:
        what = f"mean probability of {names[0]}"
    parts = []
    if len(chosen) > 1:
        parts.append(legend([(name, place, False) for place, name in enumerate(names)]))
    means = [v for each in found.dependence for v in each.means[:, chosen].ravel().tolist()]
    scale = Scale.of([0.0, *means]) if is_share else Scale.of(means)
    if is_share and max(means, default=1.0) > HALF:
        scale = SPAN
    drawn = [_along(each, chosen, names, scale, what) for each in found.dependence]
    parts.append(side_by_side(*drawn))
    rest = len(found.outputs) - len(chosen)
    if rest and task != "binary":
        parts.append(tag("p", more(rest, "output", "drawn"), class_="note"))
    return parts


def _outputs(found: Influence, task: str) -> list[int]:
    """The outputs to draw: of two classes the second, of more outputs those that change most."""
    if task == "binary":
        return [1]
    if task == "regression":
        return [0]
    spans = np.array([np.ptp(each.means, axis=0) for each in found.dependence]).max(axis=0)
    return sorted(np.argsort(-spans, kind="stable")[:MAX_OUTPUTS].tolist())


def _along(
    found: PartialDependence, chosen: list[int], names: list[str], y: Scale, what: str
) -> Markup:
    means = found.means[:, chosen]
    if found.categories:
        return figure(found.name, _strips(found, means, y, what))
    x = Scale.of(found.positions.tolist(), has_margin=False)
    x = replace(x, are_days=found.kind == "date")
    curves = [
        Curve(name, found.positions.tolist(), means[:, place].tolist(), place)
        for place, name in enumerate(names)
    ]
    said = f"{what} over {found.name}"
    deciles = [v for v in found.deciles.tolist() if x.low <= v <= x.high]
    drawn = lines(curves, x, y, names=("", what), about=said, rug=deciles)
    return figure(found.name, drawn)


def _strips(found: PartialDependence, means: object, y: Scale, what: str) -> Markup:
    rows = []
    for word, values in zip(found.categories, np.asarray(means).tolist(), strict=True):
        places = [(y.place(value), color) for color, value in enumerate(values)]
        said = ", ".join(f"{value:.3g}" for value in values)
        rows.append(
            tag(
                "li",
                tag("span", word, class_="name"),
                strip(places),
                tag("span", said, class_="sr"),
            )
        )
    ticks = [tag("span", label, style=f"left:{100 * place:.4g}%") for place, label in y.ticks(4)]
    axis = tag("div", *ticks, class_="x", aria_hidden="true")
    below = tag("li", tag("span"), tag("div", axis, tag("p", what, class_="x-name")))
    rest = more(found.of_categories - len(found.categories), "rarer value", "drawn")
    left_out = tag("p", rest, class_="note") if rest else None
    return join(tag("ul", *rows, below, class_="strips"), left_out)
