"""PyTorch: optimizer, schedule and loop."""

import math
from functools import partial

from nncli.build.build import Built
from nncli.explain.equivalent import Equivalent, answer, indented, lacks, says
from nncli.explain.pytorch_parts import ANSWERS
from nncli.explain.rates import factor_code
from nncli.parts.layers import BatchNorm
from nncli.parts.optimizers import Lbfgs, Sgd
from nncli.parts.schedules import OneCycle, ReduceOnPlateau

said = partial(answer, ANSWERS)
RATE_OUTSIDE = (
    "SGD has the learning rate outside its velocity (v <- m v + g; W <- W - lr v): the same path "
    "while the rate is constant, and where it is not, by scaling the velocity as the loop does"
)
CLOSURE = """
def closure():
    optimizer.zero_grad()
    value = objective(x, t)
    value.backward()
    return value

optimizer.step(closure)"""


def optimizer(built: Built) -> Equivalent:
    """The optimizer, with the velocity it starts from."""
    chosen = built.experiment.optimizer
    keys, first = "", ""
    notes: tuple[str, ...] = ()
    if isinstance(chosen, Sgd) and chosen.momentum:
        keys = f", momentum={chosen.momentum}" + (", nesterov=True" if chosen.nesterov else "")
        notes = (RATE_OUTSIDE,)
        if chosen.initial_velocity:
            start = chosen.initial_velocity / built.job.learning_rate(0, 0)
            first = "\nfor p in model.parameters():\n    optimizer.state[p]"
            first += f'["momentum_buffer"] = torch.full_like(p, {start!r})'
            notes += ("SGD's velocity lacks the rate: it starts from initial_velocity / rate",)
    epochs = built.experiment.training.epochs
    evaluations = epochs * getattr(chosen, "max_line_search", 0)
    found = said(
        chosen,
        parameters="model.parameters()",
        momentum_keys=keys,
        epochs=epochs,
        evaluations=evaluations,
    )
    if not found.code:
        return found
    return Equivalent(f"optimizer = {found.code}{first}", found.notes + notes)


def schedule(built: Built) -> Equivalent:
    """What changes the rate."""
    chosen, job = built.experiment.schedule, built.job
    if isinstance(built.experiment.optimizer, Lbfgs) or chosen.is_constant:
        return Equivalent()
    rate = float(built.experiment.optimizer.learning_rate)  # type: ignore[attr-defined]
    total = job.training.epochs * (job.steps_per_epoch if chosen.interval == "step" else 1)
    if isinstance(chosen, ReduceOnPlateau):
        return _plateau(built, rate)
    if chosen.warmup or total < 2:
        code = factor_code(chosen, total)
        if not code:
            return said(chosen)
        made = "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)"
        return says(f"\n{code}\n\n{made}")
    names = {"total": total, "lowest": rate * getattr(chosen, "floor", 0.0), "learning_rate": rate}
    names["shrink"] = math.exp(-getattr(chosen, "rate", 0.0))
    if isinstance(chosen, OneCycle):
        names["peak"] = (chosen.rise * (total - 1) + 1) / total
        names["fall"] = chosen.end_divisor / chosen.start_divisor
    return _scheduler(said(chosen, **names))


def _scheduler(found: Equivalent) -> Equivalent:
    if not found.code:
        return found
    return Equivalent(f"scheduler = torch.optim.lr_scheduler.{found.code}", found.notes)


def _plateau(built: Built, rate: float) -> Equivalent:
    chosen = built.experiment.schedule
    assert isinstance(chosen, ReduceOnPlateau)
    if chosen.warmup:
        return lacks("warmup together with ReduceLROnPlateau")
    mode = "max" if built.job.is_score(chosen.monitor) else "min"
    return _scheduler(
        said(chosen, mode=mode, waits=chosen.patience - 1, lowest=rate * chosen.min_factor)
    )


def loop(built: Built) -> Equivalent:
    """The epochs and their steps."""
    if isinstance(built.experiment.optimizer, Lbfgs):
        return says(CLOSURE)
    before, after = _rescale(built), _after(built)
    by_step = built.experiment.schedule.interval == "step"
    head, rows = _draw(built)
    step = _step(built, rows)
    if by_step:
        step = says(before) + step + says(after)
    body = f"{head}\n{indented(step.code)}" if head else step.code
    if not by_step:
        body = (says(before) + says(body) + says(after)).code
    start = "\nrate = scheduler.get_last_lr()[0]" if before else ""
    code = f"{start}\nfor epoch in range({built.experiment.training.epochs}):\n{indented(body)}"
    return Equivalent(code, step.notes) + _stops(built)


def _step(built: Built, rows: str) -> Equivalent:
    """Gradient, clipping, update."""
    names = ("x", "t", "w") if built.job.train.weights is not None else ("x", "t")
    used = ", ".join(f"{name}{rows}" for name in names)
    found = says(f"optimizer.zero_grad()\nobjective({used}).backward()")
    if (limit := built.experiment.training.clip_grad_norm) is not None:
        found += says(
            f"nn.utils.clip_grad_norm_(model.parameters(), {limit})",
            "clip_grad_norm_ adds 1e-6 to the norm: what it clips comes out shorter, by a share "
            f"of at most {1e-6 / limit:.1g}",
        )
    return found + says("optimizer.step()")


def _draw(built: Built) -> tuple[str, str]:
    """The line(s) that draw a step's rows, and how arrays take them."""
    job = built.job
    rows, batch, steps = len(job.train), job.batch_rows, job.steps_per_epoch
    sampling = job.training.sampling
    if sampling == "with_replacement":
        return f"for rows in torch.randint({rows}, ({steps}, {batch})):", "[rows]"
    if batch == rows:
        return (f"for _ in range({steps}):" if steps > 1 else ""), ""
    if sampling == "without_replacement":
        draws = f"(torch.randperm({rows})[:{batch}] for _ in range({steps}))"
        return f"for rows in {draws}:", "[rows]"
    deals = -(-rows // batch)
    deal = f"torch.randperm({rows}).split({batch})"
    if steps <= deals:
        return f"for rows in {deal}{f'[:{steps}]' if steps < deals else ''}:", "[rows]"
    deal = f"[rows for _ in range({-(-steps // deals)}) for rows in {deal}][:{steps}]"
    return f"for rows in {deal}:", "[rows]"


def _after(built: Built) -> str:
    """What follows the steps for which the rate holds."""
    chosen = built.experiment.schedule
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
    """What keeps a velocity as if the rate were inside, at the start of an interval."""
    optimizer = built.experiment.optimizer
    if not (isinstance(optimizer, Sgd) and optimizer.momentum and schedule(built).code):
        return ""
    return (
        "before, rate = rate, scheduler.get_last_lr()[0]\n"
        "for state in optimizer.state.values():  # as if the rate were inside the velocity\n"
        '    state["momentum_buffer"] *= before / rate'
    )


def _stops(built: Built) -> Equivalent:
    """What ends training early."""
    training, found = built.experiment.training, Equivalent()
    if (stop := training.early_stopping) is not None:
        found += lacks(
            f"early stopping; in the loop, stop after {stop.patience} epochs without a better "
            f"{stop.monitor} and load the best state_dict"
        )
    if (ended := training.converged) is not None:
        found += lacks(
            f"converged; in the loop, stop when {ended.monitor} over all rows changes by at most "
            f"{ended.tolerance:g}"
        )
    if any(isinstance(node.layer, BatchNorm) for node in built.network.nodes) or (
        built.network.is_random
    ):
        found += says("", "call model.eval() before predicting: dropout and batch norm differ then")
    return found
