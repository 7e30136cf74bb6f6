"""Schedules: the factor of the learning rate over time. Simple -> complex.

t counts `interval`s from 0: epochs, during which the rate is constant, or steps; T is the run's
number of intervals. With warmup n, the factor is (t + 1) / n during the first n intervals; the
formulas below then start with t = 0, and T is n smaller.
"""

import math
from typing import Annotated, Any, ClassVar, Literal

from nncli.constraints import Bounds, Count, NonNegative, Positive, PositiveInt, Share
from nncli.equivalent import Equivalent, unsupported
from nncli.frozen import frozen
from nncli.registry import Part, part

Interval = Annotated[Literal["epoch", "step"], "the unit of t, T, warmup and step_size"]
Warmup = Annotated[
    Count, "intervals in which the rate first rises, as (t + 1) / warmup; t and T start after it"
]


class Schedule(Part):
    """t -> factor of the learning rate.

    formula: the rate after any warmup, in terms of {lr}, t, T and the part's own keys.
    code: the factor after any warmup as the body of a Python function of t, in terms of {total},
    the {last} t and the part's own keys; empty if the factor isn't a function of t.
    equivalents: keras: a schedule or callback; pytorch: a scheduler; both in terms of
    {learning_rate}, {total} and the {steps} of an interval.
    """

    kind = "schedule"
    formula: ClassVar[str] = ""
    code: ClassVar[str] = ""
    equivalents = {
        "scikit-learn": unsupported(
            "schedule {name}; learning_rate has 'invscaling' (by rows seen) and 'adaptive' "
            "(/ 5 when the batches' loss stalls)"
        )
    }
    interval: Interval
    warmup: Warmup

    @property
    def is_constant(self) -> bool:
        """Whether the factor is the same at every t."""
        return False

    def factor(self, t: int, total: int) -> float:
        """The factor at t of `total` intervals, warmup included."""
        if t < self.warmup:
            return (t + 1) / self.warmup
        return self.after_warmup(t - self.warmup, total - self.warmup)

    def after_warmup(self, t: int, total: int) -> float:
        """The factor after warmup; t counts from the end of warmup, `total` is without it."""
        raise NotImplementedError

    def function_code(self, total: int) -> str:
        """Python code of `def factor(t)`, the factor at t of `total`; empty without `code`."""
        if not self.code:
            return ""
        after, warmup = total - self.warmup, self.warmup
        numbers = {**vars(self), "total": max(after, 1), "last": max(after - 1, 1)}
        lines = self.code.format(**numbers).splitlines()
        if warmup:
            lines = [
                f"if t < {warmup}:",
                f"    return (t + 1) / {warmup}",
                f"t -= {warmup}",
                *lines,
            ]
        return "\n".join(["import math\n", "def factor(t):", *(f"    {line}" for line in lines)])


COUNTED = "Keras' schedules count steps: {steps} an interval, and staircase holds the rate"


@part("constant")
class Constant(Schedule):
    """lr_t = lr."""

    formula = "{lr}"
    code = "return 1"
    equivalents = {"scikit-learn": 'learning_rate="constant"'}

    interval: Interval = "epoch"
    warmup: Warmup = 0

    @property
    def is_constant(self) -> bool:
        return self.warmup == 0

    def after_warmup(self, t: int, total: int) -> float:
        return 1.0


@part("exponential", "exponential_decay")
class Exponential(Schedule):
    """lr_t = lr exp(-rate t)."""

    formula = "{lr} * exp(-{rate} * t)"
    code = "return math.exp(-{rate} * t)"
    equivalents = {
        "keras": Equivalent(
            "schedules.ExponentialDecay({learning_rate}, {steps}, {shrink!r}, staircase=True)",
            COUNTED,
        ),
        "pytorch": "ExponentialLR(optimizer, {shrink!r})",
    }

    rate: NonNegative = 0.01
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return math.exp(-self.rate * t)

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        return super().equivalent(library, shrink=math.exp(-self.rate), **names)


