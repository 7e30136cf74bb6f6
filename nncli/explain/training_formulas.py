"""The formulas of training: clipping, update, rate, batches, and what ends and reports it."""

from collections.abc import Iterator

from nncli.build.build import Built
from nncli.engine.notation import SLOTS, written
from nncli.parts.optimizers import Lbfgs, Optimizer, Sgd
from nncli.parts.schedules import ReduceOnPlateau


def updates(built: Built) -> Iterator[tuple[str, str]]:
    """What a step does, from its rows to the new weights."""
    job = built.job
    yield from _batches(built)
    limit = job.training.clip_grad_norm
    if isinstance(job.optimizer, Lbfgs):
        yield job.optimizer.name, (job.optimizer.__doc__ or "").strip().splitlines()[0]
        return
    yield "g", "the gradient of loss and penalty, a number for each weight and bias"
    if limit is not None:
        yield "g", f"g * {written(limit)} / max(length of all g, {written(limit)})"
    yield from _update(job.optimizer)
    yield from _rates(built)


def _batches(built: Built) -> Iterator[tuple[str, str]]:
    job = built.job
    rows, batch, steps = len(job.train), job.batch_rows, job.steps_per_epoch
    said = f"{batch} of {rows} rows a step, {steps} {'step' if steps == 1 else 'steps'} an epoch"
    if batch == rows:
        said = f"all {rows} rows a step" if rows > 1 else "the 1 row"
    elif job.training.sampling == "shuffle":
        said += (
            f"; dealt anew each epoch, the last has {rows % batch}"
            if rows % batch
            else ("; dealt anew each epoch")
        )
    else:
        said += f"; drawn afresh {job.training.sampling.replace('_', ' ')}"
    yield "rows", f"{said}; at most {job.training.epochs} epochs"


def _update(optimizer: Optimizer) -> Iterator[tuple[str, str]]:
    """theta as W, velocity as v, squares as s."""
    symbols = {"W": "W", "g": "g", "lr": "lr", "step": "n"}
    for name, template in optimizer.formulas().items():
        short = "W" if name == "theta" else SLOTS.get(name, name)
        symbols[name] = short
        said = template.format(**symbols) if template else (optimizer.__doc__ or "").split(".")[0]
        yield short, said
    if optimizer.changes_every_step:
        yield "n", "the number of the step, from 1"
    if "squares" in optimizer.active_slots:
        yield (
            "epsilon",
            "outside the root; every s starts at " + written(optimizer.slot_start("squares")),
        )
    if isinstance(optimizer, Sgd) and optimizer.momentum:
        start = written(optimizer.initial_velocity)
        yield "v", f"starts at {start}; the learning rate is inside it"


def _rates(built: Built) -> Iterator[tuple[str, str]]:
    job, schedule = built.job, built.experiment.schedule
    base = written(float(job.optimizer.learning_rate))  # type: ignore[attr-defined]
    if schedule.is_constant:
        yield "lr", base
        return
    formula = schedule.fill(schedule.formula).replace("{lr}", base)
    said = formula or (schedule.__doc__ or schedule.name).strip().splitlines()[0].rstrip(".")
    total = job.training.epochs * (job.steps_per_epoch if schedule.interval == "step" else 1)
    after = f", then t and T from there; T = {total - schedule.warmup}" if schedule.warmup else ""
    rise = f"{base} * (t + 1) / {schedule.warmup} up to t = {schedule.warmup - 1}" if after else ""
    yield "lr", f"{schedule.name}: {said}; t = {schedule.interval}, T = {total}"
    if rise:
        yield "lr", f"warmup: {rise}{after}"
    if isinstance(schedule, ReduceOnPlateau):
        return
    places = sorted({0, min(1, total - 1), total // 2, total - 1})
    values = [f"{t}: {written(job.learning_rate(t, t), 4)}" for t in places]
    yield "lr", f"at {schedule.interval} " + ", ".join(values)


def stops(built: Built) -> Iterator[tuple[str, str]]:
    """What ends training before its last epoch."""
    training = built.experiment.training
    if (stop := training.early_stopping) is not None:
        better = "higher" if built.job.is_score(stop.monitor) else "lower"
        kept = (
            "the best epoch's weights are kept" if stop.restore_best_weights else "last ones kept"
        )
        yield (
            "early stopping",
            f"after {stop.patience} epochs without {stop.monitor} {better} by more than "
            f"{written(stop.min_delta)}; {kept}",
        )
    if (ended := training.converged) is not None:
        yield (
            "converged",
            f"when {ended.monitor} changes by at most {written(ended.tolerance)} in an epoch",
        )


def reported(built: Built) -> Iterator[tuple[str, str]]:
    """What the columns of metrics.csv are."""
    penalty = any(
        getattr(node.layer, "kernel_regularizer", None) is not None for node in built.network.nodes
    )
    yield (
        "loss",
        "over all training rows at the epoch's final weights"
        + (", penalty included" if penalty else "")
        + "; epoch 0 is before training",
    )
    if built.preprocessing.target.method != "none":
        yield "loss", "of the scaled target; the metrics are in the target's own units"
