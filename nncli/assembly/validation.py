"""Validation: find all problems that depend on the data, or on several keys together."""

import math
from collections.abc import Iterator

import numpy as np

from nncli.config.load import Source
from nncli.config.resolved import Resolved
from nncli.engine.job import Job, watched_columns
from nncli.engine.layout import Layout
from nncli.engine.metric_columns import VAL
from nncli.errors import ShapeError, UserError, few, printable
from nncli.parts.activations import Softmax
from nncli.parts.initializers import Values
from nncli.parts.layers import BatchNorm, single_layers
from nncli.parts.losses import CrossEntropy, MarginLoss, MulticlassHinge
from nncli.parts.optimizers import Optimizer
from nncli.parts.schedules import Constant, OneCycle
from nncli.parts.splits import Rows
from nncli.parts.table import Table

Found = Iterator[tuple[str, str]]  # (key, message)
ONE_OF = "classes that exclude each other have"


def validate(resolved: Resolved, table: Table, rows: Rows, inputs: int, source: Source) -> None:
    """Raises ConfigError with every problem of a resolved experiment, each at its key.

    inputs: the number of network inputs.
    """
    found = [
        *_network(resolved, table, inputs),
        *_loss(resolved, table),
        *_training(resolved, len(rows.train)),
        *_metrics(resolved, table),
        *_monitors(resolved, rows),
        *_decision(resolved, table, rows),
        *_schedule(resolved),
    ]
    if not resolved.optimizer.has_update:
        found += _minimization(resolved)
    if found:
        raise source.error(found)


def _network(resolved: Resolved, table: Table, inputs: int) -> Found:
    network = resolved.network
    units = network.output.units
    if math.prod(network.input_shape) != inputs:
        what = "the features of the data"
        if inputs != len(table.features):
            keys = resolved.data.preprocessing
            kinds = ["a category"]
            kinds += ["a bin"] if keys.numeric.encode != "none" else []
            kinds += ["a formula"] if resolved.data.features.makes_columns else []
            kinds += ["a number of a vector"] if keys.categorical.embed else []
            each = " or ".join(kinds)
            what = f"what {len(table.features)} features become, {each} an input"
        found, key = f"{network.input}", "network.input"
        if len(network.input_shape) > 1:
            sides = " x ".join(map(str, network.input_shape))
            found, key = f"{math.prod(network.input_shape)} = {sides}", "network.input.shape"
        yield key, f"expected {inputs}, {what}, found {found}"
    if not table.classes:
        if units != table.y.shape[1]:
            each = "label" if table.labels else "target"
            message = f"expected {table.y.shape[1]}, one unit a {each}, found {units}"
            yield "network.output.units", message
    elif units != len(table.classes) and (units, table.task) != (1, "binary"):
        expected = "1 or 2" if table.task == "binary" else f"{len(table.classes)}, one unit a class"
        more = " (data.classes lists those that no row has, too)"
        hint = more if units > len(table.classes) and not resolved.data.classes else ""
        yield "network.output.units", f"expected {expected}, found {units}{hint}"


def validate_watched(job: Job, source: Source) -> None:
    """Raises ConfigError if a monitored metric is undefined on its rows."""
    found = []
    for key, column in job.watched.items():
        metric = job.metrics.get(column.removeprefix(VAL))
        is_val = column.startswith(VAL)
        rows, name = (job.val, "validation") if is_val else (job.train, "training")
        if metric is not None and rows is not None and (why := metric.undefined(rows.truth)):
            found.append((key, f"{column} is undefined on the {len(rows):,} {name} rows: {why}"))
    if found:
        raise source.error(found)


def validate_given_weights(resolved: Resolved, source: Source) -> None:
    """Raises ConfigError unless given weights exist and have the right shapes."""
    if found := [*_given_weights(resolved)]:
        raise source.error(found)


def _given_weights(resolved: Resolved) -> Found:
    network, unused = resolved.network, np.random.default_rng(0)
    for node, place, layer, input_shape in network.layer_shapes():
        keys = {id(value): key for key, value in vars(layer).items()}
        shapes = {**layer.param_shapes(input_shape), **layer.state_shapes(input_shape)}
        for tensor, start in layer.initializers().items():
            if start.given_by and tensor in shapes:
                try:
                    start(shapes[tensor], unused, f"{node}/{tensor}")
                except UserError as error:
                    key = error.key if isinstance(error, ShapeError) else ""
                    yield f"{place}.{keys[id(start)]}.{key or start.given_by}", str(error)