@part("step")
class Step(Schedule):
    """lr_t = lr gamma^floor(t / step_size)."""

    formula = "{lr} * {gamma}^floor(t / {step_size})"
    code = "return {gamma} ** (t // {step_size})"
    equivalents = {
        "keras": Equivalent(
            "schedules.ExponentialDecay({learning_rate}, {held}, {gamma}, staircase=True)",
            "Keras' schedules count steps: {step_size} intervals of {steps}",
        ),
        "pytorch": "StepLR(optimizer, {step_size}, {gamma})",
    }

    step_size: PositiveInt = 30
    gamma: Annotated[float, Bounds(gt=0, le=1)] = 0.1
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return self.gamma ** (t // self.step_size)

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        return super().equivalent(library, held=self.step_size * names["steps"], **names)


@part("inverse_time", "time_decay")
class InverseTime(Schedule):
    """lr_t = lr / (1 + rate t)."""

    formula = "{lr} / (1 + {rate} * t)"
    code = "return 1 / (1 + {rate} * t)"
    equivalents = {
        "keras": Equivalent(
            "schedules.InverseTimeDecay({learning_rate}, {steps}, {rate}, staircase=True)", COUNTED
        ),
        "pytorch": "LambdaLR(optimizer, lambda t: 1 / (1 + {rate} * t))",
    }

    rate: NonNegative = 0.01
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return 1.0 / (1.0 + self.rate * t)


@part("linear", "linear_decay")
class Linear(Schedule):
    """lr_t = lr (floor + (1 - floor) (1 - t / T))."""

    formula = "{lr} * ({floor} + (1 - {floor}) * (1 - t / T))"
    code = "return {floor} + (1 - {floor}) * (1 - t / {total})"
    equivalents = {
        "keras": Equivalent(
            "", "PolynomialDecay with power=1 moves the rate each step, factor(t) each {interval}"
        ),
        "pytorch": "LinearLR(optimizer, 1.0, {floor}, {total})",
    }

    floor: Annotated[Share, "the factor reached at the end"] = 0.0
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        progress = min(t / total, 1.0) if total > 0 else 1.0
        return self.floor + (1.0 - self.floor) * (1.0 - progress)


@part("polynomial", "polynomial_decay")
class Polynomial(Schedule):
    """lr_t = lr (floor + (1 - floor) (1 - t / T)^power)."""

    formula = "{lr} * ({floor} + (1 - {floor}) * (1 - t / T)^{power})"
    code = "return {floor} + (1 - {floor}) * (1 - t / {total}) ** {power}"
    equivalents = {
        "keras": Equivalent(
            "", "PolynomialDecay moves the rate each step, factor(t) each {interval}"
        ),
        "pytorch": Equivalent(
            "LambdaLR(optimizer, lambda t: {floor} + (1 - {floor}) * "
            "max(1 - t / {total}, 0) ** {power})",
            "PolynomialLR(optimizer, {total}, {power}) is this with floor 0",
        ),
    }

    power: Positive = 2.0
    floor: Annotated[Share, "the factor reached at the end"] = 0.0
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        progress = min(t / total, 1.0) if total > 0 else 1.0
        return self.floor + (1.0 - self.floor) * math.pow(1.0 - progress, self.power)


@part("cosine", "cosine_annealing")
class Cosine(Schedule):
    """lr_t = lr (floor + (1 - floor) (1 + cos(pi t / T)) / 2).

    Source: Loshchilov and Hutter (2017), SGDR, without restarts.
    """

    formula = "{lr} * ({floor} + (1 - {floor}) * (1 + cos(pi * t / T)) / 2)"
    code = "return {floor} + (1 - {floor}) * (1 + math.cos(math.pi * t / {total})) / 2"
    equivalents = {
        "keras": Equivalent("", "CosineDecay moves the rate each step, factor(t) each {interval}"),
        "pytorch": "CosineAnnealingLR(optimizer, {total}, eta_min={lowest:.12g})",
    }

    floor: Annotated[Share, "the factor approached at the end"] = 0.0
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        progress = min(t / total, 1.0) if total > 0 else 1.0
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * progress))

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        return super().equivalent(library, lowest=names["learning_rate"] * self.floor, **names)


@part("cosine_restarts", "cosine_warm_restarts")
class CosineRestarts(Schedule):
    """cosine over cycles of `period` intervals, each `growth` times as long as the one before.

    Source: Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts.
    """

    code = """\
length = {period}
while t >= length:
    t, length = t - length, length * {growth}
return {floor} + (1 - {floor}) * (1 + math.cos(math.pi * t / length)) / 2"""
    equivalents = {
        "keras": Equivalent(
            "", "CosineDecayRestarts moves the rate each step, factor(t) each {interval}"
        ),
        "pytorch": "CosineAnnealingWarmRestarts(optimizer, {period}, {growth}, {lowest:.12g})",
    }

    period: Annotated[PositiveInt, "intervals of the first cycle"] = 10
    growth: Annotated[
        PositiveInt, "the factor by which each cycle is longer than the one before"
    ] = 1
    floor: Annotated[Share, "the factor approached at the end of a cycle"] = 0.0
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        length = self.period
        if self.growth == 1:
            t %= length
        while t >= length:
            t, length = t - length, length * self.growth
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * t / length))

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        return super().equivalent(library, lowest=names["learning_rate"] * self.floor, **names)


