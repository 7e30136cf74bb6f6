"""Compare one element a of a gradient with centred differences of its objective f.

    n(h) = (f(theta_i + h) - f(theta_i - h)) / 2h

has two errors: the rounding of f adds rounding / h, and the curvature of f adds about c h^2. So
steps h from 1e-9 to 0.1 are tried, each times max(1, |theta_i|), except those with which an
argument crosses a kink.

- If |a - n(h)| <= 1e-6 max(|a|, |n(h)|) for any of them, a agrees.
- Else the step with the least error bound is used: rounding / h, plus a quarter of the difference
  between n(h) and the n of the next larger step, plus the rounding of a. a differs if |a - n(h)|
  minus the bound is more than 1e-6 max(|a|, |n(h)|); it is unresolved if both |a| and |n(h)| are
  within the bound.
- If kinks leave no step, or none that resolves a, the element is at a kink.
"""

import math
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise

import numpy as np

from nncli.frozen import frozen
from nncli.gradcheck.objectives import EPSILON, ObjectiveFunction
from nncli.parts.arrays import Array

TOLERANCE = 1e-6
STEPS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e-6, 1e-7, 1e-8, 1e-9)
PERTURBATIONS = 10
SAFETY = 4.0


class Outcome(Enum):
    """The outcome of comparing one element."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNRESOLVED = "unresolved"
    KINK = "kink"


@frozen
class Element:
    """One element of a gradient by both methods.

    index: in theta.  bound: the error bound of the numeric value; 0 if they agree without it.
    """

    index: int
    backpropagation: float
    numeric: float
    bound: float
    outcome: Outcome

    @property
    def relative_error(self) -> float:
        """(|a - n| - bound) / max(|a|, |n|), at least 0; infinite if a isn't finite."""
        return relative_error(self.backpropagation, self.numeric, self.bound)

    @property
    def severity(self) -> tuple[int, float]:
        """A sort key: elements that differ come last, before them those that agree, by error."""
        ranks = {Outcome.DIFFERS: 2, Outcome.AGREES: 1}
        return ranks.get(self.outcome, 0), self.relative_error


def relative_error(a: float, n: float, bound: float = 0.0) -> float:
    """(|a - n| - bound) / max(|a|, |n|), at least 0; infinity if a isn't finite."""
    if not math.isfinite(a - n):
        return math.inf
    excess = max(abs(a - n) - bound, 0.0)
    return excess / max(abs(a), abs(n)) if excess else 0.0


@frozen
class AnalyticGradient:
    """The gradient by backpropagation, with rounding errors.

    gradient_error: of each element.  value_error: of f.
    """

    gradient: Array
    gradient_error: Array
    value_error: float


def analytic_gradient(objective: ObjectiveFunction) -> AnalyticGradient:
    """The gradient at theta, and estimates of its and f's rounding error.

    Rounding changes the last digit of every number on the way. This is simulated ten times; the
    error is four times the largest effect, and at least that of a value of 1.
    """
    random = np.random.default_rng(0)
    value, gradient = objective.value(), objective.gradient()
    value_error, gradient_error = EPSILON * max(1.0, abs(value)), EPSILON * np.abs(gradient)
    for _ in range(PERTURBATIONS):
        other, moved = objective.perturbed(random)
        value_error = max(value_error, abs(other - value))
        np.maximum(gradient_error, np.abs(moved - gradient), out=gradient_error)
    return AnalyticGradient(gradient, SAFETY * gradient_error, SAFETY * value_error)


@frozen
class _Difference:
    """n(h). crosses: whether an argument of a function crosses its kink."""

    step: float
    slope: float
    crosses: bool


def compare(
    objective: ObjectiveFunction, analytic: AnalyticGradient, index: int, first: int
) -> Element:
    """Compare one element. first: the index of the layer that theta[index] belongs to."""
    tried, a = [], float(analytic.gradient[index])
    scale = max(1.0, abs(objective.theta[index]))
    for step in STEPS:
        difference = _difference(objective, index, step * scale, first)
        if not difference.crosses and relative_error(a, difference.slope) <= TOLERANCE:
            return Element(index, a, difference.slope, 0.0, Outcome.AGREES)
        tried.append(difference)
    return _judge(analytic, index, tried)


def _difference(objective: ObjectiveFunction, index: int, step: float, first: int) -> _Difference:
    theta = objective.theta
    kept = theta[index]
    points, values, sides = [], [], []
    for point in (kept + step, kept - step):
        theta[index] = point
        points.append(point)
        values.append(objective.value(first))
        sides.append(objective.sides())
    theta[index] = kept
    slope = (values[0] - values[1]) / (points[0] - points[1])
    return _Difference(step, float(slope), not np.array_equal(sides[0], sides[1]))


def _judge(analytic: AnalyticGradient, index: int, tried: list[_Difference]) -> Element:
    """The outcome, by the difference with the least error bound."""
    a = float(analytic.gradient[index])
    smooth = [each for each in tried if not each.crosses and math.isfinite(each.slope)]
    is_kinked = any(each.crosses for each in tried)
    blind = Outcome.KINK if is_kinked else Outcome.UNRESOLVED
    bounds = _bounds(smooth, analytic.value_error)
    bound, n = min(bounds, default=(math.inf, tried[0].slope))
    bound += float(analytic.gradient_error[index])
    outcome = Outcome.AGREES if max(abs(a), abs(n)) > bound else blind
    if relative_error(a, n, bound) > TOLERANCE:
        outcome = Outcome.DIFFERS
    return Element(index, a, n, bound, outcome)


def _bounds(smooth: list[_Difference], error: float) -> Iterator[tuple[float, float]]:
    """Yields (error bound, n(h)) for each step that has a larger one."""
    falling = sorted(smooth, key=lambda each: -each.step)
    beside = [(h, abs(h.slope - larger.slope)) for larger, h in pairwise(falling)]
    for h, gap in beside:
        yield error / h.step + 0.25 * gap, h.slope
