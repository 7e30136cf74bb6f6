"""Pruning: whether a trial is worse than half of those before, and so not worth its other epochs.

The median stopping rule of Golovin et al. (2017), Google Vizier: a trial is stopped after an epoch
if its best objective so far is worse than the median, over the trials told when it was asked, of
their best until then. What is told later doesn't count, so that it doesn't matter who trains when.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.study.trials import Direction, EndedTrial, Reports

LEAST_TRIALS = 4  # that were trained to the end, before any is pruned
WARM_UP = 5  # epochs in which none is, or a tenth of the longest trial's if that is more


@frozen
class MedianPruner:
    """A picture of the completed trials, small enough to go along with the next one.

    epochs: where the median changes, behind the warm-up.  medians: what it is from there on, of
    the objective where less is better, of its negative otherwise.
    """

    epochs: tuple[int, ...]
    medians: tuple[float, ...]
    direction: Direction

    @classmethod
    def of(cls, told: Iterable[EndedTrial], direction: Direction) -> "MedianPruner":
        """The picture of the trials told; those that failed or were pruned themselves are out."""
        curves = [each.reports for each in told if each.state == "completed" and each.reports]
        if len(curves) < LEAST_TRIALS:
            return cls((), (), direction)
        epochs = sorted(set().union(*curves))
        medians = np.median([_best(curve, epochs, direction) for curve in curves], axis=0)
        first = bisect_right(epochs, max(WARM_UP, epochs[-1] // 10))
        return cls(tuple(epochs[first:]), tuple(medians[first:].tolist()), direction)

    def should_prune(self, reports: Reports) -> bool:
        """Whether to stop a trial that has reported so much, after its last epoch."""
        if not reports:
            return False
        place = bisect_right(self.epochs, max(reports)) - 1
        best = _best(reports, [max(reports)], self.direction)
        return place >= 0 and bool(best > self.medians[place])


def _best(curve: Reports, epochs: Sequence[int], direction: Direction) -> Array:
    """The best so far at each of the epochs, the sign turned to maximize; inf: none yet.

    That of a shorter curve stays what it was.
    """
    known, values = np.fromiter(curve, int), np.fromiter(curve.values(), float)
    values = -values if direction == "maximize" else values
    best = np.minimum.accumulate(np.where(np.isnan(values), np.inf, values))
    return np.append(np.inf, best)[np.searchsorted(known, epochs, side="right")]
