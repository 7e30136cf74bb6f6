"""Row weights: the weight of each row in the loss."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from nncli.errors import DataError, did_you_mean
from nncli.frozen import frozen
from nncli.parts.arrays import Array

ClassWeight = Literal["balanced"] | Mapping[str, float] | None


@frozen
class RowWeights:
    """w_i = c_i s_i / mean, of class weights c and sample weights s; the mean of w over the
    training rows is 1.

    of_classes: c by class index; None: all 1.  mean: of c s over the training rows.  own_mean: of s
    over the training rows, the s of rows without sample weights; 1 if no row has one.
    """

    of_classes: Array | None
    mean: float
    own_mean: float = 1.0

    @classmethod
    def fit(
        cls,
        y: Array,
        classes: tuple[str, ...],
        class_weight: ClassWeight,
        sample_weight: Array | None,
        train: Array,
    ) -> "RowWeights | None":
        """Fit to the training rows `train`; None if neither weight is given.

        y: of all rows, class indices (rows,) or numbers (rows, targets).  classes: empty for
        numbers.  class_weight: c by class name, default 1; balanced: see `balanced`.
        sample_weight: s, (rows,), finite and not negative.
        Raises DataError for invalid weights.
        """
        if class_weight is None and sample_weight is None:
            return None
        of_classes = None
        if class_weight is not None:
            of_classes = _of_classes(class_weight, classes, y[train])
        s = None if sample_weight is None else _checked(sample_weight)[train]
        with np.errstate(over="ignore"):
            mean = cls(of_classes, 1.0)(y[train], s).mean()
        if mean == np.inf:
            raise DataError("the sum of the weights overflows: use smaller ones")
        if mean == 0:
            raise DataError("the weights of the training rows are all 0: there is nothing to learn")
        return cls(of_classes, float(mean), 1.0 if s is None else float(s.mean()))

    def __call__(self, y: Array, sample_weight: Array | None = None) -> Array:
        """(rows,) float64 weights of rows with targets y."""
        weights = np.full(len(y), self.own_mean)
        if sample_weight is not None:
            weights = sample_weight.astype(float)
        if self.of_classes is not None:
            weights = weights * self.of_classes[y]
        return np.asarray(weights / self.mean)


def balanced(y: Array, classes: int) -> Array:
    """(classes,) c = rows / (classes present * rows of the class): all classes weigh the same.

    c is 0 for a class without rows.
    """
    counts = np.bincount(y, minlength=classes)
    shares = np.count_nonzero(counts) * counts
    return np.asarray(np.divide(len(y), shares, out=np.zeros(classes), where=counts > 0))


def _of_classes(
    class_weight: Literal["balanced"] | Mapping[str, float], classes: tuple[str, ...], y: Array
) -> Array:
    if not classes:
        raise DataError("it needs classes, but the target is a number")
    if class_weight == "balanced":
        return balanced(y, len(classes))
    for name in class_weight:
        if name not in classes:
            known = ", ".join([*classes[:10], *(["..."] if len(classes) > 10 else [])])
            hint = did_you_mean(name, classes)
            raise DataError(f"unknown class '{name}'{hint}; known: {known}")
    return np.array([class_weight.get(name, 1.0) for name in classes])


def _checked(sample_weight: Array) -> Array:
    wrong = np.flatnonzero(~(np.isfinite(sample_weight) & (sample_weight >= 0)))
    if len(wrong):
        row = wrong[0]
        found = f"{sample_weight[row]:g}"
        raise DataError(f"the weight of row {row + 1} is {found}: expected a number >= 0")
    return sample_weight