def validate_given_state(optimizer: Optimizer, layout: Layout, source: Source) -> None:
    """Raises ConfigError unless each tensor of initial_state is trained and has its shape."""
    if found := [*_given_state(optimizer, layout)]:
        raise source.error(found)


def _given_state(optimizer: Optimizer, layout: Layout) -> Found:
    state, unused = optimizer.given_state, np.random.default_rng(0)
    tensors = {tensor.name: tensor for tensor in layout.tensors}
    trained = [name for name, tensor in tensors.items() if tensor.start < layout.trainable]
    for slot, name, numbers in state.given() if state is not None else ():
        key = f"optimizer.initial_state.{slot}.{name}"
        if name not in tensors:
            yield key, f"no tensor '{name}'; trained are {few(trained)}"
        elif name not in trained:
            yield key, f"{name} isn't trained: nothing is remembered of it"
        else:
            try:
                Values(numbers)(tensors[name].shape, unused, name)
            except ShapeError as error:
                yield f"{key}{(error.key or '').removeprefix(Values.given_by)}", str(error)


def _loss(resolved: Resolved, table: Table) -> Found:
    output, loss = resolved.network.output, resolved.loss
    if table.labels and isinstance(output.activation, Softmax):
        yield "network.output", f"{ONE_OF} softmax, and labels don't: use sigmoid"
    elif table.labels and isinstance(loss, CrossEntropy | MulticlassHinge):
        instead = "binary_cross_entropy" if isinstance(loss, CrossEntropy) else "hinge"
        yield "loss", f"{ONE_OF} {loss.name}, and labels don't: use {instead}"
    elif isinstance(output.activation, Softmax) and output.units == 1:
        yield "network.output", "softmax over 1 unit is always 1: use sigmoid, or 2 units"
    elif misfit := loss.misfit(output.activation, output.units):
        yield "loss", misfit
    yield from _target(resolved, table)


def _target(resolved: Resolved, table: Table) -> Found:
    """Problems of a loss that the targets don't suit."""
    loss = resolved.loss
    low, high = loss.targets
    if isinstance(loss, MarginLoss) and table.task == "regression":
        yield "loss", f"{loss.name} tells classes apart, and this is a regression"
        return
    keys = resolved.data.preprocessing.target
    if not loss.takes_any_target and table.task == "regression":
        message = f"{loss.name} needs the targets as they are: use none"
        for key, chosen in (("scale", keys.scale), ("transform", keys.transform)):
            if chosen != "none":
                yield f"data.preprocessing.target.{key}", message
    if not table.classes and (table.y.min() < low or table.y.max() > high):
        kinds = f"from {low:g} to {high:g}" if high < float("inf") else f"of at least {low:g}"
        yield "loss", f"{loss.name} needs targets {kinds}, but the data has others"


def _training(resolved: Resolved, rows: int) -> Found:
    training, hidden = resolved.training, [*single_layers(resolved.network.hidden)]
    size = training.batch_rows(rows)
    left = rows % size if training.sampling == "shuffle" else 0
    has_statistics = any(isinstance(x, BatchNorm) and x.trainable for x in hidden)
    if training.shards > 1:
        yield from _shards(training.shards, size, left, has_statistics=has_statistics)
    elif 1 in (size, left) and has_statistics:
        found = f"{rows} rows by {size} leave one" if left == 1 else "found 1"
        yield "training.batch_size", f"batch_norm needs batches of at least 2 rows, {found}"
    least = float(np.finfo(training.dtype).tiny)
    if getattr(resolved.optimizer, "epsilon", 1.0) < least:
        yield "optimizer.epsilon", f"too small for {training.dtype}: expected at least {least:.2g}"


