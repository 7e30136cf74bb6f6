"""Dead units: are there units that can't learn any more, dead relus or saturated sigmoids?"""

from collections.abc import Sequence

import numpy as np

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edits
from nncli.doctor.feature_scales import scalings
from nncli.doctor.fix_trials import start_healthy, stay_healthy
from nncli.doctor.forward import forward_chunks
from nncli.frozen import frozen
from nncli.parts.activations import Activation, Relu, Sigmoid, Tanh
from nncli.parts.arrays import Array
from nncli.parts.layers import ActivationLayer, Dense, Layer

# shares of a layer's units: most networks have some dead ones, wide ones that learn well have many
MAX_DEAD, MAX_DEAD_OF_LEARNED = 0.5, 0.8
MAX_SATURATED_AT_START = 0.5  # share of a layer's values
MAX_SATURATED = 0.9  # the same after training, which saturates units for separable classes
LOST_SLOPE = 0.02  # share of the maximal slope: |z| > 5.3 for sigmoid, 2.6 for tanh


@frozen
class Units:
    """The units of a layer. dead: whether each one is.  saturated: the share of such values."""

    name: str
    dead: Array | None
    saturated: float | None

    @property
    def share_dead(self) -> float:
        return 0.0 if self.dead is None else float(self.dead.mean())

    @property
    def dead_of_all(self) -> str:
        return "" if self.dead is None else f"{int(self.dead.sum())} of {len(self.dead)}"


def activation_of(layer: Layer) -> Activation | None:
    if isinstance(layer, Dense):
        return layer.activation
    return layer.function if isinstance(layer, ActivationLayer) else None


def units_of(run: DiagnosedRun, theta: Array) -> list[Units]:
    """The units of every hidden layer with an activation, over the sampled rows.

    The output is included if it may stop learning: if it is a relu, or a sigmoid or tanh whose
    slope isn't cancelled by the loss.
    """
    bends = isinstance(run.network.output.activation, Relu | Sigmoid | Tanh)
    may_stick = bends and not run.network.is_matched
    nodes = run.network.nodes if may_stick else run.network.nodes[:-1]
    activations = [activation_of(node.layer) for node in nodes]
    is_on = [np.zeros(node.outputs, bool) for node in nodes]
    pinned = [0] * len(nodes)
    for buffers in forward_chunks(run.network, theta, run.rows):
        for place, (activation, own) in enumerate(zip(activations, buffers, strict=False)):
            if isinstance(activation, Relu):
                is_on[place] |= (own.y > 0).any(axis=0)
            elif isinstance(activation, Sigmoid | Tanh):
                pinned[place] += int((_slope(activation, own.y) < LOST_SLOPE).sum())
    rows = len(run.rows)
    return [
        Units(
            node.name,
            ~on if isinstance(activation, Relu) else None,
            count / (rows * node.outputs) if isinstance(activation, Sigmoid | Tanh) else None,
        )
        for node, activation, on, count in zip(nodes, activations, is_on, pinned, strict=False)
    ]


def _slope(activation: Activation, a: Array) -> Array:
    """f'(z) / max f', computed from a = f(z)."""
    return np.asarray(4.0 * a * (1.0 - a) if isinstance(activation, Sigmoid) else 1.0 - a * a)


def better_starts(run: DiagnosedRun) -> Edits:
    return [*scalings(run), *candidates.standard_starts(run)]


def gentler_training(run: DiagnosedRun) -> Edits:
    return [*scalings(run), *candidates.lower_rates(run)]


def most_dead(run: DiagnosedRun, theta: Array) -> float:
    """The largest share of dead units of a layer."""
    return max((units.share_dead for units in units_of(run, theta)), default=0.0)


def most_saturated(run: DiagnosedRun, theta: Array) -> float:
    """The largest share of saturated values of a layer."""
    return max((units.saturated or 0.0 for units in units_of(run, theta)), default=0.0)


