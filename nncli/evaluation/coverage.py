"""Coverage: the widths of prediction intervals, and the share of scored rows within them."""

import numpy as np

from nncli.artifacts.prediction_intervals import PredictionIntervals
from nncli.artifacts.trained_model import ChosenRows, Scored, TrainedModel
from nncli.errors import UserError
from nncli.evaluation.formatted_numbers import number
from nncli.frozen import frozen

LEVEL = 0.9


@frozen
class Coverage:
    """Coverage of a target. half_width: the median, in its units.  share: of rows within."""

    level: float
    target: str
    half_width: float
    share: float

    def __str__(self) -> str:
        width = f"{self.target} ± {number(self.half_width)} in the median"
        lie = f"{self.share:.1%} of these rows lie in theirs"
        return f"{self.level:.0%} prediction intervals: {width}; {lie}"


def coverage(trained: TrainedModel, chosen: ChosenRows, scored: Scored) -> list[Coverage]:
    """The coverage of each target; empty for classes and labels, and for train and val rows.

    It is empty too if there are too few validation rows to calibrate intervals.
    """
    if chosen.name in ("train", "val") or scored.rows.truth.ndim == 1:
        return []
    try:
        intervals = PredictionIntervals.of(trained, LEVEL)
    except UserError:
        return []
    low, high = intervals(scored.predictions)
    halves, truth = np.median(high - low, axis=0) / 2, scored.rows.truth
    shares = ((low <= truth) & (truth <= high)).mean(axis=0)
    targets = trained.model.preprocessing.targets
    return [
        Coverage(LEVEL, name, float(half), float(share))
        for name, half, share in zip(targets, halves, shares, strict=True)
    ]
