"""Formulas: what a config computes, with its own numbers."""

import math
import re
from collections.abc import Iterator

import numpy as np

from nncli.assembly.build import Built
from nncli.assembly.decided import decided_in_words
from nncli.data.fitted_formulas import formulas_in_words
from nncli.data.target_transforms import target_in_words
from nncli.engine.network import Network, Node
from nncli.engine.notation import SLOTS, bracketed, scaled, symbol, written
from nncli.errors import few, printable
from nncli.frozen import frozen
from nncli.parts.initializers import Initializer, VarianceScaling
from nncli.parts.layers import Dense
from nncli.parts.optimizer_state import InitialMoments
from nncli.parts.optimizers import Optimizer, Sgd
from nncli.parts.schedules import ReduceOnPlateau
from nncli.parts.threshold_choice import ChosenThreshold


@frozen
class Formula:
    """A formula: the name that it defines, and the heading (section) that it is listed under."""

    section: str
    name: str
    formula: str


def formulas(
    built: Built, as_trained: str = "", chosen: ChosenThreshold | None = None
) -> list[Formula]:
    """Every formula, in the order of a training step.

    as_trained: how a run's learning rates differed.  chosen: the threshold that a run chose.
    """
    network = built.network
    sections = {
        "data": _data(built),
        "forward": _forward(network),
        "start of the weights": _starts(network),
        "loss": _loss(built),
        "each step": [*_steps(built), *([("lr", as_trained)] if as_trained else [])],
        "stops": _stops(built),
        "decision": _decision(built, chosen),
        "reported": _reported(built),
    }
    return [
        Formula(section, name, formula)
        for section, lines in sections.items()
        for name, formula in lines
    ]


def _data(built: Built) -> Iterator[tuple[str, str]]:
    rows = ", ".join(f"{len(chosen)} {name}" for name, chosen in built.rows.named().items())
    yield "rows", rows
    keys = built.experiment.data.preprocessing
    said = ENCODINGS.get(keys.numeric.encode) or SCALES[str(keys.numeric.scale)]
    yield "x", f"{built.network.inputs} inputs; numbers {said}"
    for said in formulas_in_words(built.preprocessing.derived):
        yield "x", said
    if indicated := [each.name for each in built.preprocessing.features if each.indicator]:
        yield "x", f"1 where the value is missing, else 0, beside {few(indicated)}"
    for number, column in enumerate(built.preprocessing.embedded, start=1):
        has_rare = column.trained == column.rows
        last = "rare ones and for those of no training row" if has_rare else "others"
        what = f"{printable(column.name)}: a row of E{number} for each category"
        yield f"c{number}", f"{what}, the last for {last}"
    if built.table.labels:
        yield "t", f"0 or 1 for each of {built.network.outputs} labels"
    elif built.table.classes:
        units = built.network.outputs
        yield "t", "0 or 1" if units == 1 else f"one-hot, {units} classes"
    else:
        target = built.preprocessing.target
        said, value = SCALES[target.method], target_in_words(target.transform, "value")
        if target.transform != "none":
            said = (
                value if target.method == "none" else f"{said.replace('value', 'u')}; u = {value}"
            )
        yield "t", f"numbers {said}"
    if built.job.train.weights is not None:
        least, most = built.job.train.weights.min(), built.job.train.weights.max()
        yield "w", f"weights of rows, {least:.4g} to {most:.4g}, with mean 1 over the training rows"


SCALES = {
    "none": "as they are",
    "standard": "(value - mean) / standard deviation, of the training rows",
    "minmax": "(value - minimum) / (maximum - minimum), of the training rows",
    "robust": "(value - median) / interquartile range, of the training rows",
    "robust_clip": "u / sqrt(1 + (u / 3)^2); u = (value - median) / interquartile range, of the "
    "training rows",
    "quantile": "Phi^-1(rank), of a value among the training rows, Phi the normal distribution",
}


ENCODINGS = {
    "piecewise_linear": "clip((value - b_(t-1)) / (b_t - b_(t-1)), 0, 1), an input for each bin t; "
    "its edges b are quantiles of the training rows",
}


def in_symbols(template: str, network: Network, node: Node) -> str:
    """A layer's formula in symbols: {W} becomes W2, and {x} the output of the layer before."""
    place = network.nodes.index(node)
    before = symbol(network, f"{network.nodes[place - 1].name}/a") if place else "x"

    def replaced(found: re.Match[str]) -> str:
        return before if found[1] == "x" else symbol(network, f"{node.name}/{found[1]}")

    return re.sub(r"\{(\w+)\}", replaced, template)


