"""Targets: encodes classes, labels and numbers for the output units, and decodes predictions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nncli.data.categories import Categories, folded
from nncli.data.column_types import BOOLEAN_VALUES, boolean_pair, no_before_yes
from nncli.data.scaling import Scaling
from nncli.errors import DataError, did_you_mean, few, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Pair, Table, Task

MAX_CLASSES = 1000
BINARY_PAIRS = (("0", "1"), ("false", "true"))  # one class implies the other


def as_task(
    table: Table, task: Task, classes: Sequence[str] = (), *, folds_case: bool = False
) -> Table:
    """Convert a table to another task: numbers to classes, or class indices to numbers.

    classes: all classes in order, also those without rows; empty: the classes of the rows.
    folds_case: whether `classes` may be spelt with other case and spaces than in the rows.
    Raises DataError if the targets don't suit the task.
    """
    if task == "regression":
        if classes:
            message = "a regression has none: leave it out, or use task: classification"
            raise DataError(message, key="data.classes")
        y = table.y.reshape(len(table.y), -1).astype(float)
        return replace(table, y=y, classes=(), labels=())
    if task == "multilabel" or (table.labels and classes):
        return _as_labels(table, classes)
    if not table.classes:
        if table.y.shape[1] > 1:
            raise DataError(
                "several targets can't be classes: use task: multilabel, where each has two "
                "values, or task: regression"
            )
        y, found = number_classes(table.y[:, 0])
        table = replace(table, y=y, classes=found)
    if all_classes := classes or _pair_of(table, task):
        table = with_classes(table, all_classes, folds_case=folds_case)
    if len(table.classes) < 2:
        always = printable(table.classes[0])
        raise DataError(
            f"the target is always {always}: there is nothing to tell apart (data.classes names "
            "the classes that no row has)"
        )
    if task == "binary" and len(table.classes) != 2:
        raise DataError(f"task binary needs 2 classes, but the target has {len(table.classes)}")
    return table


def _as_labels(table: Table, classes: Sequence[str]) -> Table:
    """Convert targets to labels. Raises DataError unless each target has two values."""
    if classes:
        message = "it is for a single target: each label has two values of its own"
        raise DataError(message, key="data.classes")
    if table.classes or table.y.shape[1] < 2:
        message = "task multilabel needs several targets; one target of two values is task: binary"
        raise DataError(message)
    if table.labels:
        return table
    columns = [Column(column) for column in table.y.T]
    pairs = label_pairs(table.targets, columns)
    y = np.column_stack([as_label(*both) for both in zip(columns, pairs, strict=True)])
    return replace(table, y=y, labels=tuple(pairs))


def label_pairs(names: Sequence[str], columns: Sequence[Column]) -> list[Pair]:
    """The values that 0 and 1 of each label stand for. Raises DataError for columns without two."""
    pairs, found = [], []
    for name, column in zip(names, columns, strict=True):
        if (pair := label_pair(column)) is None:
            values = [f"'{printable(value)}'" for value in _distinct(column)]
            fix = ""
            if len({folded(value) for value in values}) == 2:
                fix = " (data.fold_case: true if they differ in capitals and spaces alone)"
            message = f"{_no_label(name, values)}: a label has two, as 0 and 1{fix}"
            found.append(("data.task", message))
        else:
            pairs.append(pair)
    if found:
        raise DataError(found=found)
    return pairs


def _no_label(name: str, values: list[str]) -> str:
    if len(values) == 1:
        return f"target '{printable(name)}' is always {values[0]}"
    return f"target '{printable(name)}' has {len(values):,} different values ({few(values)})"


def _distinct(column: Column) -> list[str]:
    """The distinct values as texts, sorted."""
    if column.categories:
        return sorted(column.categories)
    return [number_text(value) for value in np.unique(column.values).tolist()]


def label_pair(column: Column) -> Pair | None:
    """(no, yes) of a column of two values; None for any other column.

    1, true, yes, y, t, on and their translations are yes, else the last in sorted order is. A
    column of a single value must be boolean.
    """
    if not column.categories and np.isin(column.values, (0.0, 1.0)).all():
        return "0", "1"
    values = _distinct(column)
    if column.categories and (pair := boolean_pair(values)) is not None:
        return pair
    if len(values) != 2:
        return None
    first, second = no_before_yes(values)
    return first, second


def with_pairs(table: Table, pairs: Sequence[Pair]) -> Table:
    """Return the table with its labels' values ordered as `pairs`; unchanged if they differ."""
    if [set(pair) for pair in table.labels] != [set(pair) for pair in pairs] or not pairs:
        return table
    turned = [old != new for old, new in zip(table.labels, pairs, strict=True)]
    return replace(table, y=np.where(turned, 1 - table.y, table.y), labels=tuple(pairs))


