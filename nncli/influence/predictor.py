"""Predictor: a trained model as a function of raw rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nncli.artifacts.trained_model import TrainedModel
from nncli.assembly.model import Model
from nncli.data.preprocessing import Preprocessing
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Table

BLOCK_VALUES = 1 << 21  # features, or inputs, of the rows predicted at a time: 16 MB


@frozen
class Predictor:
    """A trained model as a function of raw rows with its table's columns. theta: the weights."""

    model: Model
    theta: Array
    table: Table

    def __call__(self, x: Array) -> Array:
        """(rows, classes) probabilities or (rows, targets) numbers, for raw features (rows, all).

        NaN for a row with an undefined formula. Raises TableError for a row whose scaled values
        overflow.
        """

        def predict(rows: Table) -> Array:
            inputs = self.model.inputs(rows, np.arange(len(rows)))
            return self.model.predict(self.theta, inputs)

        return _where_defined(predict, [self.model.preprocessing], self.table, x)

    def in_blocks(self, count: int, rows: Callable[[slice], Array]) -> Array:
        """Predictions for `count` rows, which `rows` makes a block at a time."""
        widest = max(len(self.table.features), self.model.preprocessing.width)
        step = max(BLOCK_VALUES // widest, 1)
        blocks = [slice(start, min(start + step, count)) for start in range(0, count, step)]
        return np.concatenate([self(rows(block)) for block in blocks])


def raw_predictor(trained: TrainedModel, table: Table) -> Callable[[Array], Array]:
    """Any trained model, also an ensemble, as a function of raw rows."""

    fitted = [reader.model.preprocessing for reader in trained.networks]
    return lambda x: _where_defined(trained.predict, fitted, table, x)


def _where_defined(
    predict: Callable[[Table], Array], fitted: Sequence[Preprocessing], table: Table, x: Array
) -> Array:
    """Predictions for raw rows; NaN for rows with an undefined formula."""
    rows = replace(table, x=x, y=np.zeros(len(x)), aside={}, weights=None, origin=None)
    with np.errstate(all="ignore"):  # what overflows is refused, or shows as not finite
        is_defined = np.logical_and.reduce([each.is_defined(rows) for each in fitted])
        if is_defined.all():
            return predict(rows).astype(float)
        found = np.full((len(x), len(table.classes) or len(table.targets)), np.nan)
        if is_defined.any():
            known = replace(rows, x=x[is_defined], y=rows.y[is_defined])
            found[is_defined] = predict(known)
        return found
