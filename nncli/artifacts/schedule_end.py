"""Schedule end: effects of a resume with more epochs on a schedule that depends on the end."""

from collections.abc import Iterator

from nncli.artifacts.run_reader import RunReader
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.job import Job
from nncli.engine.state import TrainState


def counts_on_end(job: Job, epochs: int) -> bool:
    """Whether the learning rates would differ with that number of epochs."""
    if not job.optimizer.has_learning_rate or epochs == job.training.epochs:
        return False
    factor, total, other = job.schedule.factor, job.schedule_total, job.schedule_total_of(epochs)
    shorter = min(total, other)
    times = {0, 1, shorter // 4, shorter // 2, shorter - 1}
    return any(factor(t, total) != factor(t, other) for t in times)


def rate_jump(job: Job, state: TrainState, last: EpochReport, epochs_before: int) -> str:
    """A warning of the jump in the learning rate at a resume; empty if there is none."""
    if last.learning_rate is None or not counts_on_end(job, epochs_before):
        return ""
    rate = job.learning_rate(state.epoch, state.step, state.plateau.factor)
    return (
        f"the end of schedule {job.schedule.name} moved from epoch {epochs_before} to "
        f"{job.training.epochs}: the learning rate jumps from {last.learning_rate:.3g} in epoch "
        f"{last.epoch} to {rate:.3g} in epoch {state.epoch + 1}"
    )


def as_trained(reader: RunReader) -> str:
    """How resumptions moved the schedule's end; empty if they didn't, or if it doesn't matter."""
    job = reader.built.job
    ends = [(each["step"] // job.steps_per_epoch, each["epochs"]) for each in _untils(reader)]
    parts = [(reached, epochs) for reached, epochs in ends if counts_on_end(job, epochs)]
    if not parts:
        return ""
    known = {epochs: reached for reached, epochs in parts}  # the last epoch with each end
    said = [f"{epochs} epochs up to epoch {reached}" for epochs, reached in known.items()]
    return (
        f"the schedule was one of {', then of '.join(said)}, then of {job.training.epochs}: "
        "--resume moved its end, and a run with that end from the start has other rates"
    )


def _untils(reader: RunReader) -> Iterator[dict[str, int]]:
    """The `until` record of each resumption: the step reached, and the epochs planned then."""
    for resumption in reader.resumptions():
        until = resumption.get("until")
        if isinstance(until, dict) and all(
            type(until.get(key)) is int and until[key] > 0 for key in ("step", "epochs")
        ):
            yield until
