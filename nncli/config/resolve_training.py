"""Resolve training: replaces every `auto` of the schedule, the training and its log."""

import math
from dataclasses import replace

from nncli.config.experiment import Experiment
from nncli.config.resolved import ResolvedNetwork, unchanged
from nncli.engine.cost import epochs_per_row, useful_threads
from nncli.engine.threads import free_cores
from nncli.engine.training_settings import (
    STOPPING_PATIENCE,
    EarlyStopping,
    EarlyStoppingKeys,
    Training,
)
from nncli.parts.arrays import Shape
from nncli.parts.layers import Layer
from nncli.parts.schedules import ReduceOnPlateau, Schedule
from nncli.parts.splits import Rows

BATCH = 32


def resolve_schedule(schedule: Schedule, monitor: str) -> Schedule:
    """Resolves the monitor of reduce_on_plateau."""
    if isinstance(schedule, ReduceOnPlateau) and schedule.monitor == "auto":
        return replace(schedule, monitor=monitor)
    return schedule


def _resolve_stopping(
    given: EarlyStoppingKeys | None, schedule: Schedule, monitor: str
) -> EarlyStopping | None:
    """Resolves monitor and patience; reduce_on_plateau gets time to try a lower rate."""
    if given is None:
        return None
    plateau_patience = 2 * schedule.patience if isinstance(schedule, ReduceOnPlateau) else 0
    default_patience = max(STOPPING_PATIENCE, plateau_patience)
    return EarlyStopping(
        monitor if given.monitor == "auto" else given.monitor,
        default_patience if given.patience == "auto" else given.patience,
        given.min_delta,
        given.restore_best_weights,
    )


def resolve_training(
    given: Experiment, network: ResolvedNetwork, rows: Rows, monitor: str
) -> Training:
    """Resolves the batch size by optimizer and rows, and threads by the work of a step."""
    keys, count = given.training, len(rows.train)
    size, steps, threads = keys.batch_size, keys.steps_per_epoch, keys.threads
    converged = keys.converged
    if size == "auto":
        size = "full" if given.optimizer.full_batch or count <= BATCH else BATCH
    if steps == "auto":
        steps = 1 if size == "full" else -(-count // min(size, count))
    if threads == "auto" and keys.shards > 1:
        threads = 1  # ranks share the work; bits must not depend on their number
    elif threads == "auto":
        batch = count if size == "full" else size
        threads = useful_threads(products_of(network, batch), free_cores())
    if converged is not None and converged.monitor == "auto":
        converged = replace(converged, monitor=monitor)
    return Training(
        **unchanged(replace(keys, converged=converged), Training),
        batch_size=size,
        steps_per_epoch=steps,
        early_stopping=_resolve_stopping(keys.early_stopping, given.schedule, monitor),
        threads=threads,
        engine="numpy" if keys.engine == "auto" else keys.engine,
    )


def resolve_log_every(training: Training, network: ResolvedNetwork, rows: Rows) -> int:
    """Epochs per row of metrics.csv, so that scoring all rows costs little beside training."""
    return epochs_per_row(
        training.epochs,
        scored=len(rows.train) + len(rows.val),
        trained=training.steps_per_epoch * training.batch_rows(len(rows.train)),
        products=sum(_row_products(network)),
        patience=training.early_stopping.patience if training.early_stopping else None,
    )


def products_of(network: ResolvedNetwork, batch: int) -> int:
    """The multiplications in the largest matrix product of a training step."""
    return batch * max(_row_products(network))


def _row_products(network: ResolvedNetwork) -> list[int]:
    """The multiplications for one row, by layer."""
    return [_multiplications(layer, shape) for *_, layer, shape in network.layer_shapes()]


def _multiplications(layer: Layer, shape: Shape) -> int:
    """The multiplications of a layer for one row; layers on flat inputs count as dense."""
    output = layer.output_shape(shape)
    if len(shape) == 1:
        return math.prod(shape) * math.prod(output)
    return math.prod(layer.param_shapes(shape).get("W", ())) * math.prod(output[:-1])
