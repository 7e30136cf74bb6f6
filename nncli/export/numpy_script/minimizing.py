"""Minimizing: L-BFGS as the text of a script, which calls scipy as nncli does."""

from nncli.engine.job import Job
from nncli.export.numpy_script.formatting import indented
from nncli.parts.optimizers import Lbfgs


def minimize(job: Job, last: int, gradient: str, objective: str, report: list[str]) -> list[str]:
    """The lines that train for `last` iterations.

    gradient, objective: expressions for the training rows.  report: what ends an iteration.
    """
    settings = job.optimizer
    assert isinstance(settings, Lbfgs)
    unmoved = ["if result.nit == 0:  # it began at a minimum", "    after_iteration(theta)"]
    return [
        "epoch = 0",
        "",
        "def value_and_gradient(vector):",
        '    """What is minimized."""',
        "    theta[:] = vector",
        f"    gradient = {gradient}",
        f"    return {objective}, gradient.astype(float)",
        "",
        "def after_iteration(vector):",
        '    """What scipy calls with the weights that an iteration ends with."""',
        "    nonlocal epoch",
        "    epoch += 1",
        "    theta[:] = vector",
        *indented(report),
        "",
        f"{'result = ' if last == 1 else ''}scipy.optimize.minimize(",
        "    value_and_gradient,",
        "    theta.astype(float),",
        "    jac=True,",
        '    method="L-BFGS-B",',
        "    callback=after_iteration,",
        "    options={",
        f'        "maxcor": {settings.history},',
        f'        "gtol": {settings.gradient_tolerance!r},',
        '        "ftol": 0.0,  # only the gradient, or a line search that fails, ends it',
        f'        "maxls": {settings.max_line_search},',
        f'        "maxiter": {last},',
        '        "maxfun": np.iinfo(np.int32).max,',
        "    },",
        ")",
        *(unmoved if last == 1 else []),
    ]
