"""Units: which hidden units are dead or saturated, and which edit wakes them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Edit
from nncli.doctor.forward import passed
from nncli.doctor.trials import (
    NO_BETTER,
    as_cure,
    best,
    first_below,
    in_words,
    outcomes,
    share_at,
    trained,
    trial_steps,
)
from nncli.parts.activations import Activation, Relu, Sigmoid, Tanh
from nncli.parts.arrays import Array
from nncli.parts.layers import ActivationLayer, Dense, Layer

Measure = Callable[["list[Units]"], float]  # 0 is healthy
LOST_SLOPE = 0.02  # of the steepest: beyond |z| = 5.3 of a sigmoid, 2.6 of a tanh


@dataclass(frozen=True)
class Units:
    """The units of one hidden layer: whether each is dead, and the share that is saturated."""

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


def look(patient: DiagnosedRun, theta: Array) -> list[Units]:
    """Every hidden layer with an activation, over the rows looked at, and an output of relus."""
    is_relu = isinstance(patient.network.output.activation, Relu)
    nodes = patient.network.nodes if is_relu else patient.network.nodes[:-1]
    activations = [activation_of(node.layer) for node in nodes]
    is_on = [np.zeros(node.outputs, bool) for node in nodes]
    pinned = [0] * len(nodes)
    for buffers in passed(patient.network, theta, patient.rows.x[0 : len(patient.rows)]):
        for place, (activation, own) in enumerate(zip(activations, buffers, strict=False)):
            if isinstance(activation, Relu):
                is_on[place] |= (own.y > 0).any(axis=0)
            elif isinstance(activation, Sigmoid | Tanh):
                pinned[place] += int((_slope(activation, own.y) < LOST_SLOPE).sum())
    rows = len(patient.rows)
    return [
        Units(
            node.name,
            ~on if isinstance(activation, Relu) else None,
            count / (rows * node.outputs) if isinstance(activation, Sigmoid | Tanh) else None,
        )
        for node, activation, on, count in zip(nodes, activations, is_on, pinned, strict=False)
    ]


def _slope(activation: Activation, a: Array) -> Array:
    """f'(z) over its maximum, from a = f(z)."""
    return np.asarray(4.0 * a * (1.0 - a) if isinstance(activation, Sigmoid) else 1.0 - a * a)


def cure_at_start(
    patient: DiagnosedRun, candidates: list[Edit], measure: Measure, limit: float
) -> tuple[Edit, str] | None:
    """An edit with which the units start healthy, and what it did; None if none does."""

    def outcome(edited: DiagnosedRun) -> float:
        return measure(look(edited, edited.settled_start))

    trial = first_below(patient, candidates, outcome, limit / 2)
    if trial is None or trial[1] >= limit:
        return None
    edit, share = trial
    return as_cure(patient, edit, f"with it {share:.0%} at the start")


def cure_in_training(
    patient: DiagnosedRun, candidates: list[Edit], measure: Measure, limit: float
) -> tuple[Edit, str] | None:
    """Of the edits with which the units stay healthy the one that learns most, and how much.

    None if with none of them the network gets better than guessing.
    """
    steps = trial_steps(patient)

    def outcome(edited: DiagnosedRun) -> float:
        theta = trained(edited, steps)
        if theta is None or measure(look(edited, theta)) > limit:
            return math.inf
        return share_at(edited, theta)

    trial = best(outcomes(patient, candidates, outcome))
    if trial is None or trial[1] > NO_BETTER:
        return None
    edit, share = trial
    return edit, in_words(share, steps)
