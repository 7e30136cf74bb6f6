"""Predictor: a trained model as a function of raw rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nncli.artifacts.trained_model import TrainedModel
from nncli.assembly.model import Model
from nncli.parts.arrays import Array
from nncli.parts.table import Table

BLOCK_VALUES = 1 << 21  # features, or inputs, of the rows asked about at a time: 16 MB


@dataclass(frozen=True)
class Predictor:
    """A trained model as a function of raw rows, which have the columns of its table.

    theta: its weights.
    """

    model: Model
    theta: Array
    table: Table

    def __call__(self, x: Array) -> Array:
        """(rows, classes) probabilities or (rows, targets) numbers, for raw features (rows, all).

        Raises TableError for a row whose values overflow when they are scaled.
        """
        rows = replace(self.table, x=x, y=np.zeros(len(x)), aside={}, weights=None, origin=None)
        with np.errstate(all="ignore"):  # what overflows is refused, or shows as not finite
            inputs = self.model.inputs(rows, np.arange(len(x)))
            return self.model.predict(self.theta, inputs).astype(float)

    def in_blocks(self, count: int, rows: Callable[[slice], Array]) -> Array:
        """The predictions for `count` rows, which are made and forgotten a block at a time."""
        widest = max(len(self.table.features), self.model.preprocessing.width)
        step = max(BLOCK_VALUES // widest, 1)
        blocks = [slice(start, min(start + step, count)) for start in range(0, count, step)]
        return np.concatenate([self(rows(block)) for block in blocks])


def asked(trained: TrainedModel, table: Table) -> Callable[[Array], Array]:
    """The same of any trained model, an ensemble too: raw rows -> predictions."""

    def predict(x: Array) -> Array:
        rows = replace(table, x=x, y=np.zeros(len(x)), aside={}, weights=None, origin=None)
        with np.errstate(all="ignore"):
            return trained.predict(rows).astype(float)

    return predict
