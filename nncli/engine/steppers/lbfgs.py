"""L-BFGS by scipy.optimize: a generator of iterates, and the stepper that makes an epoch of each.

scipy calls back after each iteration, while a stepper returns after each epoch. A thread turns one
into the other; the two threads take turns and never run at the same time.
"""

import math
import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue

import numpy as np

from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.state import TrainState
from nncli.engine.steppers.protocol import Stepper
from nncli.engine.stop import Stop
from nncli.parts.arrays import Array
from nncli.parts.optimizers import Lbfgs, Optimizer

Objective = Callable[[Array], tuple[float, Array]]


def scipy_options(optimizer: Optimizer, iterations: int) -> dict[str, float]:
    """The options for scipy's L-BFGS-B."""
    assert isinstance(optimizer, Lbfgs)
    return {
        "maxcor": optimizer.history,
        "gtol": optimizer.gradient_tolerance,
        "ftol": 0.0,  # it ends by gradient or a failed line search only
        "maxls": optimizer.max_line_search,
        "maxiter": iterations,
        "maxfun": np.iinfo(np.int32).max,
    }


def iterates(
    objective: Objective, start: Array, options: dict[str, float]
) -> Generator[Array, None, None]:
    """Yields the iterates from `start` (float64), at least one, until no step improves any more.

    objective: theta -> (value, gradient).  options: see `scipy_options`.
    """
    offered: SimpleQueue[Array | BaseException | None] = SimpleQueue()
    go_on = threading.Semaphore(0)
    closed = False

    def offer(theta: Array) -> None:
        offered.put(theta.copy())
        go_on.acquire()
        if closed:
            raise StopIteration  # how scipy is told to stop

    def work() -> None:
        from scipy.optimize import minimize  # a third of a second that only lbfgs needs

        try:
            result = minimize(
                objective,
                start.astype(float),
                jac=True,
                method="L-BFGS-B",
                callback=offer,
                options=options,
            )
            if result.nit == 0:
                offer(start)
            offered.put(None)
        except StopIteration:
            offered.put(None)
        except BaseException as error:  # the waiting thread raises it
            offered.put(error)

    thread = threading.Thread(target=work, name="lbfgs", daemon=True)
    thread.start()
    try:
        while (theta := offered.get()) is not None:
            if isinstance(theta, BaseException):
                raise theta
            yield theta
            go_on.release()
    finally:
        closed = True
        go_on.release()
        thread.join()


def _objective(plan: Plan, rows: int) -> Objective:
    """theta -> (objective over all rows, gradient), computed by the plan."""
    gradient = plan.record_gradient(rows)

    def objective(theta: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            plan.trained[...] = theta
            gradient()
            return plan.loss(rows), plan.gradient.astype(float)

    return objective


class LbfgsStepper(Stepper):
    """An epoch is one iteration over all rows; each call of `epochs` makes one.

    It computes the iterates one ahead, to know whether the present one is the last.
    """

    def __init__(self, job: Job, state: TrainState) -> None:
        self.state, self.plan = state, Plan.of(job, state, gather=False)
        self.reached = self.plan.trained.copy()
        self.following: Array | None = None
        objective = _objective(self.plan, job.batch_rows)
        options = scipy_options(job.optimizer, job.training.epochs)
        self.iterates = iterates(objective, self.plan.trained, options)

    def epochs(self, last: int, stop: Stop, seconds: float = math.inf) -> bool:
        if self.following is None:
            self.following = next(self.iterates)
        is_allowed = not stop.requested
        if is_allowed:
            self.reached, self.following = self.following, next(self.iterates, None)
            self.is_at_minimum = self.following is None
            self.state.epoch += 1
            self.state.step += 1
        self.plan.trained[...] = self.reached  # which has the line search's last trial point
        return is_allowed

    def close(self) -> None:
        self.iterates.close()
