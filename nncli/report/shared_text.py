"""Sentences and tables that the page and Markdown share."""

from collections.abc import Sequence
from typing import Any

from nncli.comparison.comparison import Group
from nncli.comparison.group_labels import short_keys, short_values
from nncli.errors import printable
from nncli.evaluation.formatted_numbers import between, number
from nncli.influence.importance import Importance
from nncli.influence.influence import Influence
from nncli.report.facts import Document, Overview

MAX_GROUPS = 50
MAX_KEYS = 12


def more(count: int, what: str, how: str = "shown") -> str:
    """A sentence with the number of items left out; empty for none.

    >>> more(1, "class"), more(2_000, "class"), more(0, "label")
    ('1 more class is not shown.', '2,000 more classes are not shown.', '')
    """
    if count <= 0:
        return ""
    several = f"{what}{'es' if what.endswith('s') else 's'} are"
    return f"{count:,} more {f'{what} is' if count == 1 else several} not {how}."


def about(found: Importance) -> str:
    """Sentences on how importance was measured, and on the columns that it leaves out."""
    rows = f"{found.rows:,}" + (f" of {found.of_rows:,}" if found.rows < found.of_rows else "")
    base = f"{found.measure} is {number(found.base)} on these {rows} rows"
    said = f"{base}; {found.repeats} permutations of each column."
    if any(not column.is_clear for column in found.columns):
        said += " A column within two standard deviations of 0 may not matter at all."
    if found.of_columns > len(found.columns):
        rest = found.of_columns - len(found.columns)
        matter = "column matters" if rest == 1 else "columns matter"
        said += f" {rest:,} more {matter} less, by a quicker measure."
    return said


def correlated(found: Influence) -> str:
    """A sentence on strongly correlated columns."""
    pairs = [f"{p.first} and {p.second} ({p.correlation:+.2f})" for p in found.correlated[:3]]
    more = len(found.correlated) - len(pairs)
    rest = f", and {more:,} more pairs" if more else ""
    return f"Correlated columns share their importance: {'; '.join(pairs)}{rest}."


def worst_table(document: Document) -> tuple[list[str], list[list[Any]]]:
    """(header, rows) of the worst rows."""
    worst = document.worst or ()
    how_far = "predicted - true" if document.report.targets else "probability of the true class"
    names = [name for name, _ in worst[0].cells] if worst else []
    rows = [
        [row.place, row.truth, row.predicted, row.how_far, *(cell for _, cell in row.cells)]
        for row in worst
    ]
    return ["row", "true", "predicted", how_far, *names], rows


def score_rows(overview: Overview) -> tuple[list[str], list[list[str]]]:
    """(header, rows) of the groups' scores and differing keys."""
    comparison = overview.comparison
    groups, keys = comparison.groups[:MAX_GROUPS], list(comparison.keys)[:MAX_KEYS]
    settings = [short_values([group.settings[key] for group in groups]) for key in keys]
    columns = [
        ("config", [group.name for group in groups]),
        ("runs", [f"{len(g.runs.results):,}" for g in groups]),
    ]
    columns += _figures(comparison.metric, groups)
    cut = [[printable(value) for value in column] for column in settings]
    columns += list(zip(short_keys(keys), cut, strict=True))
    shown = [column for column in columns if any(column[1])]
    header = [name for name, _ in shown]
    return header, [list(row) for row in zip(*(cells for _, cells in shown), strict=True)]


def _figures(metric: str, groups: Sequence[Group]) -> list[tuple[str, list[str]]]:
    """The columns of mean, interval, difference from the best, and p."""

    versus = [group.versus for group in groups]
    return [
        (metric, [number(group.mean.value) for group in groups]),
        ("95% interval", [between(group.mean.interval) for group in groups]),
        ("from the best", [number(v.mean.value, 3, "+") if v else "" for v in versus]),
        ("p", [_p(v.p_holm if v else None) for v in versus]),
    ]


def _p(p: float | None) -> str:
    return "" if p is None else "< 0.001" if p < 0.001 else f"{p:.2g}"
