"""Target leaks: finds columns from which alone the target follows."""

from math import exp, lgamma

import numpy as np

from nncli.errors import printable
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Table

SAMPLED_ROWS = 1000
MAJORITY = 0.5
MIN_RANGE_ROWS = 5  # per class: fewer may have a separate range by chance
MIN_STEPS = 10  # distinct numbers less one: fewer may be in order by chance
MAX_CHANCE = 0.001  # probability that some column of noise separates the classes


def target_leak(column: Column, table: Table) -> str:
    """How the target follows from one column alone (target leakage); empty if it doesn't.

    Leaks are: a value or range of numbers for each class, a value that exactly one class has,
    cells that are missing, or not missing, exactly in one class, and a linear or a one-to-one
    monotone relation, such as the target's logarithm.
    """
    if table.labels:
        return _label_leak(column, table)
    if len(table.targets) > 1:
        return ""
    target = f"the target '{printable(table.targets[0])}'"
    if table.classes:
        return _class_leak(column, table, target)
    is_leak = _is_linear(column, table.y[:, 0])
    if len(table.features) > 1:  # else it is a curve to be learnt
        is_leak = is_leak or _is_monotone(column, table.y[:, 0])
    return f"is {target} in other words" if is_leak else ""


def _is_linear(column: Column, y: Array) -> bool:
    """Whether a column and numeric targets are perfectly correlated."""
    x = column.values
    if np.isnan(x).any() or column.categories or len(x) < 3 or x.min() == x.max():
        return False
    with np.errstate(all="ignore"):
        x, y = x / np.abs(x).max(), y / np.abs(y).max()
        return bool(abs(np.corrcoef(x, y)[0, 1]) > 1 - 1e-12)


def _is_monotone(column: Column, y: Array) -> bool:
    """Whether numbers and targets have the same or the opposite order, with the same ties."""
    if column.categories:
        return False
    for rows in (SAMPLED_ROWS, len(y)):  # the first rows rule out most columns
        present = ~np.isnan(column.values[:rows])
        x, t = column.values[:rows][present], y[:rows][present]
        order = np.lexsort((t, x))
        steps, changes = np.diff(x[order]), np.diff(t[order])
        has_ties = (steps > 0) == (changes != 0)
        if not has_ties.all() or not ((changes >= 0).all() or (changes <= 0).all()):
            return False
    return bool(np.count_nonzero(steps) >= MIN_STEPS and present.mean() > MAJORITY)


def _class_leak(column: Column, table: Table, target: str) -> str:
    """How a class follows from a column; empty if it doesn't. target: the target in words."""
    is_missing = np.isnan(column.values)
    if (index := _class_of(is_missing, table)) is not None:
        how = "is missing" if is_missing[table.y == index].all() else "has a value"
        return f"{how} exactly where {target} is '{printable(table.classes[index])}'"
    if is_missing.any() or len(np.unique(column.values[:SAMPLED_ROWS])) > len(table.classes):
        is_ordered = not column.categories and _are_ranges(column.values, table)
        how = f"says exactly what {target} is, each class having a range of its numbers"
        return how if is_ordered else ""
    different, codes = np.unique(column.values, return_inverse=True)
    if len(different) == 2 and (index := _class_of(codes == 1, table)) is not None:
        if len(table.classes) == 2:
            return f"is {target} in other words"
        return f"says exactly whether {target} is '{printable(table.classes[index])}'"
    if len(different) != len(table.classes):
        return ""
    is_one_to_one = len(np.unique(codes * len(different) + table.y)) == len(different)
    return f"is {target} in other words" if is_one_to_one else ""


def _are_ranges(x: Array, table: Table) -> bool:
    """Whether the classes have disjoint ranges of the column, ignoring missing cells.

    The more features, the more rows are required: a few may be separated by chance.
    """
    for rows in (SAMPLED_ROWS, len(x)):  # the first rows rule most columns out
        present = ~np.isnan(x[:rows])
        order = np.argsort(x[:rows][present], kind="stable")
        numbers, classes = x[:rows][present][order], table.y[:rows][present][order]
        counts = np.bincount(classes, minlength=1)
        ends = np.flatnonzero(np.diff(classes))
        if len(ends) != np.count_nonzero(counts) - 1 or (numbers[ends] == numbers[ends + 1]).any():
            return False
    return (
        len(counts) > 1
        and counts.min() >= MIN_RANGE_ROWS
        and present.mean() > MAJORITY
        and len(table.features) * _chance_of_ranges(counts.tolist()) <= MAX_CHANCE
    )


def _chance_of_ranges(counts: list[int]) -> float:
    """k! n_1! ... n_k! / (n_1 + ... + n_k)!: the probability that noise has disjoint ranges.

    counts: n_i, the rows of each of the k classes.

    >>> [round(_chance_of_ranges(counts), 7) for counts in ([1, 1], [5, 5], [5, 5, 5])]
    [1.0, 0.0079365, 7.9e-06]
    """
    ways = [lgamma(n + 1) for n in (len(counts), *counts)]
    return exp(sum(ways) - lgamma(sum(counts) + 1))


def _class_of(marked: Array, table: Table) -> int | None:
    """The class whose rows are exactly the marked ones, or the unmarked ones; else None."""
    count = int(marked.sum())
    if not 1 < count < len(marked) - 1:  # a single row would be chance
        return None
    counts = np.bincount(table.y, minlength=len(table.classes))
    for these in (marked, ~marked):
        first = int(table.y[these.argmax()])
        if counts[first] == these.sum() and (table.y[these] == first).all():
            return first
    return None


def _label_leak(column: Column, table: Table) -> str:
    """How a label follows from a column's two values or its missing cells; empty if it doesn't."""
    is_missing = np.isnan(column.values)
    if same := _value_at(is_missing, table):
        return f"is missing exactly where {same}"
    if is_missing.any() or len(np.unique(column.values[:SAMPLED_ROWS])) != 2:
        return ""  # rules most columns out without sorting them
    is_two_valued = len(np.unique(column.values)) == 2
    if is_two_valued and (same := _value_at(column.values == column.values.max(), table)):
        return f"says exactly whether {same}"
    return ""


def _value_at(marked: Array, table: Table) -> str:
    """`the target 'a' is '1'` if the marked rows are exactly those with this value; else empty."""
    if not 1 < int(marked.sum()) < len(marked) - 1:  # a single row would be chance
        return ""
    agrees = (table.y > 0) == marked[:, None]
    for label in range(table.y.shape[1]):
        if agrees[:, label].all() or not agrees[:, label].any():
            value = table.labels[label][int(agrees[0, label])]
            return f"the target '{printable(table.targets[label])}' is '{printable(value)}'"
    return ""
