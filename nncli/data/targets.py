"""Targets: what the output units are asked for, and what their answers mean."""

from dataclasses import dataclass, replace

import numpy as np

from nncli.data.scaling import Scaling
from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.table import Table, Task

MOST_CLASSES = 1000


def as_task(table: Table, task: Task) -> Table:
    """The same rows read as another task: numbers as classes, or class indices as numbers.

    Raises DataError where that can't be.
    """
    if task == "regression":
        return replace(table, y=table.y.reshape(len(table.y), -1).astype(float), classes=())
    if not table.classes:
        if table.y.shape[1] > 1:
            raise DataError("several targets can't be classes: use task: regression")
        y, classes = number_classes(table.y[:, 0])
        table = replace(table, y=y, classes=classes)
    if len(table.classes) < 2:
        raise DataError(f"the target is always {table.classes[0]}: there is nothing to tell apart")
    if task == "binary" and len(table.classes) != 2:
        raise DataError(f"task binary needs 2 classes, but the target has {len(table.classes)}")
    return table


def number_classes(values: Array) -> tuple[Array, tuple[str, ...]]:
    """(class indices, names) of numbers that are names of classes."""
    different, y = np.unique(values, return_inverse=True)
    if len(different) > MOST_CLASSES:
        raise DataError(f"the target has {len(different)} different values: too many for classes")
    return y, tuple(map(label, different))


def label(value: float) -> str:
    """A class's name: a number as short as it can be and still be told from its neighbours."""
    if float(short := f"{value:g}") == value:
        return short
    return f"{value:.0f}" if value == np.floor(value) else repr(float(value))


@dataclass(frozen=True)
class TargetCoding:
    """Between a table's targets and the output units.

    classes in as many units: one-hot; two classes in one unit: 0 or 1; numbers: scaled.
    """

    classes: int
    units: int
    scaling: Scaling

    def encode(self, y: Array) -> Array:
        """(rows, units) float64 targets of the loss."""
        if not self.classes:
            return self.scaling.apply(y)
        if self.units == 1:
            return y[:, None].astype(float)
        return np.eye(self.classes)[y]

    def decode(self, outputs: Array) -> Array:
        """Predictions: (rows, classes) probabilities, or (rows, targets) in their own units.

        Outputs that aren't probabilities (identity units trained with mse, say) are made so: one
        unit is cut to [0, 1]; several are lifted until none is negative, then divided by their
        sum, which leaves the order of the classes as it is.
        """
        if not self.classes:
            return self.scaling.undo(outputs)
        if self.units == 1:
            outputs = np.clip(outputs, 0.0, 1.0)
            return np.hstack([1.0 - outputs, outputs])
        outputs = outputs - np.minimum(outputs.min(axis=1, keepdims=True), 0.0)
        sums = outputs.sum(axis=1, keepdims=True)
        even = np.full_like(outputs, 1.0 / self.classes)
        return np.asarray(np.divide(outputs, sums, out=even, where=sums > 0))
