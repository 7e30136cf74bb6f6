"""The section on the data, by column."""

from nncli.page.markup import Markup, join, tag
from nncli.report.facts import ColumnFacts, DataFacts, TargetFacts
from nncli.report.html.charts import histogram
from nncli.report.html.explanations import explanation
from nncli.report.html.tables import rest, table

MAX_CATEGORIES = 4
MAX_CLASSES = 12


def data(facts: DataFacts) -> Markup:
    """The section on targets, features and columns left out."""
    rows = ", ".join(f"{count:,} {name}" for name, count in facts.rows.items())
    total = sum(facts.rows.values())
    said = f"{facts.source}: {total:,} rows ({rows}), {facts.of_columns:,} features. SHA-256 "
    columns = [[_name(c), _missing(c), _values(c)] for c in facts.columns]
    header = [f"feature, in {facts.rows['train']:,} training rows", "missing", "values"]
    return join(
        explanation("data"),
        tag("p", said, tag("code", facts.sha256[:16]), "…"),
        *(_target(target, facts) for target in facts.targets),
        rest(facts.of_targets - len(facts.targets), "target"),
        table(header, columns, label="Features", kind="columns"),
        rest(facts.of_columns - len(facts.columns), "feature"),
        _left_out(facts),
    )


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
    if not column.counts:
        return ""
    shown = [f"{word} {count:,}" for word, count in column.counts[:MAX_CATEGORIES]]
    others = column.of_categories - len(shown)
    said = " · ".join(shown) + (f" and {others:,} more" if others > 0 else "")
    bars = histogram([count for _, count in column.counts], "rows of each category")
    return join(bars, tag("small", said))


def _target(target: TargetFacts, facts: DataFacts) -> Markup:
    """A target: the counts of its classes, or its range."""
    if target.histogram is not None:
        found = target.histogram
        about = f"histogram from {found.low} to {found.high}"
        line = tag("span", "target ", tag("b", target.name), f", {found.low} to {found.high}")
        return tag("div", line, histogram(found.counts, about), class_="target")
    parts = [name for name in facts.rows if name in target.counts]
    order = sorted(range(len(target.words)), key=lambda i: -target.counts["train"][i])
    shown = sorted(order[:MAX_CLASSES])
    rows = [[target.words[i], *(f"{target.counts[part][i]:,}" for part in parts)] for i in shown]
    made = table(
        [f"target {target.name}", *parts], rows, label="Rows of each class", kind="numbers"
    )
    return join(made, rest(len(target.words) - len(shown), "class"))


def _left_out(facts: DataFacts) -> Markup | None:
    if not facts.left_out:
        return None
    items = [tag("li", tag("b", name), f": {why}" if why else "") for name, why in facts.left_out]
    count = facts.of_left_out - len(items)
    others = [tag("li", f"and {count:,} more")] if count else []
    return join(tag("h3", "Columns left out"), tag("ul", *items, *others))