def _forward(network: Network) -> Iterator[tuple[str, str]]:
    for node in network.nodes:
        layer = node.layer
        for name, template in {**layer.formulas(), **layer.state_formulas()}.items():
            part = layer.activation if isinstance(layer, Dense) else layer
            said = in_symbols(template, network, node) or part.summary
            yield symbol(network, f"{node.name}/{name}"), said
        if layer.is_random:
            yield symbol(network, f"{node.name}/a"), "the input itself, when not training"


def _starts(network: Network) -> Iterator[tuple[str, str]]:
    for node in network.nodes:
        starts = node.layer.initializers()
        shapes = node.layer.param_shapes(node.input_shape)
        for name, shape in shapes.items():
            frozen = "" if node.layer.trains(name) else "; frozen"
            said = f"{_start(starts[name], shape)}{frozen}"
            yield symbol(network, f"{node.name}/{name}"), said


def _start(start: Initializer, shape: tuple[int, ...]) -> str:
    said = f"{start.name}: {start.fill(start.summary)}"
    keys = ", ".join(f"{key} {value}" for key, value in vars(start).items())
    said += f" ({keys})" if keys else ""
    if isinstance(start, VarianceScaling):
        std = start.standard_deviation(shape)
        limit = f", within +-{written(np.sqrt(3.0) * std, 4)}" if "+-" in said else ""
        inputs = math.prod(shape[:-1] or shape)
        said += f"; std {written(std, 4)} for {inputs} inputs{limit}"
    return said


def _loss(built: Built) -> Iterator[tuple[str, str]]:
    network, loss = built.network, built.network.loss
    last, factor = network.nodes[-1], loss.factor(built.job.batch_rows, network.outputs)
    names = {"a": symbol(network, f"{last.name}/a"), "t": "t"}
    unit = ", in nats" if network.is_matched and loss.unit else ""
    weighed = "w * " if built.job.train.weights is not None else ""
    term = loss.fill(loss.formula).format(**names) if loss.formula else loss.summary
    yield "loss", f"{loss.title}: {loss.reduction} of {weighed}{_bracketed(term)}{unit}"
    if smoothing := loss.smoothing_formula(network.outputs):
        yield "t", f"{smoothing.format(y='y')}    [label smoothing; y is 0 or 1]"
    for node in network.nodes:
        if penalty := node.layer.penalty_formula():
            yield "+ penalty", f"{in_symbols(penalty, network, node)}; biases aren't penalised"
    of = f"a step has {built.job.batch_rows} x {network.outputs} outputs"
    if network.is_matched:
        name, slope = "dz", loss.fill(loss.score_gradient_formula).format(**names)
        of += f"; {network.output.activation.name} and loss in one"
    else:
        name, slope = "da", loss.fill(loss.gradient_formula).format(**names) or "d(loss)/d(a)"
    slope = f"{bracketed(slope)} * w" if weighed else slope
    yield symbol(network, f"{last.name}/{name}"), f"{scaled(slope, factor)}    [{of}]"


def _bracketed(term: str) -> str:
    return term if term.startswith("(") and term.count("(") == 1 else f"({term})"


def _steps(built: Built) -> Iterator[tuple[str, str]]:
    """A training step, from drawing its rows to the new weights."""
    job = built.job
    yield "rows", f"{_batches(built)}; at most {job.training.epochs} epochs"
    if not job.optimizer.has_update:
        yield job.optimizer.name, (job.optimizer.__doc__ or "").strip().splitlines()[0]
        return
    yield "g", "the gradient of loss and penalty, a number for each weight and bias"
    if (limit := job.training.clip_grad_norm) is not None:
        yield "g", f"g * {written(limit)} / max(length of all g, {written(limit)})"
    yield from _update(job.optimizer)
    yield from _rates(built)


def _batches(built: Built) -> str:
    job = built.job
    rows, batch, steps = len(job.train), job.batch_rows, job.steps_per_epoch
    shards = f", in {job.training.shards} shards" if job.training.shards > 1 else ""
    if batch == rows:
        return f"all {rows} rows a step{shards}" if rows > 1 else "the 1 row"
    counted = "step" if steps == 1 else "steps"
    said = f"{batch} of {rows} rows a step{shards}, {steps} {counted} an epoch"
    if job.training.sampling != "shuffle":
        return f"{said}; drawn afresh {job.training.sampling.replace('_', ' ')}"
    last = f", the last has {job.last_batch_rows}" if job.last_batch_rows < batch else ""
    return f"{said}; shuffled each epoch{last}"


