"""Update tape: records clipping and the optimizer's update."""

from collections.abc import Mapping

import numpy as np

from nncli.engine import passes
from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.tape import Tape
from nncli.parts.arrays import Array
from nncli.parts.optimizers import UpdateBuffers


def empty_scalars(job: Job) -> dict[str, Array]:
    """The optimizer's scalars, which may change at every step, as 0-d arrays."""
    dtype = np.dtype(job.training.dtype)
    return {name: np.zeros((), dtype) for name in job.optimizer.scalars(1, 1.0)}


def record_update(
    job: Job, plan: Plan, slots: Mapping[str, Array], scalars: Mapping[str, Array]
) -> Tape:
    """Record clipping and update. slots, scalars: arrays by the optimizer's names."""
    tape, optimizer = Tape(), job.optimizer
    gradient = tape.wrap(plan.gradient)
    if (limit := job.training.clip_grad_norm) is not None:
        passes.clip(gradient, limit, tape.wrap(np.zeros((), plan.gradient.dtype)))
    optimizer.update(
        UpdateBuffers(
            theta=tape.wrap(plan.trained),
            g=gradient,
            slots=tape.wrap_all(slots),
            scalars=tape.wrap_all(scalars),
            scratch=tape.wrap(np.zeros_like(plan.trained)) if optimizer.has_scratch else None,
        )
    )
    return tape
