"""Threshold choice: the best threshold for the probability of the second of two classes.

A cut separates rows by probability: those above it are predicted to be of the second class. Its
score or cost on given rows follows from its counts of true and false positives and negatives.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np

from nncli.constraints import Positive
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

Goal = Literal["f1", "f1_macro", "balanced_accuracy", "matthews_corrcoef", "accuracy"]


@frozen
class Cuts:
    """Counts of true and false positives and negatives, (cuts,) each."""

    tp: Array
    fp: Array
    fn: Array
    tn: Array


def _f1(c: Cuts) -> Array:
    return _ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def _matthews(c: Cuts) -> Array:
    spread = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
    return _ratio(c.tp * c.tn - c.fp * c.fn, np.sqrt(spread))


def _ratio(numerator: Array, denominator: Array) -> Array:
    zero: Array = np.zeros_like(denominator)
    return np.asarray(np.divide(numerator, denominator, out=zero, where=denominator > 0))


SCORES: Mapping[Goal, Callable[[Cuts], Array]] = {
    "f1": _f1,
    "f1_macro": lambda c: (_f1(c) + _f1(Cuts(c.tn, c.fn, c.fp, c.tp))) / 2,
    "balanced_accuracy": lambda c: (c.tp / (c.tp + c.fn) + c.tn / (c.tn + c.fp)) / 2,
    "matthews_corrcoef": _matthews,
    "accuracy": lambda c: (c.tp + c.tn) / (c.tp + c.fp + c.fn + c.tn),
}


@frozen(kw_only=True)
class Costs:
    """What a wrong decision costs, in any unit; a right one costs nothing."""

    false_positive: Annotated[Positive, "a row of the first class, taken for the second"]
    false_negative: Annotated[Positive, "a row of the second class, taken for the first"]

    def of(self, cuts: Cuts) -> Array:
        """(cuts,) mean cost of a row: (fp cost * fp + fn cost * fn) / rows."""
        rows = cuts.tp + cuts.fp + cuts.fn + cuts.tn
        return np.asarray((self.false_positive * cuts.fp + self.false_negative * cuts.fn) / rows)

    @property
    def calibrated(self) -> float:
        """fp cost / (fp cost + fn cost): the best threshold for calibrated probabilities."""
        return self.false_positive / (self.false_positive + self.false_negative)


@frozen
class ChosenThreshold:
    """A threshold, with its value and that of 0.5 on the rows that it was chosen on.

    value, at_half: a score or a mean cost of a row; None if unknown.  rows: their number.
    """

    threshold: float
    value: float | None
    at_half: float | None
    rows: int

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read a run's JSON object, whose other keys are ignored. Raises Malformed."""
        names = cls.__dataclass_fields__
        if not isinstance(value, dict):
            raise Malformed("expected a JSON object")
        known = {name: value[name] for name in names if name in value}
        read: Self = read_as(known, cls)
        if not 0.0 <= read.threshold <= 1.0:
            raise Malformed(f"threshold: expected 0 to 1, found {read.threshold:g}")
        return read


def choose_threshold(probability: Array, is_true: Array, goal: Goal | Costs) -> ChosenThreshold:
    """The threshold with the best score or the least cost.

    probability: (rows,).  is_true: (rows,) bool, of which some are true and some are false.
    All thresholds between two neighbouring probabilities are equivalent: of these 0.5 is taken if
    possible, else the middle. On ties, the threshold nearest to 0.5. 0.5 if a probability isn't
    finite.
    """
    if not np.isfinite(probability).all():
        return ChosenThreshold(0.5, None, None, len(is_true))
    levels, level = np.unique(probability.astype(np.float64), return_inverse=True)
    thresholds = _thresholds(levels)
    first = len(levels) + 1 - len(thresholds)  # 1 if no threshold is below the lowest level
    cuts = _cuts(level, is_true, len(levels), first)
    values = goal.of(cuts) if isinstance(goal, Costs) else SCORES[goal](cuts)
    best = values == (values.min() if isinstance(goal, Costs) else values.max())
    chosen = int(np.argmin(np.where(best, np.abs(thresholds - 0.5), np.inf)))
    half = int(np.searchsorted(levels, 0.5, "right")) - first
    return ChosenThreshold(
        float(thresholds[chosen]), float(values[chosen]), float(values[half]), len(is_true)
    )


def _thresholds(levels: Array) -> Array:
    """A threshold for each way to separate the levels, increasing; none below a level of 0."""
    low, high = np.concatenate([[0.0], levels]), np.concatenate([levels, [1.0]])
    middle = (low + high) / 2
    middle = np.where(middle < high, middle, low)  # low if they are adjacent floats
    middle = np.where((low <= 0.5) & (high > 0.5), 0.5, middle)
    return middle[1:] if levels[0] == 0.0 else middle


def _cuts(level: Array, is_true: Array, levels: int, first: int) -> Cuts:
    """The counts of each cut: `first` levels lie below the first one, then one more each."""
    below = [
        np.concatenate([[0], np.cumsum(np.bincount(level[kind], minlength=levels))])[first:]
        for kind in (is_true, ~is_true)
    ]
    fn, tn = (each.astype(np.float64) for each in below)
    return Cuts(np.count_nonzero(is_true) - fn, np.count_nonzero(~is_true) - tn, fn, tn)