def _update(optimizer: Optimizer) -> Iterator[tuple[str, str]]:
    """The optimizer's formulas, with theta as W, velocity as v, and squares as s."""
    symbols = {"W": "W", "g": "g", "lr": "lr", "step": "n"}
    for name, template in optimizer.formulas().items():
        short = "W" if name == "theta" else SLOTS.get(name, name)
        symbols[name] = short
        said = template.format(**symbols) if template else (optimizer.__doc__ or "").split(".")[0]
        yield short, said
    if optimizer.changes_every_step:
        yield "n", f"the number of the step, from {optimizer.steps_before + 1}"
    if "squares" in optimizer.active_slots:
        yield "epsilon", f"outside the root; every s starts at {_slot_start(optimizer, 'squares')}"
    if isinstance(optimizer, Sgd) and optimizer.momentum:
        start = _slot_start(optimizer, "velocity")
        yield "v", f"starts at {start}; the learning rate is inside it"
    if isinstance(optimizer.given_state, InitialMoments):
        yield "m", f"starts at {_slot_start(optimizer, 'mean')}"


def _slot_start(optimizer: Optimizer, slot: str) -> str:
    """The initial value of a slot, in the units in which it is shown."""
    if optimizer.slot_tensors(slot):
        return "what initial_state has for it"
    return written(optimizer.slot_start(slot) / optimizer.kept(slot)[1])


def _rates(built: Built) -> Iterator[tuple[str, str]]:
    job, schedule = built.job, built.job.schedule
    base, total, warmup = written(job.base_learning_rate), job.schedule_total, schedule.warmup
    if schedule.is_constant:
        yield "lr", base
        return
    said = schedule.fill(schedule.formula).replace("{lr}", base) or schedule.summary
    yield "lr", f"{schedule.name}: {said}; t = {schedule.interval}, T = {total}"
    if warmup:
        rise = f"{base} * (t + 1) / {warmup} up to t = {warmup - 1}"
        yield "lr", f"warmup: {rise}, then t and T from there; T = {total - warmup}"
    if not isinstance(schedule, ReduceOnPlateau):
        places = sorted({0, min(1, total - 1), total // 2, total - 1})
        values = [f"{t}: {written(job.learning_rate(t, t), 4)}" for t in places]
        yield "lr", f"at {schedule.interval} " + ", ".join(values)


def _stops(built: Built) -> Iterator[tuple[str, str]]:
    """The rules that end training before its last epoch."""
    training = built.job.training
    if (stop := training.early_stopping) is not None:
        better = "higher" if built.job.is_score(stop.monitor) else "lower"
        yield (
            "early stopping",
            f"after {stop.patience} epochs without {stop.monitor} {better} by more than "
            f"{written(stop.min_delta)}; "
            + (
                "the best epoch's weights are kept"
                if stop.restore_best_weights
                else "last ones kept"
            ),
        )
    if (ended := training.converged) is not None:
        yield (
            "converged",
            f"when {ended.monitor} changes by at most {written(ended.tolerance)} in an epoch",
        )


def _decision(built: Built, chosen: ChosenThreshold | None) -> Iterator[tuple[str, str]]:
    if keys := built.experiment.decision:
        yield "class", decided_in_words(keys, chosen, built.table.classes[1])


def _reported(built: Built) -> Iterator[tuple[str, str]]:
    """The columns of metrics.csv."""
    layers = (node.layer for node in built.network.nodes)
    has_penalty = any(getattr(layer, "kernel_regularizer", None) is not None for layer in layers)
    said = "over all training rows at the epoch's final weights"
    said += ", penalty included" if has_penalty else ""
    yield "loss", f"{said}; epoch 0 is before training"
    if built.network.loss.smoothing_formula(built.network.outputs):
        yield "loss", "of the smoothed targets t, and so never 0; the metrics are of y"
    if not (target := built.preprocessing.target).is_identity:
        how = "scaled" if target.transform == "none" else "transformed"
        yield "loss", f"of the {how} target; the metrics are in the target's own units"
