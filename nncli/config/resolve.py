"""Resolve: every `auto` of an Experiment, by its data and by its other keys."""

import math
import os
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar, get_args

from nncli.config.experiment import (
    Data,
    Experiment,
    NetworkKeys,
    Numeric,
    PreprocessingKeys,
    Target,
)
from nncli.config.hints import alternatives, hints_of, spec
from nncli.config.layer_shapes import layer_shapes
from nncli.config.source_text import join
from nncli.constraints import Auto
from nncli.engine.cost import useful_threads
from nncli.engine.settings import Training
from nncli.parts import metrics
from nncli.parts.activations import Activation, Identity, Sigmoid, Softmax, Softplus
from nncli.parts.datasets import Dataset
from nncli.parts.initializers import Initializer
from nncli.parts.layers import Dense, Input, Layer, Output
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy, Loss, Mse, Poisson
from nncli.parts.metrics import Metric
from nncli.parts.optimizers import Optimizer
from nncli.parts.schedules import ReduceOnPlateau, Schedule
from nncli.parts.splits import NoSplit, RandomSplit, Rows, Split, StratifiedSplit
from nncli.parts.table import Table
from nncli.registry import Part, find

P = TypeVar("P", bound=Part)
BATCH = 32
MOST_LOGGED = 1000  # rows of metrics.csv, unless a config asks for more
STAY_OPEN = ("name", "training.engine")


