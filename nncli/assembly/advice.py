"""Advice: warnings of keys that are valid alone, but together are probably a mistake."""

from collections.abc import Iterator

import numpy as np

from nncli.config.resolve_training import products_of
from nncli.config.resolved import Resolved
from nncli.data.preprocessing import Preprocessing
from nncli.engine.cost import useful_threads
from nncli.engine.job import Job
from nncli.engine.network import Node
from nncli.engine.threads import allowed_cores
from nncli.engine.training_settings import TrainingKeys
from nncli.errors import counted, few
from nncli.parts.activations import Step
from nncli.parts.losses import Huber
from nncli.parts.schedules import ReduceOnPlateau
from nncli.parts.table import Table


def advice(
    given: TrainingKeys,
    experiment: Resolved,
    job: Job,
    table: Table,
    preprocessing: Preprocessing,
) -> Iterator[str]:
    """Yield one line per problem, with the keys and the remedy.

    given: the training keys as in the config, which may be `auto`.
    """
    if given.threads == "auto" and given.shards == 1:
        yield from _threads(experiment, job)
    yield from _steps(job)
    yield from _plateau(experiment)
    yield from _huber(experiment, job, preprocessing)
    if table.origin is not None:  # with a few given rows it is obvious
        yield from _undefined(job)


def _threads(experiment: Resolved, job: Job) -> Iterator[str]:
    """Warn if busy cores reduced the number of threads, on which the last bits depend."""
    threads = experiment.training.threads
    quiet = useful_threads(products_of(experiment.network, job.batch_rows), allowed_cores())
    if threads < quiet:
        yield (
            f"training.threads is {threads}, not {quiet}, for other processes keep the cores busy; "
            "a run with another number of threads may give slightly other numbers"
        )


def _steps(job: Job) -> Iterator[str]:
    """Warn of trainable weights before a step activation, whose gradient is 0."""
    nodes = job.network.nodes
    activations = [
        getattr(node.layer, "activation", getattr(node.layer, "function", None)) for node in nodes
    ]
    last = max((n for n, each in enumerate(activations) if isinstance(each, Step)), default=-1)
    if stuck := [node.name for node in nodes[: last + 1] if _has_trained_weights(node)]:
        yield (
            f"{few(stuck)} can't learn, for the slope of step in {nodes[last].name} is 0: give "
            "weights and trainable: false, or use sigmoid; a single unit learns by loss: perceptron"
        )


def _has_trained_weights(node: Node) -> bool:
    return node.layer.is_trainable and bool(node.layer.param_shapes(node.input_shape))


def _plateau(experiment: Resolved) -> Iterator[str]:
    """Warn if early stopping ends training before the plateau schedule can lower the rate."""
    schedule, stopping = experiment.schedule, experiment.training.early_stopping
    if not isinstance(schedule, ReduceOnPlateau) or stopping is None:
        return
    waits = schedule.patience
    if schedule.monitor == stopping.monitor and waits >= stopping.patience:
        yield (
            f"schedule.patience {waits} is no less than training.early_stopping.patience "
            f"{stopping.patience}: training ends before a lower rate is tried"
        )


def _huber(experiment: Resolved, job: Job, preprocessing: Preprocessing) -> Iterator[str]:
    """Warn if huber's delta looks as if given in unscaled units."""
    loss, target = experiment.loss, preprocessing.target
    if not isinstance(loss, Huber) or target.method == "none":
        return
    if loss.delta >= float(np.ptp(job.train.targets, axis=0).max()):
        unit, name = target.scale[0], preprocessing.learnt_targets[0]
        yield (
            f"loss.delta {loss.delta:g} is of the scaled target, where 1 is {unit:.4g} of "
            f"{name}: no error reaches it, and huber is half_mse "
            f"({loss.delta / unit:.3g} there is {loss.delta:g} of {name})"
        )


def _undefined(job: Job) -> Iterator[str]:
    """Warn of metrics that are NaN on a split for any prediction."""
    for which, rows in (("training", job.train), ("validation", job.val)):
        if rows is None:
            continue
        for name, metric in job.metrics.items():
            if why := metric.undefined(rows.truth):
                where = counted(len(rows), f"{which} row")
                yield f"{name} is undefined (nan) on the {where}: {why}"
