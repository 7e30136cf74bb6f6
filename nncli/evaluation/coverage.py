"""Coverage: how wide prediction intervals are, and how many of the rows scored lie in theirs."""

import numpy as np

from nncli.artifacts.prediction_intervals import PredictionIntervals
from nncli.artifacts.trained_model import ChosenRows, Scored, TrainedModel
from nncli.errors import UserError
from nncli.evaluation.formatted_numbers import number
from nncli.frozen import frozen

LEVEL = 0.9


@frozen
class Coverage:
    """Of one target. half_width: in its own units, in the median.  share: of rows covered."""

    level: float
    target: str
    half_width: float
    share: float

    def __str__(self) -> str:
        width = f"{self.target} ± {number(self.half_width)} in the median"
        lie = f"{self.share:.1%} of these rows lie in theirs"
        return f"{self.level:.0%} prediction intervals: {width}; {lie}"


def coverage(trained: TrainedModel, chosen: ChosenRows, scored: Scored) -> list[Coverage]:
    """Target by target; nothing of classes, and of rows that trained or made the intervals."""
    if chosen.name in ("train", "val") or scored.rows.truth.ndim == 1:
        return []
    try:
        intervals = PredictionIntervals.of(trained, LEVEL)
    except UserError:  # there are too few rows to make them of
        return []
    low, high = intervals(scored.predictions)
    halves, truth = np.median(high - low, axis=0) / 2, scored.rows.truth
    shares = ((low <= truth) & (truth <= high)).mean(axis=0)
    targets = trained.model.preprocessing.targets
    return [
        Coverage(LEVEL, name, float(half), float(share))
        for name, half, share in zip(targets, halves, shares, strict=True)
    ]
