"""PyTorch: optimizer, schedule and loop."""

from textwrap import indent

from nncli.assembly.build import Built
from nncli.equivalent import Equivalent, unsupported
from nncli.explain.no_equivalent import given_state, shard_statistics
from nncli.parts.layers import BatchNorm
from nncli.parts.optimizers import Sgd
from nncli.parts.schedules import ReduceOnPlateau

CLOSURE = """
def closure():
    optimizer.zero_grad()
    value = objective(x, t)
    value.backward()
    return value

optimizer.step(closure)"""


def optimizer(built: Built) -> Equivalent:
    """The optimizer, with its initial velocity."""
    chosen, epochs = built.job.optimizer, built.job.training.epochs
    found = chosen.equivalent("pytorch", epochs=epochs)
    if not found.code:
        return found
    made = Equivalent(f"optimizer = {found.code}", *found.notes) + given_state(built)
    if not isinstance(chosen, Sgd) or not chosen.initial_velocity:
        return made
    start = chosen.initial_velocity / built.job.learning_rate(0, 0)
    return made + Equivalent(
        "for p in model.parameters():\n    optimizer.state[p]"
        f'["momentum_buffer"] = torch.full_like(p, {start!r})',
        "SGD's velocity lacks the rate: it starts from initial_velocity / rate",
    )


def schedule(built: Built) -> Equivalent:
    """The scheduler."""
    chosen, job = built.job.schedule, built.job
    if not job.optimizer.has_learning_rate or chosen.is_constant:
        return Equivalent()
    plateau = chosen if isinstance(chosen, ReduceOnPlateau) else None
    if plateau is not None and plateau.warmup:
        return unsupported("warmup together with ReduceLROnPlateau")
    found = chosen.equivalent(
        "pytorch",
        learning_rate=job.base_learning_rate,
        steps=job.steps_per_interval,
        total=job.schedule_total,
        mode="max" if plateau is not None and job.is_score(plateau.monitor) else "min",
    )
    made = f"scheduler = torch.optim.lr_scheduler.{found.code}" if found.code else ""
    if made and (plateau is not None or (not chosen.warmup and job.schedule_total > 1)):
        return Equivalent(made, *found.notes)
    if factor := chosen.function_code(job.schedule_total):
        made = "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)"
        return Equivalent(f"\n{factor}\n\n{made}")
    return Equivalent("", *found.notes)


def loop(built: Built) -> Equivalent:
    """The loop over epochs and steps."""
    if not built.job.optimizer.has_update:
        return Equivalent(CLOSURE)
    before, after = Equivalent(_rescale(built)), Equivalent(_after(built))
    head, rows = _draw(built)
    step = _step(built, rows)
    if built.job.schedule.interval == "step":
        body = _block(head, before + step + after)
    else:
        body = before + _block(head, step) + after
    start = "\nrate = scheduler.get_last_lr()[0]" if before.code else ""
    epochs = _block(f"for epoch in range({built.job.training.epochs}):", body)
    return Equivalent(f"{start}\n{epochs.code}", *epochs.notes) + _stops(built)


def _block(head: str, body: Equivalent) -> Equivalent:
    """Code indented under a `for` line; unchanged if there is none."""
    return Equivalent(f"{head}\n{indent(body.code, '    ')}", *body.notes) if head else body


def _step(built: Built, rows: str) -> Equivalent:
    """Gradient, clipping and update."""
    names = ("x", "t", "w") if built.job.train.weights is not None else ("x", "t")
    used = ", ".join(f"{name}{rows}" for name in names)
    found = Equivalent(f"optimizer.zero_grad()\nobjective({used}).backward()")
    if (limit := built.job.training.clip_grad_norm) is not None:
        found += Equivalent(
            f"nn.utils.clip_grad_norm_(model.parameters(), {limit})",
            "clip_grad_norm_ adds 1e-6 to the norm: what it clips comes out shorter, by a share "
            f"of at most {1e-6 / limit:.1g}",
        )
    return found + Equivalent("optimizer.step()")


def _draw(built: Built) -> tuple[str, str]:
    """(the `for` line that draws a step's rows, their index); empty if each step takes all."""
    job, sampling = built.job, built.job.training.sampling
    rows, batch, steps = len(job.train), job.batch_rows, job.steps_per_epoch
    if sampling == "with_replacement":
        return f"for rows in torch.randint({rows}, ({steps}, {batch})):", "[rows]"
    if batch == rows:
        return (f"for _ in range({steps}):" if steps > 1 else ""), ""
    if sampling == "without_replacement":
        draws = f"(torch.randperm({rows})[:{batch}] for _ in range({steps}))"
        return f"for rows in {draws}:", "[rows]"
    once, deal = job.steps_per_pass, f"torch.randperm({rows}).split({batch})"
    if steps < once:
        deal += f"[:{steps}]"
    elif steps > once:
        deal = f"[rows for _ in range({-(-steps // once)}) for rows in {deal}][:{steps}]"
    return f"for rows in {deal}:", "[rows]"


def _after(built: Built) -> str:
    """The line after the steps of an interval: scheduler.step()."""
    chosen = built.job.schedule
    if not schedule(built).code:
        return ""
    line = "scheduler.step()"
    if isinstance(chosen, ReduceOnPlateau):
        which = "x_val, t_val" if chosen.monitor == "val_loss" else "x, t"
        measure = f"measured = objective({which})"
        if chosen.monitor not in ("loss", "val_loss"):
            measure = f"measured = ...  # {chosen.monitor}, over all rows"
        line = f"model.eval()\nwith torch.no_grad():\n    {measure}\nmodel.train()\n"
        line += "scheduler.step(measured)"
    return line


def _rescale(built: Built) -> str:
    """Lines that rescale the velocity at the start of an interval: here the rate is inside it."""
    optimizer = built.job.optimizer
    if not (isinstance(optimizer, Sgd) and optimizer.momentum and schedule(built).code):
        return ""
    return (
        "before, rate = rate, scheduler.get_last_lr()[0]\n"
        "for state in optimizer.state.values():  # as if the rate were inside the velocity\n"
        '    state["momentum_buffer"] *= before / rate'
    )


def _stops(built: Built) -> Equivalent:
    """Notes on the rules that end training early."""
    training, found = built.job.training, shard_statistics(built)
    if (stop := training.early_stopping) is not None:
        found += unsupported(
            f"early stopping; in the loop, stop after {stop.patience} epochs without a better "
            f"{stop.monitor} and load the best state_dict"
        )
    if (ended := training.converged) is not None:
        found += unsupported(
            f"converged; in the loop, stop when {ended.monitor} over all rows changes by at most "
            f"{ended.tolerance:g}"
        )
    if any(isinstance(node.layer, BatchNorm) for node in built.network.nodes) or (
        built.network.is_random
    ):
        found += Equivalent(
            "", "call model.eval() before predicting: dropout, noise and batch norm differ then"
        )
    return found
