"""Keras 3: compile and fit."""

import math
from functools import partial
from typing import Any

from nncli.build.build import Built
from nncli.explain.equivalent import Equivalent, answer, indented, lacks, says
from nncli.explain.keras_parts import ANSWERS
from nncli.explain.rates import factor_code
from nncli.parts.losses import CrossEntropy
from nncli.parts.optimizers import Adam, Lbfgs, Optimizer, Sgd
from nncli.parts.schedules import ReduceOnPlateau

said = partial(answer, ANSWERS)
OWN_LOSS = (
    "Keras' loss is a mean over the epoch's batches while weights move; here it is over all rows "
    "at the epoch's final weights"
)
TABLE = """
rates = [{base} * factor(t) for t in range({total})]

class Rate(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return keras.ops.take(keras.ops.array(rates), keras.ops.cast(step, "int32"))"""


def training(built: Built) -> Equivalent:
    """Loss, optimizer, schedule and fit, with what ends them."""
    chosen = built.experiment.optimizer
    if isinstance(chosen, Lbfgs):
        return said(chosen)
    factor, rate, callbacks = _schedule(built)
    optimizer, loss = _optimizer(built, rate.code), _loss(built)
    if not (optimizer.code and loss.code):
        return Equivalent("", optimizer.notes + loss.notes)
    callbacks += _stops(built)
    keys = f"keras.optimizers.{optimizer.code},\n{loss.code},"
    lines = [f"\n{factor}\n"] if factor else [""]
    lines.append(f"model.compile(\n{indented(keys)}\n)")
    if isinstance(chosen, Sgd) and chosen.initial_velocity:
        lines.append("model.optimizer.build(model.trainable_variables)")
        lines.append("for velocity in model.optimizer.momentums:")
        lines.append(f"    velocity.assign(velocity * 0 - {chosen.initial_velocity})")
    if callbacks.code:
        lines.append(f"callbacks = [\n{indented(callbacks.code)}\n]")
    notes = optimizer.notes + loss.notes + rate.notes + callbacks.notes
    return Equivalent("\n".join(lines), notes) + _fit(built, has_callbacks=bool(callbacks.code))


def _optimizer(built: Built, rate: str) -> Equivalent:
    chosen, limit = built.experiment.optimizer, built.experiment.training.clip_grad_norm
    keys = ""
    notes: tuple[str, ...] = ()
    if isinstance(chosen, Sgd) and chosen.momentum:
        keys = f", momentum={chosen.momentum}" + (", nesterov=True" if chosen.nesterov else "")
        notes = ("SGD has the learning rate inside its velocity, as here, with the sign turned",)
    clip = f", global_clipnorm={limit}" if limit is not None else ""
    numbers = {"learning_rate": rate, "momentum_keys": keys, "clip": clip, **_epsilons(chosen)}
    found = said(chosen, **numbers)
    return Equivalent(found.code, found.notes + notes)


def _epsilons(chosen: Optimizer) -> dict[str, Any]:
    """What a note on epsilon needs."""
    epsilon = getattr(chosen, "epsilon", 0.0)
    times = 1.0 / math.sqrt(1.0 - chosen.betas[1]) if isinstance(chosen, Adam) else 1.0
    return {"square": epsilon**2, "times": times, "name": type(chosen).__name__}


def _loss(built: Built) -> Equivalent:
    """The loss, and its factor where Keras' reduction is another."""
    loss, rows, units = built.network.loss, len(built.job.train), built.network.outputs
    found = said(loss)
    if not found.code:
        return found
    is_sum = loss.factor(1, 1) == loss.factor(2, 1)
    terms = rows if isinstance(loss, CrossEntropy) else rows * units
    times = loss.factor(rows, units) * (units if is_sum else terms)
    if abs(times - 1.0) < 1e-12:
        return found
    return Equivalent(f"{found.code},\nloss_weights={round(times, 12)!r}", found.notes)