@frozen
class DeadUnits:
    """The relu layers of a run, of which there is at least one.

    worst: the one with the largest share of dead units.  start: the same layer before training.
    most: the largest share that is in order.
    """

    layers: Sequence[Units]
    worst: Units
    start: Units
    most: float

    def __str__(self) -> str:
        counts = ", ".join(f"{units.name} {units.dead_of_all}" for units in self.layers)
        return f"relu units that are 0 for every row: {counts}"

    @property
    def early(self) -> int:
        """How many of the worst layer's dead units were dead before training."""
        assert self.worst.dead is not None
        assert self.start.dead is not None
        return int((self.worst.dead & self.start.dead).sum())

    @property
    def are_born_dead(self) -> bool:
        """Whether most dead units of the worst layer were dead before training."""
        assert self.worst.dead is not None
        return bool(self.early > self.worst.dead.sum() / 2)

    def message(self) -> str:
        since = f"all but {self.early} of them only since then" if self.early else ""
        if self.are_born_dead:
            since = f"{self.early} of them from the start"
        what = f"{self.worst.dead_of_all} relu units are 0 for every row"
        return f"{self.worst.name}: {what}; {since or 'none was at the start'}"


def measure_dead(run: DiagnosedRun) -> DeadUnits | str:
    relus = [units for units in units_of(run, run.theta) if units.dead is not None]
    if not relus:
        return "skipped: no relu"
    worst = max(relus, key=lambda units: units.share_dead)
    start = next(each for each in units_of(run, run.theta_at_start) if each.name == worst.name)
    return DeadUnits(relus, worst, start, MAX_DEAD if run.learned_little else MAX_DEAD_OF_LEARNED)


def reviving(run: DiagnosedRun) -> Edits:
    return [*candidates.leaky(run), *candidates.open_output(run)]


DEAD_UNITS = Check[DeadUnits](
    name="dead units",
    question="Are there relu units that are 0 for every row? They get no gradient any more.",
    rank=Rank.EFFECT,
    measure=measure_dead,
    criteria=(
        Criterion(
            number=lambda dead: dead.worst.share_dead if dead.are_born_dead else None,
            most=lambda dead: dead.most,
            message=DeadUnits.message,
            candidates=lambda run: [*better_starts(run), *reviving(run)],
            choose=start_healthy(most_dead, MAX_DEAD),
        ),
        Criterion(
            number=lambda dead: None if dead.are_born_dead else dead.worst.share_dead,
            most=lambda dead: dead.most,
            message=DeadUnits.message,
            candidates=lambda run: [*gentler_training(run), *reviving(run)],
            choose=stay_healthy(most_dead, MAX_DEAD),
        ),
    ),
)


@frozen
class SaturatedUnits:
    """The layers with the largest share of saturated values, before training and now."""

    start: Units
    now: Units

    @property
    def early(self) -> float:
        return self.start.saturated or 0.0

    @property
    def late(self) -> float:
        return self.now.saturated or 0.0

    def __str__(self) -> str:
        return f"values with no slope left: {self.early:.0%} at the start, {self.late:.0%} now"

    def message_of_start(self) -> str:
        lost = "of its values start with 98% of their slope lost"
        return f"{self.start.name}: {self.early:.0%} {lost}"

    def message_of_now(self) -> str:
        return f"{self.now.name}: {self.late:.0%} of its values have lost 98% of their slope"


def measure_saturated(run: DiagnosedRun) -> SaturatedUnits | str:
    start, now = (units_of(run, theta) for theta in (run.theta_at_start, run.theta))
    if all(units.saturated is None for units in now):
        return "skipped: no hidden sigmoid or tanh"
    most = [max(layers, key=lambda units: units.saturated or 0.0) for layers in (start, now)]
    return SaturatedUnits(*most)


SATURATED_UNITS = Check[SaturatedUnits](
    name="saturated units",
    question="Are sigmoid or tanh units saturated, where their slope is almost 0?",
    rank=Rank.EFFECT,
    measure=measure_saturated,
    criteria=(
        Criterion(
            number=lambda units: units.early,
            most=MAX_SATURATED_AT_START,
            message=SaturatedUnits.message_of_start,
            value=lambda units: max(units.early, units.late),
            candidates=better_starts,
            choose=start_healthy(most_saturated, MAX_SATURATED_AT_START),
        ),
        Criterion(
            number=lambda units: units.late if units.early <= MAX_SATURATED_AT_START else None,
            most=MAX_SATURATED,
            where_little_learned=True,
            message=SaturatedUnits.message_of_now,
            value=lambda units: max(units.early, units.late),
            candidates=gentler_training,
            choose=stay_healthy(most_saturated, MAX_SATURATED),
        ),
    ),
)
