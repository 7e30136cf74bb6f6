"""Target columns: encodes the columns to predict as numbers, classes or labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nncli.constraints import Auto
from nncli.data.column_types import is_class_number
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.table_notes import category_hint
from nncli.data.targets import as_label, label_pair, label_pairs, number_classes, number_text
from nncli.errors import DataError, TableError
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Origin, Pair, Task, refuse_rows

Targets = tuple[Array, tuple[str, ...], tuple[Pair, ...]]  # y, classes, labels


def are_labels(columns: Sequence[Column], task: Task | Auto) -> bool:
    """Whether several targets are labels: by the task, or if each holds 0 and 1 or two texts, and
    at least one of them varies."""
    if len(columns) < 2 or task not in ("auto", "multilabel"):
        return False
    if task == "multilabel":
        return True
    present = [Column(c.values[~np.isnan(c.values)], c.categories) for c in columns]
    if not all(len(column.values) for column in present):
        return False
    pairs = [label_pair(column) for column in present]
    are_pairs = all(
        pair is not None and (column.categories or pair == ("0", "1"))
        for pair, column in zip(pairs, present, strict=True)
    )
    return are_pairs and any(np.ptp(column.values) > 0 for column in present)


def read_targets(
    encoded: EncodedTable,
    names: Sequence[str],
    origin: Origin,
    *,
    path: Path,
    task: Task | Auto,
    may_be_constant: bool,
) -> Targets:
    """(y, classes, labels) of the target columns `names`.

    Raises TableError for every row without a target, DataError for a constant target.
    """
    columns = [encoded.column(name) for name in names]
    has_labels = are_labels(columns, task)
    is_constant_fine = may_be_constant or has_labels or len(encoded.cells) == 1
    for name, column in zip(names, columns, strict=True):
        if lacking := np.flatnonzero(np.isnan(column.values)).tolist():
            raise _missing_target(name, lacking, origin, encoded.markers.get(name, {}))
        if not is_constant_fine:
            _refuse_constant(name, column, path)
    first = columns[0]
    if len(columns) == 1 and first.categories:
        classes = tuple(sorted(first.categories))
        index = {name: i for i, name in enumerate(classes)}
        codes = np.array([index[name] for name in first.categories])
        return codes[first.values.astype(int)], classes, ()
    if has_labels:
        pairs = label_pairs(names, columns)
        y = [as_label(*both) for both in zip(columns, pairs, strict=True)]
        return np.column_stack(y), (), tuple(pairs)
    numbers = np.column_stack([column.values for column in columns])
    varies = numbers.min() != numbers.max()
    if task == "auto" and len(columns) == 1 and varies and is_class_number(first.values):
        return *number_classes(first.values), ()
    return numbers, (), ()


def _missing_target(
    name: str, rows: Sequence[int], origin: Origin, markers: Mapping[str, int]
) -> TableError:
    hint = "data.missing_target: drop leaves such rows out"
    if texts := [text for text in markers if text]:
        hint += f"; {category_hint(name, texts)}"
    hints = {rows[0]: f" ({hint})"}
    return refuse_rows(
        rows, origin.place, name, lambda row: f"the target is missing{hints.get(row, '')}"
    )


def _refuse_constant(name: str, column: Column, path: Path) -> None:
    """Raises DataError if all values are equal."""
    least = column.values.min()
    if least != column.values.max():
        return
    always = column.categories[int(least)] if column.categories else number_text(least)
    key = "data.classes" if column.categories else "data.task"
    raise DataError(
        f"{path}: column '{name}' is always {always}: there is nothing to predict "
        f"(if it is meant so, give {key})",
        key="data.target",
    )
