"""Target transforms: log, log1p and sqrt of a numeric target, and their inverses."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from nncli.errors import printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Table, refuse_rows

Transform = Literal["none", "log", "log1p", "sqrt"]
MIN_SKEWNESS = 2.0  # that of an exponential distribution; a normal one has 0
TRANSFORM_KEY = "data.preprocessing.target.transform"


@frozen
class _Function:
    """A transform, `apply`, and its inverse, `undo`.

    formula: of `apply`, `{0}` for its argument.  bound: the lower bound of its domain, excluded if
    is_open.
    """

    apply: Callable[[Array], Array]
    undo: Callable[[Array], Array]
    formula: str
    bound: float
    is_open: bool

    def is_defined(self, values: Array) -> Array:
        return values > self.bound if self.is_open else values >= self.bound


def _unchanged(values: Array) -> Array:
    return values


def _square(roots: Array) -> Array:
    """max(root, 0)^2, which is monotonic."""
    return np.square(np.maximum(roots, 0.0))


_FUNCTIONS: dict[Transform, _Function] = {
    "none": _Function(_unchanged, _unchanged, "{0}", -np.inf, is_open=False),
    "log": _Function(np.log, np.exp, "ln({0})", 0.0, is_open=True),
    "log1p": _Function(np.log1p, np.expm1, "ln(1 + {0})", -1.0, is_open=True),
    "sqrt": _Function(np.sqrt, _square, "sqrt({0})", 0.0, is_open=False),
}


def transformed(transform: Transform, values: Array) -> Array:
    """Apply the transform to target values; scaling comes after it."""
    return _FUNCTIONS[transform].apply(values)


def untransformed(transform: Transform, values: Array) -> Array:
    """The inverse of `transformed`; infinite on overflow."""
    with np.errstate(over="ignore"):
        return _FUNCTIONS[transform].undo(values)


def target_in_words(transform: Transform, name: str) -> str:
    """The transformed target as a formula.

    >>> target_in_words("log1p", "price"), target_in_words("none", "price")
    ('ln(1 + price)', 'price')
    """
    return _FUNCTIONS[transform].formula.format(name)


def refuse_untransformable(table: Table, transform: Transform) -> None:
    """Raises TableError for every target outside the domain, naming a transform for all."""
    function = _FUNCTIONS[transform]
    for name, values in zip(table.targets, table.y.T, strict=True):
        if wrong := np.flatnonzero(~function.is_defined(values)).tolist():
            more = "more than" if function.is_open else "at least"
            fixes = {wrong[0]: f" ({TRANSFORM_KEY}: {_wider(values)} takes all of them)"}
            message = f"{transform} is for targets of {more} {function.bound:g}, found"
            found = {row: f"{message} {values[row]:g}{fixes.get(row, '')}" for row in wrong}
            raise refuse_rows(wrong, table.place, name, found.__getitem__)


def _wider(values: Array) -> Transform:
    """A transform that is defined for all values."""
    options: Sequence[Transform] = ("log1p", "none") if values.min() < 0 else ("log1p",)
    return next(each for each in options if _FUNCTIONS[each].is_defined(values).all())


def skewness(values: Array) -> float:
    """mean(((x - mean) / standard deviation)^3): 0 if symmetric; NaN if all values are equal."""
    spread = values.std()
    return float(np.mean(((values - values.mean()) / spread) ** 3)) if spread > 0 else np.nan


def skew_hint(table: Table) -> str:
    """A hint at log or log1p if a single non-negative target is skewed; else empty."""
    if table.classes or len(table.targets) != 1:
        return ""
    values = table.y[:, 0]
    with np.errstate(all="ignore"):
        measured = skewness(values)
    if not (values.min() >= 0 and measured > MIN_SKEWNESS):
        return ""
    fit: Transform = "log" if values.min() > 0 else "log1p"
    return (
        f"{printable(table.targets[0])} has a long tail (skewness {measured:.1f}; 0 is symmetric): "
        f"if relative errors matter, target: {{transform: {fit}}}"
    )
