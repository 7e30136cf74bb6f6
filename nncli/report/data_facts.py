"""Data facts: statistics of the training rows by column."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from nncli.assembly.build import Built
from nncli.data.date_encoding import are_times
from nncli.data.fitted_columns import FittedColumn
from nncli.evaluation.formatted_numbers import number
from nncli.parts.arrays import Array
from nncli.parts.dates import moment_text
from nncli.parts.table import Table
from nncli.report.facts import ColumnFacts, DataFacts, Histogram, TargetFacts, finite

MAX_COLUMNS = 30
MAX_CATEGORIES = 12
MAX_TARGETS = 12
BINS = 20


def data_facts(built: Built, source: str) -> DataFacts:
    """The data facts of a job. source: its file or dataset, in words."""
    table, rows, fitted = built.table, built.rows, built.preprocessing
    left_out = [*table.origin.left_out.items()] if table.origin else []
    targets = _targets(table, rows.named())
    return DataFacts(
        source,
        table.sha256(),
        {name: len(part) for name, part in rows.named().items()},
        tuple(targets[:MAX_TARGETS]),
        len(targets),
        tuple(_column(table, each, rows.train) for each in fitted.columns[:MAX_COLUMNS]),
        len(fitted.columns),
        tuple(left_out[:MAX_COLUMNS]),
        len(left_out),
    )


def _column(table: Table, fitted: FittedColumn, rows: Array) -> ColumnFacts:
    if fitted.formula:
        return ColumnFacts(fitted.name, f"= {fitted.formula}", 0, "")
    values = finite(table.column(fitted.name).values[rows])
    # of all training rows; an ensemble's member was fitted on some
    missing = len(rows) - len(values)
    words = table.categories.get(fitted.name) or table.orders.get(fitted.name)
    kind: str = "ordinal" if fitted.order else fitted.kind
    if fitted.embedding:
        kind += f", vectors of {fitted.embedding}"
    if fitted.for_formulas:
        kind += ", in formulas alone"
    fill = "" if fitted.fill is None or not missing else _fill(fitted)
    if words or fitted.kind == "boolean":
        counts = _counts(values, words or ("no", "yes"))
        shown = tuple(counts[:MAX_CATEGORIES])
        return ColumnFacts(fitted.name, kind, missing, fill, None, shown, len(counts))
    return ColumnFacts(fitted.name, kind, missing, fill, histogram(values, fitted.kind))


def _fill(fitted: FittedColumn) -> str:
    if isinstance(fitted.fill, str):
        return fitted.fill
    assert fitted.fill is not None
    if fitted.kind == "date":
        return moment_text(fitted.fill)
    if fitted.kind == "boolean":
        return "yes" if fitted.fill else "no"
    if fitted.order and 0 <= round(fitted.fill) < len(fitted.order):
        return fitted.order[round(fitted.fill)]
    return number(fitted.fill, 5)


def _counts(values: Array, words: tuple[str, ...]) -> list[tuple[str, int]]:
    """(word, count), the most frequent first."""
    codes, counts = np.unique(values.astype(int), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    known = [(int(codes[i]), int(counts[i])) for i in order]
    return [(words[c] if 0 <= c < len(words) else "(unknown)", count) for c, count in known]


def histogram(values: Array, kind: str = "numeric") -> Histogram | None:
    """The histogram of finite values; None if there are none."""
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    dates = partial(moment_text, is_time=are_times(values))
    words = dates if kind == "date" else number
    if not np.isfinite(high - low):
        return None
    bins = min(BINS, len(np.unique(values))) if high > low else 1
    shares = (values - low) / (high - low) if high > low else np.zeros(len(values))
    counts = np.bincount(np.minimum(shares * bins, bins - 1).astype(int), minlength=bins)
    return Histogram(tuple(counts.tolist()), words(low), words(high))


def _targets(table: Table, parts: Mapping[str, Array]) -> list[TargetFacts]:
    if table.classes:
        counts = {
            name: tuple(np.bincount(table.y[rows], minlength=len(table.classes)).tolist())
            for name, rows in parts.items()
        }
        return [TargetFacts(table.targets[0], counts, table.classes)]
    if table.labels:
        return [
            TargetFacts(
                name,
                {part: _pair(table.y[rows, place]) for part, rows in parts.items()},
                table.labels[place],
            )
            for place, name in enumerate(table.targets)
        ]
    train = parts["train"]
    return [
        TargetFacts(name, {}, (), histogram(finite(table.y[train, place])))
        for place, name in enumerate(table.targets)
    ]


def _pair(values: Array) -> tuple[int, int]:
    has = int((values > 0).sum())
    return len(values) - has, has
