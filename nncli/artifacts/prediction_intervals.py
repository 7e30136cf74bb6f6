"""Prediction intervals: cover a new row's target at a level such as 90%.

Split conformal prediction (Papadopoulos et al., 2002; Lei et al., 2018): of n absolute errors on
validation rows, the ceil((n + 1) level)-th smallest covers a new row with at least probability
`level`, for any network, if the rows are exchangeable.
"""

import math
from fractions import Fraction
from typing import Self

import numpy as np

from nncli.artifacts.trained_model import TrainedModel
from nncli.data.scaling import Scaling
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.parts.arrays import Array


@frozen
class PredictionIntervals:
    """Intervals around predictions.

    level: the share of rows to cover.  widths: (targets,) half-widths, in scaled units.
    rows: the number of validation errors.  target: the targets' scaling; with a logarithm,
    intervals grow with the predictions.
    """

    level: float
    widths: Array
    rows: int
    target: Scaling

    @classmethod
    def of(cls, trained: TrainedModel, level: float) -> Self:
        """Calibrate on the validation rows.

        Raises UserError for classes, too few rows, or a level that is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise UserError(f"level: expected a number > 0 and < 1, found {level}")
        fitted = trained.model.preprocessing
        if fitted.classes or fitted.labels:
            raise UserError(f"{trained.path}: intervals are for numbers, and it predicts classes")
        held_out, scaling = trained.held_out(), fitted.target
        with np.errstate(all="ignore"):
            errors = scaling.apply(held_out.predictions) - scaling.apply(held_out.truth)
        share = Fraction(str(level))  # exactly: 100 * 0.55 is more than 55 in floating point
        rank, fewest = math.ceil((len(errors) + 1) * share), math.ceil(share / (1 - share))
        if rank > len(errors):
            raise UserError(
                f"{trained.path}: {len(errors)} validation rows are too few for intervals of "
                f"{level:.6g}: it takes {fewest}"
            )
        widths = np.sort(np.abs(errors), axis=0)[rank - 1] * held_out.error_ratio
        return cls(level, widths, len(errors), scaling)

    def __call__(self, predictions: Array) -> tuple[Array, Array]:
        """(rows, targets) lower and upper ends."""
        with np.errstate(all="ignore"):
            scaled = self.target.apply(predictions)
            return self.target.undo(scaled - self.widths), self.target.undo(scaled + self.widths)