def _schedule(built: Built) -> tuple[str, Equivalent, Equivalent]:
    """`def factor` where it is needed, the optimizer's rate, and the callbacks that change it."""
    chosen, job = built.experiment.schedule, built.job
    base = built.experiment.optimizer.learning_rate  # type: ignore[attr-defined]
    if chosen.is_constant:
        return "", says(str(base)), Equivalent()
    if isinstance(chosen, ReduceOnPlateau):
        return "", says(str(base)), _plateau(built, base)
    steps = job.steps_per_epoch if chosen.interval == "epoch" else 1
    longer = steps * getattr(chosen, "step_size", 1)
    shrink = math.exp(-getattr(chosen, "rate", 0.0))
    own = said(chosen, base=base, steps=steps, longer=longer, shrink=shrink)
    if own.code and not chosen.warmup:
        return "", Equivalent(f"keras.optimizers.{own.code}", own.notes), Equivalent()
    total = job.training.epochs * (job.steps_per_epoch if chosen.interval == "step" else 1)
    code = factor_code(chosen, total)
    if not code:
        return "", Equivalent(str(base), own.notes), Equivalent()
    notes = own.notes if not chosen.warmup else ()
    if chosen.interval == "step":
        return (
            f"{code}\n{TABLE.format(base=base, total=total)}",
            Equivalent("Rate()", notes),
            Equivalent(),
        )
    follow = f"keras.callbacks.LearningRateScheduler(lambda epoch: {base} * factor(epoch)),"
    return code, says(str(base)), Equivalent(follow, notes)


def _plateau(built: Built, base: float) -> Equivalent:
    chosen = built.experiment.schedule
    assert isinstance(chosen, ReduceOnPlateau)
    if chosen.warmup:
        return lacks("warmup together with ReduceLROnPlateau")
    mode = "max" if built.job.is_score(chosen.monitor) else "min"
    found = said(chosen, mode=mode, lowest=base * chosen.min_factor)
    return Equivalent(f"{found.code},", found.notes) + _monitors(built, chosen.monitor)


def _monitors(built: Built, column: str) -> Equivalent:
    """What is worth knowing of a monitored column."""
    if column == "val_loss":
        return Equivalent()
    if column == "loss":
        return says("", OWN_LOSS)
    return says("", f"{column} has to be among compile's metrics, under this name")


def _stops(built: Built) -> Equivalent:
    training, found = built.experiment.training, Equivalent()
    if (stop := training.early_stopping) is not None:
        mode = "max" if built.job.is_score(stop.monitor) else "min"
        found += says(
            f'keras.callbacks.EarlyStopping("{stop.monitor}", {stop.min_delta}, {stop.patience}, '
            f'mode="{mode}",\n    restore_best_weights={stop.restore_best_weights}),',
            "EarlyStopping first looks after epoch 1; here the start, epoch 0, counts too",
        ) + _monitors(built, stop.monitor)
    if (ended := training.converged) is not None:
        found += lacks(
            f"converged; a callback could stop when {ended.monitor} changes by at most "
            f"{ended.tolerance:g}"
        )
    return found


def _fit(built: Built, *, has_callbacks: bool) -> Equivalent:
    job = built.job
    rows, batch, steps = len(job.train), job.batch_rows, job.steps_per_epoch
    sizes = f"({rows}, {built.network.inputs}) inputs; t: ({rows}, {built.network.outputs}) targets"
    keys = [f"batch_size={batch}", f"epochs={job.training.epochs}"]
    keys += ["shuffle=True"] if batch < rows else ["shuffle=False"]
    keys += ["sample_weight=w"] if job.train.weights is not None else []
    keys += ["validation_data=(x_val, t_val)"] if job.val is not None else []
    keys += ["callbacks=callbacks"] if has_callbacks else []
    fit = f"# x: {sizes}\nmodel.fit(x, t, {', '.join(keys)})"
    notes: tuple[str, ...] = ()
    if job.training.sampling != "shuffle" or steps != -(-rows // batch):
        notes = (
            f"no equivalent: {steps} steps an epoch of {batch} rows drawn by "
            f"{job.training.sampling}; fit deals every row once an epoch",
        )
    return Equivalent(fit, notes)
