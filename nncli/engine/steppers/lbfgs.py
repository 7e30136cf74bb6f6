"""L-BFGS as a generator of iterates, one function of one vector at a time, by scipy.optimize.

scipy calls back after each iteration, while training is a generator that hands out epochs. A
thread turns one into the other; the two sides take turns and never run at the same time.
"""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.optimizers import Lbfgs

Objective = Callable[[Array], tuple[float, Array]]


def iterates(objective: Objective, start: Array, settings: Lbfgs, most: int) -> Iterator[Array]:
    """Up to `most` iterates from `start`, float64; ends early when no step improves any more.

    objective: theta -> (value, gradient).
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
                options={
                    "maxcor": settings.history,
                    "gtol": settings.gradient_tolerance,
                    "ftol": 0.0,  # only the gradient, or a line search that fails, ends it
                    "maxls": settings.max_line_search,
                    "maxiter": most,
                    "maxfun": np.iinfo(np.int32).max,
                },
            )
            if result.nit == 0:
                offer(start)
            offered.put(None)
        except StopIteration:
            offered.put(None)
        except BaseException as error:  # handed to the thread that waits, which raises it
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
