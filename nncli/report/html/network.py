"""The section on the network: a drawing and a table of its layers."""

from itertools import pairwise
from typing import NamedTuple

from nncli.page.markup import Markup, join, tag
from nncli.report.facts import LayerFacts, NetworkFacts
from nncli.report.html.charts import SIDE
from nncli.report.html.explanations import explanation
from nncli.report.html.tables import rest, scrolling, table

MAX_DRAWN_LAYERS = 12  # layers
MAX_LAYERS = 40  # of the table
MAX_UNITS = 8  # of a layer

Places = list[tuple[int, int]]  # of units, in a drawing


def network(facts: NetworkFacts) -> Markup:
    """The section: drawing, then table."""
    header = ["layer", "what", "units", "parameters"]
    shown = facts.layers[:MAX_LAYERS]
    rows = [["input", "", f"{facts.inputs:,}", ""], *map(_row, shown)]
    keys = [join(tag("dt", key), tag("dd", value)) for key, value in facts.keys]
    return join(
        explanation("model"),
        drawing(facts),
        table(header, rows, label="Layers", kind="numbers layers"),
        rest(len(facts.layers) - len(shown), "layer"),
        tag("p", f"{facts.parameters:,} parameters are trained."),
        tag("dl", *keys),
    )


def _row(layer: LayerFacts) -> list[str]:
    frozen = f" ({layer.frozen})" if layer.frozen else ""
    return [layer.name, layer.what, f"{layer.units:,}", f"{layer.parameters:,}{frozen}"]


def drawing(facts: NetworkFacts) -> Markup:
    """Units as dots joined by lines; layers without weights are named below the previous one."""
    columns = _columns(facts)
    shown = columns[:MAX_DRAWN_LAYERS]
    places = [_places(i, len(shown), column.units) for i, column in enumerate(shown)]
    told = ", ".join(f"{column.name} {column.units}" for column in shown)
    svg = tag(
        "svg",
        tag("path", class_="joined", d=_lines(places)),
        tag("path", class_="units", d="".join(f"M{x} {y}h0" for each in places for x, y in each)),
        tag("path", class_="gaps", d=_gaps(places, shown)),
        viewBox=f"0 0 {SIDE} {SIDE}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"network: {told}",
    )
    labels = [
        tag("div", tag("b", c.name), tag("span", f"{c.units:,}"), *(tag("span", w) for w in c.what))
        for c in shown
    ]
    inside = tag("div", svg, *labels, class_="network", style=f"--n:{len(shown)}")
    return join(scrolling(inside, "The network, drawn"), rest(len(columns) - len(shown), "layer"))


class _Column(NamedTuple):
    """A column of drawn units.  what: the layers that compute them."""

    name: str
    units: int
    what: list[str]


def _columns(facts: NetworkFacts) -> list[_Column]:
    columns = [_Column("input", facts.inputs, [])]
    for layer in facts.layers:
        if layer.has_weights:
            columns.append(_Column(layer.name, layer.units, [layer.what]))
        else:
            columns[-1].what.append(f"+ {layer.what.split(' (')[0]}")
    return columns


def _lines(places: list[Places]) -> str:
    """The path data of lines from each unit to each of the next layer."""
    return "".join(
        f"M{x1} {y1}L{x2} {y2}"
        for before, after in pairwise(places)
        for x1, y1 in before
        for x2, y2 in after
    )


def _gaps(places: list[Places], columns: list[_Column]) -> str:
    """The path data of the three small dots that stand for the units not drawn."""
    return "".join(
        f"M{units[0][0]} {(units[3][1] + units[4][1]) // 2 + apart}h0"
        for units, column in zip(places, columns, strict=True)
        if column.units > MAX_UNITS
        for apart in (-22, 0, 22)
    )


def _places(column: int, columns: int, units: int) -> Places:
    """The positions of a layer's units: all, or the first four and the last three."""
    x = round(SIDE * (column + 0.5) / columns)
    count = min(units, MAX_UNITS)
    step = min(SIDE / max(count, 1), 160)
    top = SIDE / 2 - step * (count - 1) / 2
    ys = [round(top + step * place) for place in range(count)]
    return [(x, y) for place, y in enumerate(ys) if units <= MAX_UNITS or place != 4]
