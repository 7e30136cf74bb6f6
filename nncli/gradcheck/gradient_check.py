"""Check gradients: compares every tensor of a job's gradient, on the rows of its next step."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from nncli.engine.job import Job
from nncli.engine.layout import Tensor, gradient_of
from nncli.engine.network import Network
from nncli.engine.plan import Plan, first_infinite
from nncli.engine.state import TrainState
from nncli.errors import UserError
from nncli.gradcheck.gradient_comparison import Element, Outcome, analytic_gradient, compare
from nncli.gradcheck.objectives import DataLoss, ObjectiveFunction, Penalty
from nncli.gradcheck.result import GradientCheck, TensorCheck
from nncli.parts.arrays import Array

MAX_ROWS = 32
MAX_ELEMENTS = 200  # per tensor: half those with the largest gradient, half random
NUDGE = 1e-3  # how far weights are moved off a kink


def check_gradients(job: Job, state: TrainState, *, every_element: bool = False) -> GradientCheck:
    """Check the gradient of the next step's rows, in float64 whatever the job's dtype.

    At most 32 rows and, unless every_element, at most 200 elements per tensor.
    Raises UserError if the loss of these rows isn't finite.
    """
    plan, most = next_step(job, state), None if every_element else MAX_ELEMENTS
    with np.errstate(all="ignore"):
        data_loss, penalty = DataLoss(plan, state.dropout), Penalty(plan)
        loss = data_loss.value() + penalty.value()
        if not math.isfinite(loss):
            raise _not_finite(plan)
        of_data = list(_checks(data_loss, job.network, most))
        of_penalty = list(_checks(penalty, job.network, most))
        penalized = _penalized(penalty)
    penalties = {
        each.name: each
        for each in of_penalty
        if not each.is_unused or penalized[each.start : each.start + each.size].any()
    }
    tensors = [
        each for first in of_data for each in (first, penalties.get(first.name)) if each is not None
    ]
    return GradientCheck(loss, plan.workspace.rows, job.batch_rows, tuple(tensors))


def refuse_unlike_record(job: Job, state: TrainState) -> None:
    """Raises UserError if a kernel's recorded calls don't compute what the kernel computes.

    Training replays the recorded calls; a kernel that computes something without a recordable call
    would then train another network.
    """
    layout = job.network.layout
    with np.errstate(all="ignore"):
        data_loss = DataLoss(next_step(job, state), state.dropout)
        replayed, direct = data_loss.gradient(), data_loss.direct_gradient()
    both = zip(layout.views(replayed).items(), layout.views(direct).values(), strict=True)
    for (name, recorded), computed in both:
        if not np.array_equal(recorded, computed, equal_nan=True):
            raise UserError(
                f"{gradient_of(name)}: what training replays is not what the kernels compute: one "
                "of them does something at once, and not by a call with out="
            )


def next_step(job: Job, state: TrainState) -> Plan:
    """A plan with copies of the next step's first rows and of theta, in float64."""
    batches = job.batches(state)
    index = np.arange(job.batch_rows)
    index = index[: min(batches.draw(0, index), MAX_ROWS)]
    return Plan(
        job.network,
        state.theta.astype(float),
        job.train.at(index).each(lambda _, array: _in_float64(array)),
        len(index),
        gather=False,
        random=state.dropout,
    )


def _in_float64(array: Array) -> Array:
    return array.astype(float) if array.dtype.kind == "f" else array


def _not_finite(plan: Plan) -> UserError:
    """The error that names the first array of the forward pass that isn't finite."""
    bad = first_infinite(plan.arrays(plan.workspace.rows)) or "the loss"
    return UserError(
        f"no gradient to check: {bad} is not finite at these weights "
        "(the data or the weights are too large)"
    )


def _penalized(penalty: Penalty) -> Array:
    """(parameters,) whether a weight is penalized, also one that is 0 now, where the slope is 0."""
    with _moved(penalty.theta):
        return np.asarray(penalty.gradient() != 0.0)


def _checks(
    objective: ObjectiveFunction, network: Network, most: int | None
) -> Iterator[TensorCheck]:
    """Yields the check of each trained tensor, in the order of the network."""
    gradient = objective.gradient()
    tensors = [each for each in network.layout.tensors if each.start < len(gradient)]
    chosen = {tensor: _chosen(tensor, gradient, most) for tensor in tensors}
    elements = _compared(objective, network, chosen)
    kinked = {
        tensor: [index for index in chosen[tensor] if elements[index].outcome is Outcome.KINK]
        for tensor in tensors
    }
    if any(kinked.values()):
        elements |= _compared_beside(objective, network, kinked)
    for tensor in tensors:
        found = tuple(elements[index] for index in chosen[tensor])
        kinks = len(kinked[tensor])
        yield TensorCheck(
            gradient_of(tensor.name), objective.name, tensor.shape, tensor.start, found, kinks
        )


def _compared(
    objective: ObjectiveFunction, network: Network, chosen: Mapping[Tensor, list[int]]
) -> dict[int, Element]:
    """The comparison of each element at theta, by its index in theta."""
    analytic = analytic_gradient(objective)
    numbers = {node.name: number for number, node in enumerate(network.nodes)}
    found = {}
    for tensor, indices in chosen.items():
        first = numbers[tensor.name.partition("/")[0]]
        objective.value()  # computes the layers before `first` once
        found.update({index: compare(objective, analytic, index, first) for index in indices})
    return found


def _compared_beside(
    objective: ObjectiveFunction, network: Network, kinked: Mapping[Tensor, list[int]]
) -> dict[int, Element]:
    """The comparison of each element at two points beside theta; the worse of the two."""
    with _moved(objective.theta, NUDGE):
        one = _compared(objective, network, kinked)
    with _moved(objective.theta, -NUDGE):
        other = _compared(objective, network, kinked)
    return {index: max(one[index], other[index], key=lambda each: each.severity) for index in one}


def _chosen(tensor: Tensor, gradient: Array, most: int | None) -> list[int]:
    """The indices in theta of the elements to compare, ascending: all, or `most` of them."""
    places = np.arange(tensor.start, tensor.start + tensor.size)
    if most is None or tensor.size <= most:
        return [int(place) for place in places]
    falling = places[np.argsort(-np.abs(gradient[places]), kind="stable")]
    drawn = np.random.default_rng(0).choice(falling[most // 2 :], most - most // 2, replace=False)
    return sorted(int(place) for place in (*falling[: most // 2], *drawn))


@contextmanager
def _moved(theta: Array, distance: float = NUDGE) -> Iterator[None]:
    """While entered, every weight is moved by about `distance`."""
    kept = theta.copy()
    theta += distance * np.random.default_rng(0).normal(size=theta.shape)
    yield
    theta[...] = kept
