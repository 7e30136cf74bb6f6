"""Loss: what every loss declares and computes."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from nncli.parts.activations import Activation
from nncli.parts.arrays import Array, LayerBuffers
from nncli.registry import Part


class Loss(Part):
    """(outputs, targets) -> value.

    A loss has `terms` or `total` of its own, or both: what it leaves out follows from the other.
    So do `terms_from_scores` and `total_from_scores`, which only a matched loss needs.

    matched: the activation whose scores z the loss takes, with the gradient `score_gradient`.
    targets: the closed interval targets must lie in.
    off: what asks an output for the class or label that isn't there, where 1 asks for it.
    kinks: the errors a - t where the loss has no derivative; `kinked` where others have.
    formula, gradient_formula, score_gradient_formula: a term, d(term)/d(a) and, of a matched loss,
    d(term)/d(z), of {a}, {t} and the part's own keys.
    reduction: the terms become one number by this.  unit: of that number.
    is_proper: whether the best constant probability is the share of rows that are so.
    equivalents: scikit-learn: a key of the estimator; keras: a loss with the mean or sum of its
    name; pytorch: a module, {reduction} among its keys. A factor is put before it where it differs.
    """

    kind = "loss"
    matched: ClassVar[type[Activation] | None] = None
    targets: ClassVar[tuple[float, float]] = (-np.inf, np.inf)
    off: ClassVar[float] = 0.0
    kinks: ClassVar[tuple[float, ...]] = ()
    formula: ClassVar[str] = ""
    gradient_formula: ClassVar[str] = ""
    score_gradient_formula: ClassVar[str] = "{a} - {t}"
    reduction: ClassVar[str] = "mean over rows and outputs"
    unit: ClassVar[str] = ""
    is_proper: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        """Derive total from terms, or terms from total, also where a base has the other already."""
        super().__init_subclass__(**options)
        own = vars(cls)
        for terms, total in (("terms", "total"), ("terms_from_scores", "total_from_scores")):
            if terms in own and total not in own:
                setattr(cls, total, _sum_of(own[terms]))
            elif total in own and terms not in own:
                setattr(cls, terms, _row_by_row(own[total]))

    def factor(self, rows: int, outputs: int) -> float:
        """What the sum is multiplied by: by default 1 / (rows * outputs), a mean."""
        return 1.0 / (rows * outputs)

    @property
    def title(self) -> str:
        """`focal (gamma 2, alpha 0.25)`: the name and the keys; one at 0 does nothing."""
        keys = [f"{key} {value:g}" for key, value in vars(self).items() if value]
        return f"{self.name} ({', '.join(keys)})" if keys else self.name

    @property
    def takes_any_target(self) -> bool:
        """Whether targets may be any numbers, scaled ones among them."""
        return self.targets == Loss.targets

    @property
    def is_sum(self) -> bool:
        """Whether rows add up, so that more of them make a greater loss."""
        return self.factor(1, 1) == self.factor(2, 1)

    def terms(self, a: Array, t: Array) -> Array:
        """The addends of the total: of each output of each row, (rows, outputs), or of each row."""
        raise NotImplementedError

    def total(self, a: Array, t: Array) -> float:
        """The sum over rows and outputs."""
        raise NotImplementedError

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        """Write da = factor * d(total)/d(a); scratch has its shape."""
        raise NotImplementedError

    def score_gradient(self, output: LayerBuffers, t: Array, scratch: Array, factor: float) -> None:
        """Write dz = factor * d(total)/d(z) for the matched activation: of cross-entropies a - t.

        output: its layer's buffers: a is y, dz is `slope_of_scores`, the rest is free to work in.
        """
        dz = slope_of_scores(output)
        np.subtract(output.y, t, out=dz)
        np.multiply(dz, factor, out=dz)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        """Each array that goes through a function with a kink, and where that function has it."""
        return [(a - t, kink) for kink in self.kinks]

    def smoothed(self, t: Array, outputs: int) -> Array:
        """Targets of the data as a loss of so many outputs compares with them."""
        return t

    def smoothing_formula(self, outputs: int) -> str:
        """What `smoothed` makes of a target {y}; empty if it leaves it as it is."""
        return ""

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        """The terms for the matched activation, from its input z."""
        raise NotImplementedError

    def total_from_scores(self, z: Array, t: Array) -> float:
        """The sum for the matched activation, from its input z."""
        raise NotImplementedError

    def misfit(self, activation: Activation, units: int) -> str:
        """Why the pair makes no sense and what to use instead; empty if it does."""
        return ""


def _sum_of(terms: Callable[[Any, Array, Array], Array]) -> Callable[[Any, Array, Array], float]:
    """total(a, t): the sum of the terms."""
    return lambda loss, a, t: float(terms(loss, a, t).sum())


def _row_by_row(
    total: Callable[[Any, Array, Array], float],
) -> Callable[[Any, Array, Array], Array]:
    """terms(a, t), (rows,): the total of each row alone, in a loop and thus slow."""
    return lambda loss, a, t: np.array(
        [total(loss, a[row : row + 1], t[row : row + 1]) for row in range(len(t))]
    )


def slope_of_scores(output: LayerBuffers) -> Array:
    """Where d(loss)/d(z) of an output layer lies: in dz, or dy where z and a are one array."""
    dz = output.saved.get("dz", output.dy)
    assert dz is not None
    return dz


def positive(a: Array) -> Array:
    """a, kept from 0, so that its logarithm is finite."""
    return np.maximum(a, np.finfo(a.dtype).tiny)  # type: ignore[no-any-return]
