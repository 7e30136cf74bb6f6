"""Schedule end: a schedule that counts on the run's end, of a run that was told another end."""

from collections.abc import Iterator

from nncli.artifacts.run_reader import RunReader
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.job import Job
from nncli.engine.state import TrainState


def counts_on_end(job: Job, epochs: int) -> bool:
    """Whether the rates of this job would be others in a run of so many epochs."""
    if not job.optimizer.has_learning_rate or epochs == job.training.epochs:
        return False
    factor, total, other = job.schedule.factor, job.schedule_total, job.schedule_total_of(epochs)
    shorter = min(total, other)
    times = {0, 1, shorter // 4, shorter // 2, shorter - 1}
    return any(factor(t, total) != factor(t, other) for t in times)


def rate_jump(job: Job, state: TrainState, last: EpochReport, epochs_before: int) -> str:
    """What a moved end does to the rate where a run goes on; empty if nothing."""
    if last.learning_rate is None or not counts_on_end(job, epochs_before):
        return ""
    rate = job.learning_rate(state.epoch, state.step, state.plateau.factor)
    return (
        f"the end of schedule {job.schedule.name} moved from epoch {epochs_before} to "
        f"{job.training.epochs}: the learning rate jumps from {last.learning_rate:.3g} in epoch "
        f"{last.epoch} to {rate:.3g} in epoch {state.epoch + 1}"
    )


def as_trained(reader: RunReader) -> str:
    """How the ends of a run's schedule followed each other; empty if it had one, or needs none."""
    job = reader.built.job
    ends = [(each["step"] // job.steps_per_epoch, each["epochs"]) for each in _untils(reader)]
    parts = [(reached, epochs) for reached, epochs in ends if counts_on_end(job, epochs)]
    if not parts:
        return ""
    known = {epochs: reached for reached, epochs in parts}  # the last time that each was the end
    said = [f"{epochs} epochs up to epoch {reached}" for epochs, reached in known.items()]
    return (
        f"the schedule was one of {', then of '.join(said)}, then of {job.training.epochs}: "
        "--resume moved its end, and a run with that end from the start has other rates"
    )


def _untils(reader: RunReader) -> Iterator[dict[str, int]]:
    """Where each resumption took the run up, and the epochs it had been told before."""
    for resumption in reader.resumptions():
        until = resumption.get("until")
        if isinstance(until, dict) and all(
            type(until.get(key)) is int and until[key] > 0 for key in ("step", "epochs")
        ):
            yield until