@part("one_cycle")
class OneCycle(Schedule):
    """Up by a cosine from lr / start_divisor to lr, then down to lr / end_divisor.

    The rise takes the share `rise` of T. The optimizer's learning rate is the peak.
    Source: Smith and Topin (2019), Super-convergence.
    """

    code = """\
done = t / {last}
if done < {rise}:
    low, share = 1 / {start_divisor}, 1 - done / {rise}
else:
    low, share = 1 / {end_divisor}, (done - {rise}) / (1 - {rise})
return low + (1 - low) * (1 + math.cos(math.pi * share)) / 2"""
    equivalents = {
        "keras": unsupported("a class for one_cycle; hence factor(t)"),
        "pytorch": Equivalent(
            "OneCycleLR(optimizer, {learning_rate}, {total}, pct_start={peak:.17g}, "
            "div_factor={start_divisor}, final_div_factor={fall}, cycle_momentum=False)",
            "OneCycleLR counts its rise as pct_start * T - 1 steps, here it is rise * (T - 1); "
            "by default it moves the momentum too",
        ),
    }

    rise: Annotated[float, Bounds(gt=0, lt=1), "the share of T spent rising"] = 0.3
    start_divisor: Annotated[float, Bounds(ge=1)] = 25.0
    end_divisor: Annotated[float, Bounds(ge=1)] = 1e5
    interval: Interval = "step"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        progress = min(t / max(total - 1, 1), 1.0)
        if progress < self.rise:
            return _cosine(1.0 / self.start_divisor, 1.0, progress / self.rise)
        return _cosine(1.0, 1.0 / self.end_divisor, (progress - self.rise) / (1.0 - self.rise))

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        total, fall = names["total"], self.end_divisor / self.start_divisor
        peak = (self.rise * (total - 1) + 1) / total
        return super().equivalent(library, peak=peak, fall=fall, **names)


def _cosine(start: float, end: float, progress: float) -> float:
    """Half a cosine from start to end, as progress goes from 0 to 1."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * progress))


@frozen
class PlateauState:
    """State of reduce_on_plateau: best value, epochs since the best or last cut, current factor."""

    best: float = math.inf
    waited: int = 0
    factor: float = 1.0


@part("reduce_on_plateau", "reduce_lr_on_plateau")
class ReduceOnPlateau(Schedule):
    """lr <- lr gamma when `monitor` hasn't improved by more than min_delta for `patience` epochs.

    The factor never falls below min_factor. Lower is better, except for scores such as accuracy.
    """

    equivalents = {
        "keras": Equivalent(
            "keras.callbacks.ReduceLROnPlateau({monitor!r}, {gamma}, {patience}, "
            'mode="{mode}", min_delta={min_delta}, min_lr={lowest:.12g})',
            "ReduceLROnPlateau's default min_delta is 0.0001, here it is {min_delta}",
        ),
        "pytorch": Equivalent(
            "ReduceLROnPlateau(optimizer, {mode!r}, {gamma}, patience={waits}, "
            'threshold={min_delta}, threshold_mode="abs", min_lr={lowest:.12g}, eps=0.0)',
            "ReduceLROnPlateau waits for more than `patience` epochs: {patience} - 1 = {waits}",
            "its default threshold is a share of the best value (1e-4), here a difference",
        ),
    }

    monitor: Annotated[str, "a column of metrics.csv; auto: val_loss if there is one"] = "auto"
    gamma: Annotated[float, Bounds(gt=0, lt=1)] = 0.1
    patience: PositiveInt = 10
    min_delta: NonNegative = 0.0
    min_factor: Annotated[float, Bounds(gt=0, le=1), "the least factor of the rate"] = 1e-6
    interval: Annotated[Literal["epoch"], "what t counts"] = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return 1.0

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        lowest, waits = names["learning_rate"] * self.min_factor, self.patience - 1
        return super().equivalent(library, lowest=lowest, waits=waits, **names)

    def observe(self, state: PlateauState, value: float) -> PlateauState:
        """The state after an epoch that ended with `value` (lower is better)."""
        if value < state.best - self.min_delta:
            return PlateauState(value, 0, state.factor)
        if state.waited + 1 < self.patience:
            return PlateauState(state.best, state.waited + 1, state.factor)
        return PlateauState(state.best, 0, max(state.factor * self.gamma, self.min_factor))
