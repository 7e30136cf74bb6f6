"""Update: the tensors of a step from the gradients to the new parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from nncli.engine.job import Job
from nncli.engine.layout import gradient_of
from nncli.engine.notation import SLOTS, symbol, written
from nncli.parts.arrays import Array
from nncli.parts.schedules import ReduceOnPlateau
from nncli.trace.record import Moment, RecordedStep
from nncli.trace.tensor import Operand, Operands, TracedTensor, computed
from nncli.trace.wording import about_update


def update(job: Job, step: RecordedStep, layers: Mapping[str, Operands]) -> Iterator[TracedTensor]:
    """The learning rate; then, for each parameter, its old value, gradient, slots and new value.

    layers: the operands of the passes, by layer.
    """
    if step.after is None or step.learning_rate is None:
        return
    rate = np.asarray(step.learning_rate)
    yield TracedTensor("learning_rate", "update", "lr", rate, rate_formula(job, step))
    if job.training.clip_grad_norm is not None:
        formula = "norm = length of all gradients together"
        yield TracedTensor("gradient_norm", "update", "norm", np.asarray(step.norm), formula)
    yield from _parameters(job, step, step.after)
    yield from _states(job, step, step.after, layers)


def rate_formula(job: Job, step: RecordedStep) -> str:
    """The formula of the learning rate: `lr = 0.1 * exp(-0.01 * t), t = 3`."""
    schedule = job.schedule
    base = job.optimizer.fill("{learning_rate}")
    t = (step.number if schedule.interval == "step" else step.epoch) - 1
    if t < schedule.warmup:
        return f"lr = {base} * {t + 1} / {schedule.warmup}"
    if isinstance(schedule, ReduceOnPlateau) and step.learning_rate is not None:
        return f"lr = {base} * {written(step.learning_rate / float(base))}"
    formula = schedule.fill(schedule.formula).replace("{lr}", base)
    if schedule.is_constant or not formula:
        return f"lr = {formula}" if formula else ""
    whole = f", T = {job.schedule_total - schedule.warmup}" if " T" in formula else ""
    return f"lr = {formula}, t = {t - schedule.warmup}{whole}"


def _parameters(job: Job, step: RecordedStep, after: Moment) -> Iterator[TracedTensor]:
    number = job.optimizer.steps_before + step.number
    with np.errstate(all="ignore"):  # before the first step, bias correction divides by 0
        before = job.optimizer.shown(step.before.slots, number - 1)
    now, views = job.optimizer.shown(after.slots, number), job.network.layout.views
    olds = {slot: views(flat) for slot, flat in before.items()}
    news = {slot: views(flat) for slot, flat in now.items()}
    for name in step.gradients:
        old = {slot: tensors[name] for slot, tensors in olds.items()}
        new = {slot: tensors[name] for slot, tensors in news.items()}
        yield from _parameter(job, step, name, old, {**new, "theta": after.tensors[name]})


def _parameter(
    job: Job, step: RecordedStep, name: str, old: Mapping[str, Array], new: Mapping[str, Array]
) -> Iterator[TracedTensor]:
    """A parameter's old value, its gradient, its slots and its new value.

    old, new: the slots by their names in the optimizer's formulas; `new` also has theta.
    """
    own, before, rate = symbol(job.network, name), step.before.tensors[name], step.learning_rate
    assert rate is not None
    gradient = _gradient(job, step, name)
    number = job.optimizer.steps_before + step.number
    operands = {
        "W": Operand(own, before),
        "g": Operand(gradient.symbol, gradient.values),
        "lr": Operand(written(rate), np.asarray(rate)),
        "step": Operand(str(number), np.asarray(number)),
        **{slot: Operand(_letter(slot), values) for slot, values in old.items()},
    }
    yield TracedTensor(f"{name}/before", "update", own, before)
    yield gradient
    formulas = job.optimizer.formulas()
    for slot in [key for key in formulas if key != "theta"]:
        if f"{{{slot}}}" in formulas[slot]:  # computed from its old value
            yield TracedTensor(f"{name}/{slot}_before", "update", _letter(slot), old[slot])
        letter, values = _letter(slot), new[slot]
        yield computed(f"{name}/{slot}", "update", letter, values, formulas[slot], operands)
        operands = {**operands, slot: Operand(letter, values)}
    tensor = computed(f"{name}/after", "update", own, new["theta"], formulas["theta"], operands)
    yield replace(tensor, meaning=about_update(own, has_memory=len(formulas) > 1))


def _letter(slot: str) -> str:
    return SLOTS.get(slot, slot)


def _gradient(job: Job, step: RecordedStep, name: str) -> TracedTensor:
    """The gradient that the optimizer gets: clipped, if clip_grad_norm is set."""
    passed = gradient_of(name)
    own, limit = symbol(job.network, passed), job.training.clip_grad_norm
    values = step.gradients[name]
    if limit is None:
        return TracedTensor(f"{name}/gradient", "update", own, values)
    operands = {
        "g": Operand(own, step.arrays[passed]),
        "limit": Operand(repr(limit), np.asarray(limit)),
        "norm": Operand("norm", np.asarray(step.norm)),
    }
    template = "{g} * {limit} / max({norm}, {limit})"
    return computed(f"{name}/gradient", "update", own, values, template, operands)


def _states(
    job: Job, step: RecordedStep, after: Moment, layers: Mapping[str, Operands]
) -> Iterator[TracedTensor]:
    """The state that a forward pass changes, such as running statistics."""
    for node in job.network.nodes:
        formulas = node.layer.state_formulas()
        for short in node.layer.state_shapes(node.input_shape):
            name = f"{node.name}/{short}"
            own, before = symbol(job.network, name), step.before.tensors[name]
            if np.array_equal(before, after.tensors[name]):
                continue
            template = formulas.get(short, "")
            yield TracedTensor(f"{name}/before", "update", own, before)
            yield computed(
                f"{name}/after", "update", own, after.tensors[name], template, layers[node.name]
            )
