"""Choice: chooses the engine that makes a job's steps; other packages' engines only by name.

The choice depends on the job, not on the machine or the moment, so that a repeated run uses the
same engine; except that without a compiler NumPy makes all steps.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np

from nncli.engine.cost import compiling_pays
from nncli.engine.job import Job
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.steppers.plugged_in import BUILT_IN, engine_called
from nncli.engine.steppers.protocol import Stepper
from nncli.errors import UserError
from nncli.frozen import frozen

AUTO = "auto"
INSTALL = "pip install llvmlite"
MISSING = f"llvmlite isn't there, which would shorten this run: {INSTALL}"


@frozen
class Choice:
    """An engine. refusal: why it isn't the configured one, or one that would be faster."""

    engine: str
    refusal: str = ""


def is_installed() -> bool:
    """Whether a compiler (llvmlite) is installed."""
    return find_spec("llvmlite") is not None


def choose(job: Job, wanted: str) -> Choice:
    """The engine for a whole run. Raises UserError if the configured one isn't installed."""
    if wanted not in (AUTO, *BUILT_IN):
        engine = engine_called(wanted)
        refusal = _no_steps(job) or engine.refusal(job)
        return Choice("numpy", refusal) if refusal else Choice(wanted)
    if wanted == AUTO:
        if not pays(job):
            return Choice("numpy")
    elif wanted != "compiled":
        return Choice(wanted)
    if not is_installed():
        if wanted == "compiled":
            raise UserError(f"the compiled engine needs llvmlite: {INSTALL}")
        return Choice("numpy", MISSING if job.optimizer.has_update else "")
    refusal = _refusal(job)
    return Choice("numpy", refusal) if refusal else Choice("compiled")


def pays(job: Job) -> bool:
    """Whether compiling is expected to save more time than it takes."""
    network = job.network
    steps, layers = job.training.epochs * job.steps_per_epoch, len(network.nodes)
    numbers = network.layout.trainable + job.batch_rows * sum(n.outputs for n in network.nodes)
    return compiling_pays(steps, layers, numbers)


def _refusal(job: Job) -> str:
    """Why the steps of a job can't be compiled; empty if they can."""
    if refusal := _no_steps(job):
        return refusal
    from nncli.engine.steppers.compiled.places import Untranslatable
    from nncli.engine.steppers.compiled.program import check

    theta = np.zeros(job.network.layout.size, job.training.dtype)  # calls are only recorded
    try:
        check(GradientStepper(job, job.state_at(theta)))
    except Untranslatable as error:
        return f"the numpy engine trains this network: {error}"
    return ""


def _no_steps(job: Job) -> str:
    if job.optimizer.has_update:
        return ""
    return f"{job.optimizer.name} has a line search, which only the numpy engine carries out"


def stepper(job: Job, state: TrainState, ranks: Ranks = ALONE) -> Stepper:
    """The stepper of the job's optimizer and engine.

    Raises UserError for a resumed run whose engine isn't installed.
    """
    if not job.optimizer.has_update:
        from nncli.engine.steppers.lbfgs import LbfgsStepper

        return LbfgsStepper(job, state)
    name = job.training.engine
    make = ENGINES.get(name) or engine_called(name).stepper
    return make(job, state, ranks)


def _compiled(job: Job, state: TrainState, ranks: Ranks) -> Stepper:
    if not is_installed():
        raise UserError(f"this run is the compiled engine's, which needs llvmlite: {INSTALL}")
    from nncli.engine.steppers.compiled.stepper import CompiledStepper

    return CompiledStepper(job, state, ranks)


ENGINES: Mapping[str, Callable[[Job, TrainState, Ranks], Stepper]] = {
    "numpy": GradientStepper,
    "compiled": _compiled,
}