def as_label(column: Column, pair: Pair, known: Categories | None = None) -> Array:
    """(rows,) 0 for the pair's first value, 1 for its second, NaN for any other.

    If the pair is boolean, cells may be any boolean words: yes stands for 1.
    known: the pair as Categories, if they allow other spellings.
    """
    known = known or Categories(pair)
    are_truths = boolean_pair(pair) is not None

    def place(text: str) -> float:
        if (index := known.index(text)) is not None:
            return index
        return BOOLEAN_VALUES.get(text.lower(), np.nan) if are_truths else np.nan

    if column.categories:
        places = np.array([place(text) for text in column.categories])
        return np.asarray(places[column.values.astype(int)])
    different, rows = np.unique(column.values, return_inverse=True)
    return np.asarray(np.array([place(number_text(value)) for value in different.tolist()])[rows])


def _pair_of(table: Table, task: Task) -> Sequence[str]:
    """(0, 1) or (false, true) if the rows of a binary task have just one of the two; else empty."""
    if task != "binary" or len(table.classes) != 1:
        return ()
    return next((pair for pair in BINARY_PAIRS if table.classes[0] in pair), ())


def with_classes(table: Table, classes: Sequence[str], *, folds_case: bool = False) -> Table:
    """Recode the rows to the given classes, in their order.

    Raises DataError for a class of the rows that isn't among them.
    """
    spell = folded if folds_case else str
    of_spelling = {spell(name): place for place, name in enumerate(classes)}
    places = {n: of_spelling[spell(n)] for n in table.classes if spell(n) in of_spelling}
    if lacking := [name for name in table.classes if name not in places]:
        name = printable(lacking[0])
        others = "" if len(lacking) == 1 else f", nor {len(lacking) - 1:,} more of the data's"
        hint = did_you_mean(lacking[0], classes) or f": it lists {few(list(classes))}"
        raise DataError(f"class '{name}' isn't among them{others}{hint}", key="data.classes")
    of_class = np.array([places[name] for name in table.classes], dtype=np.intp)
    return replace(table, y=of_class[table.y], classes=tuple(classes))


def number_classes(values: Array) -> tuple[Array, tuple[str, ...]]:
    """(class indices, names) of a target of numbers. Raises DataError for too many classes."""
    different, y = np.unique(values, return_inverse=True)
    if len(different) > MAX_CLASSES:
        raise DataError(f"the target has {len(different)} different values: too many for classes")
    return y, tuple(map(number_text, different))


def number_text(value: float) -> str:
    """A number as a text that reads back as the same float64, as in class names."""
    value += 0.0  # -0 is written as 0
    if float(short := f"{value:g}") == value:
        return short
    return f"{value:.0f}" if value == np.floor(value) else repr(float(value))


def cell_text(value: bool | float | str) -> str:
    """The text in cells that a class or word of the config stands for.

    >>> [cell_text(value) for value in (True, 3.0, "3.0")]
    ['true', '3', '3.0']
    """
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else number_text(value)


@frozen
class TargetCoding:
    """The coding of targets for the output units, and its inverse.

    Classes in as many units are one-hot, two classes in one unit 0 or 1, labels 0 or 1 each,
    numbers scaled.  off: the loss's target of an absent class or label; of a present one it is 1.
    """

    classes: int
    units: int
    scaling: Scaling
    has_labels: bool = False
    off: float = 0.0

    def encode(self, y: Array) -> Array:
        """(rows, units) float64 targets."""
        if not self.classes:
            return self.scaling.apply(y)
        if self.units == 1:
            return y[:, None].astype(float)
        return np.eye(self.classes)[y]

    def decode(self, outputs: Array) -> Array:
        """(rows, classes) probabilities, (rows, labels) probabilities of each label, or (rows,
        targets) numbers in original units.

        Outputs that aren't probabilities (of identity units trained with mse, say) are normalized:
        the output of a single unit or label is mapped from [off, 1] to [0, 1] and clipped; the
        outputs of several classes are shifted until none is negative, then divided by their sum,
        which keeps their order.
        """
        if self.has_labels:
            return self._clipped(outputs)
        if not self.classes:
            return self.scaling.undo(outputs)
        if self.units == 1:
            outputs = self._clipped(outputs)
            return np.hstack([1.0 - outputs, outputs])
        outputs = outputs - np.minimum(outputs.min(axis=1, keepdims=True), 0.0)
        sums = outputs.sum(axis=1, keepdims=True)
        even = np.full_like(outputs, 1.0 / self.classes)
        return np.asarray(np.divide(outputs, sums, out=even, where=sums > 0))

    def _clipped(self, outputs: Array) -> Array:
        """Outputs mapped from [off, 1] to [0, 1], and clipped."""
        if self.off:
            outputs = (outputs - self.off) / (1.0 - self.off)
        return np.clip(outputs, 0.0, 1.0)
