"""Worst rows: the rows with the worst predictions, with their places and cells."""

import re
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from nncli.artifacts.numbered_directory import FILES
from nncli.data.date_encoding import are_times
from nncli.evaluation.formatted_numbers import number
from nncli.evaluation.report import Report
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.dates import moment_text
from nncli.parts.decision import has_label
from nncli.parts.table import Table

MAX_ROWS = 10


@frozen
class WorstRow:
    """A row and its prediction.

    place: `file:line`.  truth, predicted: in words.  how_far: the probability of the truth, or
    predicted - true.  is_wrong: whether it is of another class, or has other labels.
    cells: (column, content) of the requested columns.
    """

    place: str
    truth: str
    predicted: str
    how_far: str
    is_wrong: bool
    cells: tuple[tuple[str, str], ...]


def worst_rows(
    report: Report, table: Table, rows: Array, columns: Sequence[str], most: int = MAX_ROWS
) -> tuple[WorstRow, ...]:
    """The rows with the greatest loss, the worst first.

    rows: the report's rows, as indices in the table.  columns: whose cells to show.
    """
    distance = _distance(report)
    order = np.argsort(-np.where(np.isnan(distance), np.inf, distance), kind="stable")[:most]
    return tuple(
        _worst(report, table, columns, int(rows[place]), place) for place in order.tolist()
    )


def _distance(report: Report) -> Array:
    """(rows,) the distance of each prediction from the truth."""
    predictions, truth = report.predictions.astype(float), report.truth
    with np.errstate(all="ignore"):
        if report.classes:
            return np.asarray(-predictions[np.arange(len(truth)), truth])
        off = np.abs(predictions - truth)
        if not report.labels:
            spread = truth.std(axis=0)
            off = off / np.where(spread > 0, spread, 1.0)
        return np.asarray(off.max(axis=1))


def _worst(report: Report, table: Table, columns: Sequence[str], row: int, place: int) -> WorstRow:
    given, truth = report.predictions[place], report.truth[place]
    if report.classes:
        chosen, true = int(report.decision(given)), int(truth)
        predicted = f"{report.classes[chosen]} ({_share(given[chosen])})"
        words = report.classes[true], predicted, _share(given[true]), chosen != true
    elif report.labels:
        words = _labels(report, given, truth)
    else:
        words = _numbers(report, given, truth)
    cells = tuple((name, cell(table, name, row)) for name in columns)
    return WorstRow(short_place(table.place(row)), *words, cells)


def _labels(report: Report, given: Array, truth: Array) -> tuple[str, str, str, bool]:
    names, has = report.labels, has_label(given)
    wrong = [name for name, a, b in zip(names, has, truth > 0, strict=True) if a != b]
    furthest = int(np.argmax(np.abs(given - truth)))
    of_truth = given[furthest] if truth[furthest] > 0 else 1.0 - given[furthest]
    true = ", ".join(name for name, there in zip(names, truth > 0, strict=True) if there)
    said = ", ".join(name for name, there in zip(names, has, strict=True) if there)
    return true or "none", said or "none", f"{names[furthest]}: {_share(of_truth)}", bool(wrong)


def _numbers(report: Report, given: Array, truth: Array) -> tuple[str, str, str, bool]:
    off = (given - truth).tolist()
    return _listed(truth), _listed(given), ", ".join(number(v, 4, "+") for v in off), False


def _listed(values: Array) -> str:
    return ", ".join(number(value, 5) for value in values.tolist())


def _share(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def cell(table: Table, name: str, row: int) -> str:
    """The content of a cell, as the table kept it: a category, a date, a number."""
    column = table.column(name)
    value = float(column.values[row])
    if np.isnan(value):
        return "(missing)"
    words = column.categories or table.orders.get(name, ())
    if words:
        return words[int(value)] if 0 <= value < len(words) else "(unknown)"
    if table.kind(name) == "date":
        return moment_text(value, has_time=True, is_time=are_times(column.values))
    if table.kind(name) == "boolean":
        return "yes" if value else "no"
    return f"{value:.6g}"


def short_place(place: str) -> str:
    """The place with the file's original name only, since its folder may be private.

    >>> short_place("runs/x-001/files/1-penguins.csv:83"), short_place("row 7")
    ('penguins.csv:83', 'row 7')
    """
    path = PurePath(place.replace("\\", "/"))
    return re.sub(r"^\d+-", "", path.name) if path.parent.name == FILES else path.name
