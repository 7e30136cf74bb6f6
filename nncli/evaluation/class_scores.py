"""Class scores: precision, recall, curves and calibration, class by class."""

from collections.abc import Sequence

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision
from nncli.parts.metrics import confusion
from nncli.parts.metrics.probabilities import average_precision

BINS = 10
ROWS_PER_BIN = 10  # at least: with fewer, a bin's share is mostly chance
CURVES = 10  # classes in one plot
POINTS = 500  # of a curve in a plot


@frozen
class ClassScores:
    """Scores of one class. A ratio whose denominator is 0 is 0.

    precision: the share of the rows predicted as the class that belong to it.
    recall: the share of the class's rows that are predicted as it.
    f1: their harmonic mean.  rows: the number of the class's rows.
    """

    precision: float
    recall: float
    f1: float
    rows: int


def per_class(
    predictions: Array, truth: Array, classes: Sequence[str], decision: Decision = LIKELIEST
) -> dict[str, ClassScores]:
    """The scores of every class, by name."""
    counts = confusion(predictions, truth, decision)
    right, true, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    columns = (right / np.maximum(predicted, 1), right / np.maximum(true, 1))
    f1 = 2 * right / np.maximum(true + predicted, 1)
    rows = zip(*(each.tolist() for each in (*columns, f1, true)), strict=True)
    return {name: ClassScores(*row) for name, row in zip(classes, rows, strict=True)}


def largest(counts: Array, most: int) -> list[int]:
    """The indices of the classes with the most rows, in the order of the classes."""
    return sorted(np.argsort(-counts.sum(axis=1), kind="stable")[:most].tolist())


@frozen
class Calibration:
    """How often predictions come true, in bins of similar probability.

    probability: the mean in each bin.  share: of its rows for which the prediction came true.
    rows: their number.  given: (rows,) every predicted probability.
    error: sum over bins of rows * |share - probability| / all rows (expected calibration error).
    """

    probability: Array
    share: Array
    rows: Array
    given: Array

    @property
    def error(self) -> float:
        gaps = np.abs(self.share - self.probability)
        return float((gaps * self.rows).sum() / self.rows.sum())


def calibration(predictions: Array, truth: Array) -> Calibration:
    """The calibration of the second of two classes; of more classes, of the predicted one.

    10 bins with the same number of rows; fewer if a bin would have less than 10 rows.
    """
    if predictions.shape[1] == 2:
        given, came_true = predictions[:, 1], truth == 1
    else:
        given, came_true = predictions.max(axis=1), LIKELIEST(predictions) == truth
    bins = min(BINS, max(len(truth) // ROWS_PER_BIN, 1))
    edges = np.quantile(given, np.linspace(0.0, 1.0, bins + 1)[1:-1])
    bin_of = np.searchsorted(edges, given)
    rows = np.bincount(bin_of, minlength=bins)
    filled = rows > 0  # equal probabilities share a bin
    probability = np.bincount(bin_of, given, bins)[filled] / rows[filled]
    share = np.bincount(bin_of, came_true, bins)[filled] / rows[filled]
    return Calibration(probability, share, rows[filled], given)


@frozen
class RocCurve:
    """True positive rate over false positive rate, by falling threshold."""

    name: str
    false_positive: Array
    true_positive: Array
    area: float


@frozen
class PrecisionRecallCurve:
    """Precision over recall, by falling threshold.

    area: the average precision.  chance: the precision of a guess, which is the class's share of
    rows.
    """

    name: str
    recall: Array
    precision: Array
    area: float
    chance: float


def roc_curves(predictions: Array, truth: Array, classes: Sequence[str]) -> list[RocCurve]:
    """The ROC curve of the second of two classes; of more, of each class against all others.

    Of the 10 classes with the most rows, those that have some rows, but not all.
    """
    drawn = _drawn(truth, len(classes))
    return [roc_curve(classes[c], predictions[:, c], truth == c) for c in drawn]


def precision_recall_curves(
    predictions: Array, truth: Array, classes: Sequence[str]
) -> list[PrecisionRecallCurve]:
    """The precision-recall curves of the same classes as `roc_curves`."""
    drawn = _drawn(truth, len(classes))
    return [precision_recall_curve(classes[c], predictions[:, c], truth == c) for c in drawn]


def _drawn(truth: Array, classes: int) -> list[int]:
    rows = np.bincount(truth, minlength=classes)
    frequent = [1] if classes == 2 else largest(rows[:, None], CURVES)
    return [index for index in frequent if 0 < rows[index] < len(truth)]


def roc_curve(name: str, score: Array, is_true: Array) -> RocCurve:
    """The ROC curve of one class, with as many points as a plot shows."""
    found, wrong = _by_threshold(score, is_true)
    bends = np.diff(found, 2, prepend=-1, append=-1) != 0  # other points are on a straight line
    bends |= np.diff(wrong, 2, prepend=-1, append=-1) != 0
    bends[[0, -1]] = True
    x, y = (np.append(0.0, each[bends] / each[-1]) for each in (wrong, found))
    shown = _shown(len(x))
    return RocCurve(name, x[shown], y[shown], float(np.trapezoid(y, x)))


def precision_recall_curve(name: str, score: Array, is_true: Array) -> PrecisionRecallCurve:
    """The precision-recall curve of one class, with as many points as a plot shows."""
    found, wrong = _by_threshold(score, is_true)
    precision = np.append(1.0, found / (found + wrong))
    recall = np.append(0.0, found / found[-1])
    shown, area = _shown(len(recall)), average_precision(score[:, None], is_true[:, None])
    chance = float(is_true.mean())
    return PrecisionRecallCurve(name, recall[shown], precision[shown], float(area[0]), chance)


def _by_threshold(score: Array, is_true: Array) -> tuple[Array, Array]:
    """(true positives, false positives) at each distinct score, falling."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    found = np.cumsum(is_true[order])[last]
    return found, last + 1 - found


def _shown(points: int) -> Array:
    """The indices of the points that a plot shows, the first and the last included."""
    return np.unique(np.linspace(0, points - 1, min(points, POINTS)).round().astype(int))