def _shards(shards: int, batch: int, left: int, *, has_statistics: bool) -> Found:
    """Problems of cutting batches into shards. left: rows of an epoch's last batch, 0 if full."""
    above = 1 << shards.bit_length()
    if shards & (shards - 1):
        message = f"expected a power of two, found {shards}: use {above // 2} or {above}"
        yield "training.shards", message
    elif shards > batch:
        yield "training.shards", f"expected at most the {batch} rows of a batch, found {shards}"
    elif has_statistics and 0 < (fewest := min(batch, left or batch)) < 2 * shards:
        whose = "the last batch of an epoch" if left else "a batch"
        yield (
            "training.shards",
            f"batch_norm needs at least 2 rows of each shard, and {whose} has {fewest} for {shards}"
            " shards: take fewer, or another training.batch_size",
        )


def _schedule(resolved: Resolved) -> Found:
    schedule, training = resolved.schedule, resolved.training
    steps = training.epochs * training.steps_per_epoch
    total = training.epochs if schedule.interval == "epoch" else steps
    if isinstance(schedule, OneCycle) and schedule.warmup:
        yield "schedule.warmup", "one_cycle rises by itself: drop the key"
    elif schedule.warmup >= total and schedule.warmup:
        message = f"expected less than the run's {total} {schedule.interval}s"
        yield "schedule.warmup", f"{message}, found {schedule.warmup}"


def _minimization(resolved: Resolved) -> Found:
    """Problems of settings with an optimizer that needs one deterministic objective."""
    training, name = resolved.training, resolved.optimizer.name
    if training.batch_size != "full":
        yield "training.batch_size", f"{name} needs all rows at once: use full"
    elif training.steps_per_epoch != 1:
        yield "training.steps_per_epoch", f"{name} has one iteration an epoch: drop the key"
    if training.sampling != "shuffle":
        yield "training.sampling", f"{name} has no steps to draw rows for: drop the key"
    if training.shards > 1:
        yield "training.shards", f"{name} needs all rows at once: drop the key"
    if training.clip_grad_norm is not None:
        yield "training.clip_grad_norm", f"{name} needs the gradient as it is: drop the key"
    if not isinstance(resolved.schedule, Constant) or resolved.schedule.warmup:
        yield "schedule", f"{name} has no learning rate to schedule: drop the block"
    if any(layer.is_random for layer in single_layers(resolved.network.hidden)):
        yield (
            "network.hidden",
            f"{name} needs a loss without chance: drop dropout and gaussian_noise",
        )
    if any(isinstance(layer, BatchNorm) for layer in single_layers(resolved.network.hidden)):
        message = f"{name} tries points that would move batch_norm's statistics: drop the layers"
        yield "network.hidden", message


def _metrics(resolved: Resolved, table: Table) -> Found:
    for index, metric in enumerate(resolved.evaluation.metrics):
        if table.task not in metric.tasks:
            *others, last = sorted(metric.tasks)
            tasks = f"{', '.join(others)} and {last}" if others else last
            message = f"{metric.name} is for {tasks} tasks, and this one is {table.task}"
            yield f"evaluation.metrics[{index}]", message


def _decision(resolved: Resolved, table: Table, rows: Rows) -> Found:
    keys = resolved.decision
    if keys is None:
        return
    if len(table.classes) != 2:
        task = "multilabel" if table.labels else "a regression"
        found = f"this data has {len(table.classes)}" if table.classes else f"this is {task}"
        yield "decision", f"a threshold parts two classes, and {found}: drop the block"
    elif keys.goal is not None:
        count, present = len(rows.val), np.unique(table.y[rows.val])
        fix = "or give decision.threshold a number"
        if not count:
            yield keys.key, f"chosen on validation rows: let data.split have some, {fix}"
        elif len(present) < 2:
            only = f"are all '{printable(table.classes[present[0]])}'"
            yield keys.key, f"chosen on the {count:,} validation rows, but they {only}: {fix}"


def _monitors(resolved: Resolved, rows: Rows) -> Found:
    """Problems of monitors that aren't columns of metrics.csv."""
    columns = ["loss", *(metric.name for metric in resolved.evaluation.metrics)]
    if len(rows.val):
        columns += [f"{VAL}{column}" for column in columns]
    for key, monitor in watched_columns(resolved.training, resolved.schedule).items():
        if monitor not in columns:
            message = f"expected one of auto, {', '.join(columns)}, found '{monitor}'"
            if monitor.startswith(VAL) and not len(rows.val):
                message += ": this split has no validation rows"
            yield key, message
