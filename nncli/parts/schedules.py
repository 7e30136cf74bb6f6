"""Schedules: what the learning rate is multiplied by over time. Simple -> complex.

t counts from 0 in `interval`s: epochs (held for the whole epoch) or steps; T is how many the run
has. With warmup n, the factor first rises as (t + 1) / n over the first n intervals, and the
formula below then starts with t = 0 and T - n.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from nncli.constraints import Bounds, Count, NonNegative, PositiveInt, Share
from nncli.registry import Part, part

Interval = Annotated[Literal["epoch", "step"], "what t, T, warmup and step_size count"]
Warmup = Annotated[
    Count, "intervals in which the rate first rises, as (t + 1) / warmup; t and T start after it"
]


class Schedule(Part):
    """t -> factor of the learning rate.

    formula: the rate after any warmup, of {lr}, t, T and the part's own keys.
    """

    kind = "schedule"
    formula: ClassVar[str] = ""
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
        raise NotImplementedError


@part("constant")
class Constant(Schedule):
    """lr_t = lr."""

    formula = "{lr}"

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

    rate: NonNegative = 0.01
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return math.exp(-self.rate * t)


@part("step")
class Step(Schedule):
    """lr_t = lr gamma^floor(t / step_size)."""

    formula = "{lr} * {gamma}^floor(t / {step_size})"

    step_size: PositiveInt = 30
    gamma: Annotated[float, Bounds(gt=0, le=1)] = 0.1
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return self.gamma ** (t // self.step_size)


@part("inverse_time", "time_decay")
class InverseTime(Schedule):
    """lr_t = lr / (1 + rate t)."""

    formula = "{lr} / (1 + {rate} * t)"

    rate: NonNegative = 0.01
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return 1.0 / (1.0 + self.rate * t)


@part("cosine", "cosine_annealing")
class Cosine(Schedule):
    """lr_t = lr (floor + (1 - floor) (1 + cos(pi t / T)) / 2).

    Source: Loshchilov and Hutter (2017), SGDR, without restarts.
    """

    formula = "{lr} * ({floor} + (1 - {floor}) * (1 + cos(pi * t / T)) / 2)"

    floor: Annotated[Share, "the factor approached at the end"] = 0.0
    interval: Interval = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        progress = min(t / total, 1.0) if total > 0 else 1.0
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * progress))


@part("one_cycle")
class OneCycle(Schedule):
    """Up by a cosine from lr / start_divisor to lr, then down to lr / end_divisor.

    The rise takes the share `rise` of T. The optimizer's learning rate is the peak.
    Source: Smith and Topin (2019), Super-convergence.
    """

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


def _cosine(start: float, end: float, progress: float) -> float:
    """Half a cosine from start to end, as progress goes from 0 to 1."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class PlateauState:
    """What reduce_on_plateau has seen: the best value, epochs since, and the factor in force."""

    best: float = math.inf
    waited: int = 0
    factor: float = 1.0


@part("reduce_on_plateau", "reduce_lr_on_plateau")
class ReduceOnPlateau(Schedule):
    """lr <- lr gamma when `monitor` hasn't improved by more than min_delta for `patience` epochs.

    The factor never falls below min_factor. Lower is better, but for scores such as accuracy.
    """

    monitor: Annotated[str, "a column of metrics.csv; auto: val_loss if there is one"] = "auto"
    gamma: Annotated[float, Bounds(gt=0, lt=1)] = 0.1
    patience: PositiveInt = 10
    min_delta: NonNegative = 0.0
    min_factor: Annotated[float, Bounds(gt=0, le=1), "the least factor of the rate"] = 1e-6
    interval: Annotated[Literal["epoch"], "what t counts"] = "epoch"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return 1.0

    def observe(self, state: PlateauState, value: float) -> PlateauState:
        """The state after an epoch that ended with `value` (lower is better)."""
        if value < state.best - self.min_delta:
            return PlateauState(value, 0, state.factor)
        if state.waited + 1 < self.patience:
            return PlateauState(state.best, state.waited + 1, state.factor)
        return PlateauState(state.best, 0, max(state.factor * self.gamma, self.min_factor))
