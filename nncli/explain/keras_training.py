"""Keras 3: compile and fit."""

from textwrap import indent

from nncli.assembly.build import Built
from nncli.equivalent import Equivalent, unsupported
from nncli.explain.no_equivalent import given_state, shard_statistics
from nncli.parts.losses import CrossEntropy
from nncli.parts.optimizers import Sgd
from nncli.parts.schedules import ReduceOnPlateau

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
    """Loss, optimizer, schedule and fit, with the rules that end training."""
    chosen, epochs = built.job.optimizer, built.job.training.epochs
    if not chosen.has_learning_rate:
        return chosen.equivalent("keras", epochs=epochs)
    factor, rate, callbacks = _schedule(built)
    limit = built.job.training.clip_grad_norm
    clip = f", global_clipnorm={limit}" if limit is not None else ""
    optimizer = chosen.equivalent("keras", learning_rate=rate.code, clip=clip, epochs=epochs)
    optimizer += given_state(built)
    loss = _loss(built)
    if not optimizer.code or not loss.code:
        return Equivalent("", *optimizer.notes, *loss.notes)
    callbacks += _stops(built)
    keys = f"keras.optimizers.{optimizer.code},\n{loss.code},"
    lines = [f"\n{factor}\n"] if factor else [""]
    lines.append(f"model.compile(\n{indent(keys, '    ')}\n)")
    if isinstance(chosen, Sgd) and chosen.initial_velocity:
        lines.append("model.optimizer.build(model.trainable_variables)")
        lines.append("for velocity in model.optimizer.momentums:")
        lines.append(f"    velocity.assign(velocity * 0 - {chosen.initial_velocity})")
    if callbacks.code:
        lines.append(f"callbacks = [\n{indent(callbacks.code, '    ')}\n]")
    notes = optimizer.notes + loss.notes + rate.notes + callbacks.notes
    return Equivalent("\n".join(lines), *notes) + _fit(built, has_callbacks=bool(callbacks.code))


def _loss(built: Built) -> Equivalent:
    """The loss, with a factor if Keras' reduction differs."""
    loss, rows, units = built.network.loss, len(built.job.train), built.network.outputs
    found = loss.equivalent("keras")
    if not found.code:
        return found
    terms = rows if isinstance(loss, CrossEntropy) else rows * units
    times = loss.factor(rows, units) * (units if loss.is_sum else terms)
    if abs(times - 1.0) < 1e-12:
        return found
    return Equivalent(f"{found.code},\nloss_weights={round(times, 12)!r}", *found.notes)


def _schedule(built: Built) -> tuple[str, Equivalent, Equivalent]:
    """`def factor` if it is needed, the optimizer's rate, and the callbacks that change it."""
    job, chosen = built.job, built.job.schedule
    base = Equivalent(str(job.base_learning_rate))
    if chosen.is_constant:
        return "", base, Equivalent()
    if isinstance(chosen, ReduceOnPlateau):
        return "", base, _plateau(built, chosen)
    by_step = chosen.interval == "step"
    own = chosen.equivalent(
        "keras",
        learning_rate=job.base_learning_rate,
        steps=job.steps_per_interval,
        total=job.schedule_total,
    )
    if own.code and not chosen.warmup:
        return "", Equivalent(f"keras.optimizers.{own.code}", *own.notes), Equivalent()
    code, notes = chosen.function_code(job.schedule_total), () if chosen.warmup else own.notes
    if not code:
        return "", Equivalent(base.code, *own.notes), Equivalent()
    if by_step:
        table = TABLE.format(base=base.code, total=job.schedule_total)
        return f"{code}\n{table}", Equivalent("Rate()", *notes), Equivalent()
    follow = f"keras.callbacks.LearningRateScheduler(lambda epoch: {base.code} * factor(epoch)),"
    return code, base, Equivalent(follow, *notes)


def _plateau(built: Built, chosen: ReduceOnPlateau) -> Equivalent:
    if chosen.warmup:
        return unsupported("warmup together with ReduceLROnPlateau")
    mode = "max" if built.job.is_score(chosen.monitor) else "min"
    found = chosen.equivalent("keras", learning_rate=built.job.base_learning_rate, mode=mode)
    return Equivalent(f"{found.code},", *found.notes) + _monitors(chosen.monitor)


def _monitors(column: str) -> Equivalent:
    """Notes on a monitored column."""
    if column == "val_loss":
        return Equivalent()
    if column == "loss":
        return Equivalent("", OWN_LOSS)
    return Equivalent("", f"{column} has to be among compile's metrics, under this name")


def _stops(built: Built) -> Equivalent:
    training, found = built.job.training, Equivalent()
    if (stop := training.early_stopping) is not None:
        mode = "max" if built.job.is_score(stop.monitor) else "min"
        found += Equivalent(
            f'keras.callbacks.EarlyStopping("{stop.monitor}", {stop.min_delta}, {stop.patience}, '
            f'mode="{mode}",\n    restore_best_weights={stop.restore_best_weights}),',
            "EarlyStopping first looks after epoch 1; here the start, epoch 0, counts too",
        )
        found += _monitors(stop.monitor)
    if (ended := training.converged) is not None:
        found += unsupported(
            f"converged; a callback could stop when {ended.monitor} changes by at most "
            f"{ended.tolerance:g}"
        )
    return found


def _fit(built: Built, *, has_callbacks: bool) -> Equivalent:
    job = built.job
    rows, batch = len(job.train), job.batch_rows
    sizes = f"({rows}, {built.network.inputs}) inputs; t: ({rows}, {built.network.outputs}) targets"
    keys = [f"batch_size={batch}", f"epochs={job.training.epochs}"]
    keys += ["shuffle=True"] if batch < rows else ["shuffle=False"]
    keys += ["sample_weight=w"] if job.train.weights is not None else []
    keys += ["validation_data=(x_val, t_val)"] if job.val is not None else []
    keys += ["callbacks=callbacks"] if has_callbacks else []
    found = Equivalent(f"# x: {sizes}\nmodel.fit(x, t, {', '.join(keys)})")
    found += shard_statistics(built)
    if job.is_one_pass:
        return found
    return found + unsupported(
        f"{job.steps_per_epoch} steps an epoch of {batch} rows drawn by {job.training.sampling}; "
        "fit deals every row once an epoch"
    )
