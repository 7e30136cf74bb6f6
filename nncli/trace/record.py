"""Record: carries out training steps and keeps a copy of every array."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nncli.engine.job import Job
from nncli.engine.passes import clip
from nncli.engine.plan import Plan
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.frozen import frozen
from nncli.parts.arrays import Array


@frozen
class Moment:
    """Parameters and state by name, and the optimizer's flat slots, at one moment."""

    tensors: Mapping[str, Array]
    slots: Mapping[str, Array]


@frozen
class RecordedStep:
    """One training step with copies of all its arrays.

    number, epoch: of the step in the run, counted from 1.
    indices: of the batch's rows among the training rows.
    arrays: by name, such as `hidden_1/z` and `hidden_1/dW`; gradients include the penalty's.
    gradients: by parameter, such as `hidden_1/W`, after clipping.  norm: of all, before clipping.
    input_gradient: d(loss)/d(x); None if the first layer isn't trained or is an embedding.
    loss: the objective, penalty included.
    after, learning_rate: None if the optimizer has no updates (lbfgs).
    """

    number: int
    epoch: int
    indices: Array
    targets: Array
    weights: Array | None
    arrays: Mapping[str, Array]
    gradients: Mapping[str, Array]
    norm: float
    loss: float
    penalty: float
    before: Moment
    input_gradient: Array | None = None
    after: Moment | None = None
    learning_rate: float | None = None


def record(job: Job, state: TrainState, count: int) -> list[RecordedStep]:
    """Carry out and record the next `count` steps of a run, even beyond its end.

    Batches aren't cut into shards. What happens at the end of an epoch (reduce_on_plateau, early
    stopping) is left out. `state` is changed. For an optimizer without updates, only the first
    forward and backward pass is recorded.
    """
    if not job.optimizer.has_update:
        plan = Plan.of(job, state, gather=False)
        plan.record_gradient(job.batch_rows)()
        return [_propagated(job, plan, state, job.batch_rows, _moment(plan, state))]
    stepper, stop = GradientStepper(job.of_whole_batches, state), Stop()
    steps: list[RecordedStep] = []
    plan = stepper.plan

    def keep(rows: int) -> None:
        rate, before = stepper.learning_rate, _moment(plan, state)
        stepper.gradient_tapes[rows]()
        propagated = _propagated(job, plan, state, rows, before)
        stepper.update_tape()
        steps.append(replace(propagated, after=_moment(plan, state), learning_rate=rate))
        stop.requested = len(steps) == count

    while not stop.requested:
        stepper.epoch(stop, keep)
    return steps


def _moment(plan: Plan, state: TrainState) -> Moment:
    tensors = {name: tensor.copy() for name, tensor in plan.workspace.tensors.items()}
    return Moment(tensors, {name: slot.copy() for name, slot in state.slots.items()})


def _propagated(job: Job, plan: Plan, state: TrainState, rows: int, before: Moment) -> RecordedStep:
    """The record of a batch after its forward and backward pass."""
    batch = plan.batch(rows)
    arrays = {name: array.copy() for name, array in plan.arrays(rows)}
    for node, own in zip(plan.network.nodes, plan.buffers(rows), strict=True):
        for name, array in own.saved.items():
            arrays.setdefault(f"{node.name}/{name}", array.copy())
    gradient = plan.gradient.copy()
    norm = math.sqrt(gradient.dot(gradient))
    if job.training.clip_grad_norm is not None:
        clip(gradient, job.training.clip_grad_norm, np.zeros((), gradient.dtype))
    return RecordedStep(
        number=state.step + 1,
        epoch=state.epoch + 1,
        indices=plan.index[:rows].copy() if plan.gather else np.arange(rows),
        targets=batch.targets.copy(),
        weights=None if batch.weights is None else batch.weights.copy(),
        arrays=arrays,
        gradients=plan.network.layout.views(gradient),
        norm=norm,
        loss=plan.loss(rows),
        penalty=plan.network.penalty(plan.workspace.tensors),
        before=before,
        input_gradient=_input_gradient(plan, rows),
    )


def _input_gradient(plan: Plan, rows: int) -> Array | None:
    """d(loss)/d(x) of the last batch: repeats the backward pass of the first layer, with dx.

    Training doesn't need dx, so plans don't compute it.
    """
    network, own = plan.network, plan.buffers(rows)[0]
    if network.embedding is not None or network.first_trained > 0:
        return None
    dx = np.empty(own.x.shape, own.y.dtype)
    grads = {name: gradient.copy() for name, gradient in own.grads.items()}
    again = replace(own, dx=dx, grads=grads)
    if len(network.nodes) == 1 and network.is_matched:
        network.output.backward_affine(again)
    else:
        network.nodes[0].layer.backward(again)
    return dx
