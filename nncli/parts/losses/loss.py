"""Loss: the base class of all losses."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from nncli.parts.activations import Activation
from nncli.parts.arrays import Array, LayerBuffers
from nncli.registry import Part


class Loss(Part):
    """(outputs, targets) -> value.

    A subclass defines `terms` or `total`, or both; a missing one is derived from the other. So are
    `terms_from_scores` and `total_from_scores`, which only a matched loss has.

    matched: the output activation with which the loss is computed from scores z; its gradient is
    `score_gradient`.
    targets: the closed interval that targets must lie in.
    off: the output that stands for "not this class or label"; 1 stands for the class or label.
    kinks: the errors a - t at which the loss has no derivative; for other kinks override `kinked`.
    formula, gradient_formula, score_gradient_formula: a term, d(term)/d(a) and, if matched,
    d(term)/d(z) as text, in terms of {a}, {t} and the part's own keys.
    reduction: how the terms are reduced to the loss, in words.  unit: of the loss.
    is_proper: whether the best constant prediction is the share of positive rows.
    equivalents: scikit-learn: a key of the estimator; keras: a loss, with its default reduction or
    the sum; pytorch: a module, {reduction} among its keys. Where the reduction factor differs, the
    generated code multiplies by the quotient.
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
        """Derive total from terms, or terms from total, even where a base class has both."""
        super().__init_subclass__(**options)
        own = vars(cls)
        for terms, total in (("terms", "total"), ("terms_from_scores", "total_from_scores")):
            if terms in own and total not in own:
                setattr(cls, total, _sum_of(own[terms]))
            elif total in own and terms not in own:
                setattr(cls, terms, _row_by_row(own[total]))

    def factor(self, rows: int, outputs: int) -> float:
        """The reduction factor of the sum: by default 1 / (rows * outputs), a mean."""
        return 1.0 / (rows * outputs)

    @property
    def title(self) -> str:
        """The name and the keys that aren't 0: `focal (gamma 2, alpha 0.25)`."""
        keys = [f"{key} {value:g}" for key, value in vars(self).items() if value]
        return f"{self.name} ({', '.join(keys)})" if keys else self.name

    @property
    def takes_any_target(self) -> bool:
        """Whether targets may be any real numbers, so that they can be scaled."""
        return self.targets == Loss.targets

    @property
    def is_sum(self) -> bool:
        """Whether the loss is a sum over rows, not a mean."""
        return self.factor(1, 1) == self.factor(2, 1)

    def terms(self, a: Array, t: Array) -> Array:
        """The addends of the total: of each output of each row, (rows, outputs), or of each row."""
        raise NotImplementedError

    def total(self, a: Array, t: Array) -> float:
        """The sum over rows and outputs."""
        raise NotImplementedError

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        """Write da = factor * d(total)/d(a); scratch has the shape of da."""
        raise NotImplementedError

    def score_gradient(self, output: LayerBuffers, t: Array, scratch: Array, factor: float) -> None:
        """Write dz = factor * d(total)/d(z) for the matched activation: here factor * (a - t).

        output: the output layer's buffers; a is y, dz is `slope_of_scores`, the rest is scratch.
        """
        dz = slope_of_scores(output)
        np.subtract(output.y, t, out=dz)
        np.multiply(dz, factor, out=dz)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        """(argument, kink) of each function in the loss that has a kink at that value."""
        return [(a - t, kink) for kink in self.kinks]

    def smoothed(self, t: Array, outputs: int) -> Array:
        """The targets t after label smoothing, if any. outputs: of the network."""
        return t

    def smoothing_formula(self, outputs: int) -> str:
        """The smoothed target as text, in terms of {y}; empty without label smoothing."""
        return ""

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        """The terms, computed from the matched activation's input z."""
        raise NotImplementedError

    def total_from_scores(self, z: Array, t: Array) -> float:
        """The sum of the terms, computed from the matched activation's input z."""
        raise NotImplementedError

    def misfit(self, activation: Activation, units: int) -> str:
        """Why the loss doesn't go with this output layer, and what does; empty if it goes."""
        return ""


def _sum_of(terms: Callable[[Any, Array, Array], Array]) -> Callable[[Any, Array, Array], float]:
    """A method total(a, t) that sums the terms."""
    return lambda loss, a, t: float(terms(loss, a, t).sum())


def _row_by_row(
    total: Callable[[Any, Array, Array], float],
) -> Callable[[Any, Array, Array], Array]:
    """A method terms(a, t) with the total of each row, (rows,), computed in a slow loop."""
    return lambda loss, a, t: np.array(
        [total(loss, a[row : row + 1], t[row : row + 1]) for row in range(len(t))]
    )


def slope_of_scores(output: LayerBuffers) -> Array:
    """The array for d(loss)/d(z) of the output layer: dz, or dy if z and a are the same array."""
    dz = output.saved.get("dz", output.dy)
    assert dz is not None
    return dz


def positive(a: Array) -> Array:
    """a, but at least the smallest normal number, so that its logarithm is finite."""
    return np.maximum(a, np.finfo(a.dtype).tiny)  # type: ignore[no-any-return]
