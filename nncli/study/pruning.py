"""Median pruning: stop a trial that is worse than half of those before it.

The median stopping rule of Golovin et al. (2017), Google Vizier: stop a trial after an epoch if its
best objective so far is worse than the median of the other trials' best by that epoch. Only trials
in the planner's history count, so that the order in which workers finish changes nothing.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.study.ended_trial import Direction, EndedTrial, Reports

STARTUP_TRIALS = 4  # completed trials before any is pruned
WARMUP_EPOCHS = 5  # never prunes within these, nor in a tenth of the longest trial


@frozen
class MedianPruner:
    """The medians of completed trials, small enough to be sent to a worker.

    epochs: where the median changes, after the warm-up.  medians: its value from there on; of the
    objective if it is minimized, else of its negative.
    """

    epochs: tuple[int, ...]
    medians: tuple[float, ...]
    direction: Direction

    @classmethod
    def of(cls, history: Iterable[EndedTrial], direction: Direction) -> "MedianPruner":
        """The pruner of a history; only completed trials count."""
        curves = [each.reports for each in history if each.state == "completed" and each.reports]
        if len(curves) < STARTUP_TRIALS:
            return cls((), (), direction)
        epochs = sorted(set().union(*curves))
        medians = np.median([_best(curve, epochs, direction) for curve in curves], axis=0)
        first = bisect_right(epochs, max(WARMUP_EPOCHS, epochs[-1] // 10))
        return cls(tuple(epochs[first:]), tuple(medians[first:].tolist()), direction)

    def should_prune(self, reports: Reports) -> bool:
        """Whether to stop a trial after the last epoch of its reports."""
        if not reports:
            return False
        place = bisect_right(self.epochs, max(reports)) - 1
        best = _best(reports, [max(reports)], self.direction)
        return place >= 0 and bool(best > self.medians[place])


def _best(curve: Reports, epochs: Sequence[int], direction: Direction) -> Array:
    """The running minimum at each epoch, of the negative to maximize; inf before the first value.

    A shorter curve keeps its last value.
    """
    known, values = np.fromiter(curve, int), np.fromiter(curve.values(), float)
    values = -values if direction == "maximize" else values
    best = np.minimum.accumulate(np.where(np.isnan(values), np.inf, values))
    return np.append(np.inf, best)[np.searchsorted(known, epochs, side="right")]
