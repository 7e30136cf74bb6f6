"""The data, column by column, and the network, drawn."""

from itertools import pairwise

from nncli.page.markup import Markup, join, tag
from nncli.report.facts import ColumnFacts, DataFacts, LayerFacts, NetworkFacts, TargetFacts
from nncli.report.html.charts import SIDE, histogram
from nncli.report.html.reading import reading
from nncli.report.html.tables import scrolling, table
from nncli.report.words import more

SHOWN_WORDS = 4
MOST_CLASSES = 12
MOST_DRAWN = 12  # layers
MOST_LAYERS = 40  # of the table
MOST_UNITS = 8  # of a layer


def data(facts: DataFacts) -> Markup:
    """What the training rows hold."""
    rows = ", ".join(f"{count:,} {name}" for name, count in facts.rows.items())
    total = sum(facts.rows.values())
    said = f"{facts.source}: {total:,} rows ({rows}), {facts.of_columns:,} features. SHA-256 "
    columns = [[_name(c), _missing(c), _values(c)] for c in facts.columns]
    header = [f"feature, in {facts.rows['train']:,} training rows", "missing", "values"]
    return join(
        reading("data"),
        tag("p", said, tag("code", facts.sha256[:16]), "…"),
        *(_target(target, facts) for target in facts.targets),
        _rest(facts.of_targets - len(facts.targets), "target"),
        table(header, columns, label="Features", kind="columns"),
        _rest(facts.of_columns - len(facts.columns), "feature"),
        _left_out(facts),
    )


def _rest(count: int, what: str) -> Markup | None:
    return tag("p", said, class_="note") if (said := more(count, what)) else None


def _name(column: ColumnFacts) -> Markup:
    return join(tag("span", column.name, class_="name"), " ", tag("small", column.kind))


def _missing(column: ColumnFacts) -> Markup | str:
    if not column.missing:
        return "-"
    fill = tag("small", f" filled with {column.fill}") if column.fill else None
    return join(f"{column.missing:,}", fill)


def _values(column: ColumnFacts) -> Markup | str:
    if column.histogram is not None:
        found = column.histogram
        about = f"histogram from {found.low} to {found.high}"
        return join(histogram(found.counts, about), tag("small", f"{found.low} to {found.high}"))
    shown = [f"{word} {count:,}" for word, count in column.counts[:SHOWN_WORDS]]
    rest = column.of_categories - len(shown)
    said = " · ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")
    bars = histogram([count for _, count in column.counts], "rows of each category")
    return join(bars, tag("small", said))


def _target(target: TargetFacts, facts: DataFacts) -> Markup:
    """What is predicted: its classes with their rows, or its range."""
    if target.histogram is not None:
        found = target.histogram
        about = f"histogram from {found.low} to {found.high}"
        line = tag("span", "target ", tag("b", target.name), f", {found.low} to {found.high}")
        return tag("div", line, histogram(found.counts, about), class_="target")
    parts = [name for name in facts.rows if name in target.counts]
    order = sorted(range(len(target.words)), key=lambda i: -target.counts["train"][i])
    shown = sorted(order[:MOST_CLASSES])
    rows = [[target.words[i], *(f"{target.counts[part][i]:,}" for part in parts)] for i in shown]
    made = table(
        [f"target {target.name}", *parts], rows, label="Rows of each class", kind="numbers"
    )
    return join(made, _rest(len(target.words) - len(shown), "class"))


def _left_out(facts: DataFacts) -> Markup | None:
    if not facts.left_out:
        return None
    items = [tag("li", tag("b", name), f": {why}" if why else "") for name, why in facts.left_out]
    rest = facts.of_left_out - len(items)
    others = [tag("li", f"and {rest:,} more")] if rest else []
    return join(tag("h3", "Columns left out"), tag("ul", *items, *others))


# ---- the network


def network(facts: NetworkFacts) -> Markup:
    """Its layers drawn, then as a table."""
    header = ["layer", "what", "units", "parameters"]
    shown = facts.layers[:MOST_LAYERS]
    rows = [["input", "", f"{facts.inputs:,}", ""], *map(_row, shown)]
    keys = [join(tag("dt", key), tag("dd", value)) for key, value in facts.keys]
    return join(
        reading("model"),
        drawing(facts),
        table(header, rows, label="Layers", kind="numbers layers"),
        _rest(len(facts.layers) - len(shown), "layer"),
        tag("p", f"{facts.parameters:,} parameters are trained."),
        tag("dl", *keys),
    )


def _row(layer: LayerFacts) -> list[str]:
    frozen = f" ({layer.frozen})" if layer.frozen else ""
    return [layer.name, layer.what, f"{layer.units:,}", f"{layer.parameters:,}{frozen}"]


def drawing(facts: NetworkFacts) -> Markup:
    """Units as dots, joined by lines; layers without weights are named below the one before."""
    columns: list[tuple[str, int, list[str]]] = [("input", facts.inputs, [])]
    for layer in facts.layers:
        if layer.has_weights:
            columns.append((layer.name, layer.units, [layer.what]))
        else:
            columns[-1][2].append(f"+ {layer.what.split(' (')[0]}")
    left_out = len(columns) - MOST_DRAWN
    columns = columns[:MOST_DRAWN]
    places = [_places(i, len(columns), units) for i, (_, units, _) in enumerate(columns)]
    joined = "".join(
        f"M{x1} {y1}L{x2} {y2}"
        for before, after in pairwise(places)
        for x1, y1 in before
        for x2, y2 in after
    )
    units = "".join(f"M{x} {y}h0" for column in places for x, y in column)
    gaps = "".join(
        f"M{column[0][0]} {y}h0"
        for column, (_, count, _) in zip(places, columns, strict=True)
        if count > MOST_UNITS
        for y in (_gap(column) - 22, _gap(column), _gap(column) + 22)
    )
    svg = tag(
        "svg",
        tag("path", class_="joined", d=joined),
        tag("path", class_="units", d=units),
        tag("path", class_="gaps", d=gaps),
        viewBox=f"0 0 {SIDE} {SIDE}",
        preserveAspectRatio="none",
        role="img",
        aria_label="network: " + ", ".join(f"{name} {count}" for name, count, _ in columns),
    )
    labels = [
        tag("div", tag("b", name), tag("span", f"{count:,}"), *(tag("span", w) for w in what))
        for name, count, what in columns
    ]
    inside = tag("div", svg, *labels, class_="network", style=f"--n:{len(columns)}")
    return join(scrolling(inside, "The network, drawn"), _rest(left_out, "layer"))


def _places(column: int, columns: int, units: int) -> list[tuple[int, int]]:
    """Where the units of a layer are drawn: all, or the first four and the last three."""
    x = round(SIDE * (column + 0.5) / columns)
    count = min(units, MOST_UNITS)
    step = min(SIDE / max(count, 1), 160)
    top = SIDE / 2 - step * (count - 1) / 2
    ys = [round(top + step * place) for place in range(count)]
    return [(x, y) for place, y in enumerate(ys) if units <= MOST_UNITS or place != 4]


def _gap(column: list[tuple[int, int]]) -> int:
    return (column[3][1] + column[4][1]) // 2