def resolve(
    given: Experiment, table: Table, split: Split, rows: Rows, keys: PreprocessingKeys, inputs: int
) -> Experiment:
    """The experiment with nothing left to guess. keys: resolved; inputs: of the network."""
    output, loss = resolve_output(given.network.output, given.loss, table)
    network = resolve_network(given.network, output, inputs)
    monitor = "val_loss" if len(rows.val) else "loss"
    log_every = given.output.log_every
    if log_every == "auto":
        log_every = -(-given.training.epochs // MOST_LOGGED)
    return replace(
        given,
        data=replace(resolve_data(given.data, table), split=split, preprocessing=keys),
        network=network,
        loss=loss,
        schedule=resolve_schedule(given.schedule, monitor),
        training=resolve_training(given.training, given.optimizer, network, rows, monitor),
        evaluation=replace(
            given.evaluation, metrics=resolve_metrics(given.evaluation.metrics, table)
        ),
        output=replace(given.output, log_every=log_every),
    )


def left_open(block: Any, path: str = "") -> Iterator[str]:
    """The keys of an experiment that are still `auto`; the engine may be."""
    cls: Any = type(block)
    for name, hint in hints_of(cls).items():
        if name not in getattr(block, "shown_keys", (name,)):
            continue
        value, key = getattr(block, name), join(path, name)
        if value == "auto" and key not in STAY_OPEN and _may_be_auto(hint):
            yield key
        for item in value if isinstance(value, list) else [value]:
            if is_dataclass(item):
                yield from left_open(item, key)


def _may_be_auto(hint: Any) -> bool:
    return any("auto" in get_args(spec(each).base) for each in alternatives(hint))


def resolve_data(data: Data, table: Table) -> Data:
    """The task, and the features where the table was asked for them."""
    if data.path is None:
        return replace(data, task=table.task)
    assert table.origin is not None
    return replace(
        data,
        task=table.task,
        features=replace(data.features, include=list(table.features)),
        header=table.origin.header,
        on_disk=table.is_on_disk,
    )


def resolve_split(split: Any, dataset: Dataset, table: Table) -> Split:
    """auto: none for gates and inline rows, else stratified for classes, random for numbers."""
    if isinstance(split, Split):
        return split
    if not dataset.has_split:
        return NoSplit()
    return StratifiedSplit() if table.classes else RandomSplit()


def resolve_preprocessing(given: Experiment, dataset: Dataset, table: Table) -> PreprocessingKeys:
    """auto: what the dataset suits; a numeric target only if the output can reach any number."""
    keys = given.data.preprocessing
    if not isinstance(keys, PreprocessingKeys):
        untouched = Numeric(impute="none", scale="none")
        return PreprocessingKeys(numeric=untouched, target=Target(scale="none"))
    output, loss = resolve_output(given.network.output, given.loss, table)
    numeric, target, impute = keys.numeric.scale, keys.target.scale, keys.numeric.impute
    if numeric == "auto":
        numeric = "standard" if dataset.is_scaled else "none"
    if impute == "auto":
        impute = "none" if given.data.path is None else "median"
    if target == "auto":
        takes_all = loss.targets == (-math.inf, math.inf)
        reaches_all = isinstance(output.activation, Identity) and takes_all
        target = numeric if not table.classes and reaches_all else "none"
    return replace(keys, numeric=Numeric(impute=impute, scale=numeric), target=Target(scale=target))


def resolve_output(output: Output, loss: Any, table: Table) -> tuple[Output, Loss]:
    """Units by the task, activation by units and loss, loss by activation."""
    units, activation = output.units, output.activation
    wants_classes = isinstance(activation, Softmax) or isinstance(loss, CrossEntropy)
    if units == "auto":
        units = len(table.classes) if table.classes else table.y.shape[1]
        if table.task == "binary" and not wants_classes:
            units = 1
    if activation == "auto":
        activation = _activation_for(table, units, loss)
    if not isinstance(loss, Loss):
        loss = _loss_for(activation) if table.classes else Mse()
    start = _kernel_start(output.kernel_initializer, activation)
    return replace(output, units=units, activation=activation, kernel_initializer=start), loss


def _activation_for(table: Table, units: int, loss: Any) -> Activation:
    if not table.classes:
        if isinstance(loss, Poisson):
            return Softplus()
        return Identity()
    return Sigmoid() if units == 1 or isinstance(loss, BinaryCrossEntropy) else Softmax()


def _loss_for(activation: Activation) -> Loss:
    if isinstance(activation, Softmax):
        return CrossEntropy()
    return BinaryCrossEntropy() if isinstance(activation, Sigmoid) else Mse()


def _kernel_start(initializer: Initializer | Auto, activation: Activation) -> Initializer:
    """The initializer given, or the one that suits the activation."""
    return activation.initializer if initializer == "auto" else initializer


def resolve_network(keys: NetworkKeys, output: Output, features: int) -> NetworkKeys:
    """Bare units become dense layers; every kernel knows how it starts."""
    hidden: list[int | Layer] = []
    for layer in keys.hidden:
        full = Dense(layer) if isinstance(layer, int) else layer
        if isinstance(full, Dense):
            start = _kernel_start(full.kernel_initializer, full.activation)
            full = replace(full, kernel_initializer=start)
        hidden.append(full)
    inputs = keys.input
    if inputs == "auto":
        inputs = features
    return NetworkKeys(
        input=inputs.units if isinstance(inputs, Input) else inputs, hidden=hidden, output=output
    )


def resolve_schedule(schedule: Schedule, monitor: str) -> Schedule:
    if isinstance(schedule, ReduceOnPlateau) and schedule.monitor == "auto":
        return replace(schedule, monitor=monitor)
    return schedule


def resolve_training(
    training: Training, optimizer: Optimizer, network: NetworkKeys, rows: Rows, monitor: str
) -> Training:
    """Batch size by the optimizer and the rows, threads by the work of a step."""
    size, stopping, threads = training.batch_size, training.early_stopping, training.threads
    count = len(rows.train)
    if size == "auto":
        size = "full" if optimizer.full_batch or count <= BATCH else BATCH
    if stopping is not None and stopping.monitor == "auto":
        stopping = replace(stopping, monitor=monitor)
    if threads == "auto":
        work = (count if size == "full" else size) * _largest_product(network)
        threads = useful_threads(work, _cores())
    converged = training.converged
    if converged is not None and converged.monitor == "auto":
        converged = replace(converged, monitor=monitor)
    steps = training.steps_per_epoch
    if steps == "auto":
        steps = 1 if size == "full" else -(-count // min(size, count))
    return replace(
        training,
        batch_size=size,
        steps_per_epoch=steps,
        early_stopping=stopping,
        converged=converged,
        threads=threads,
    )


def _cores() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _largest_product(network: NetworkKeys) -> int:
    """Numbers in the largest kernel."""
    assert isinstance(network.input, int)
    placed = layer_shapes(network, (network.input,))
    return max(math.prod(own) * math.prod(layer.output_shape(own)) for _, layer, own in placed)


def resolve_metrics(chosen: Any, table: Table) -> list[Metric]:
    if chosen == "auto":
        return [_named("metric", name, Metric) for name in metrics.DEFAULTS[table.task]]
    return list(chosen)


def _named(kind: str, name: str, family: type[P]) -> P:
    """A part with its defaults, by name."""
    chosen = find(kind, name)()
    assert isinstance(chosen, family)
    return chosen
