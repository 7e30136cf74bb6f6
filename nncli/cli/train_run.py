"""Training to its end: the loop over a run's epochs, shared by the commands that train."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nncli.artifacts.learning_curves import BackgroundPlotter
from nncli.artifacts.run_recorder import RunRecorder
from nncli.cli.signals import StopOnSignal
from nncli.engine.epoch_monitor import EpochReport
from nncli.errors import Diverged


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended.

    summary: what `train --json` prints.  finished: whether it came to an end of its own.
    diverged: why it didn't, if its numbers left the finite ones.
    """

    summary: dict[str, Any]
    finished: bool
    diverged: Diverged | None


def train_to_end(
    recorder: RunRecorder, plotter: BackgroundPlotter, signals: StopOnSignal, *, quiet: bool
) -> TrainingResult:
    """Train, show progress, record. Raises Diverged if not even the start was finite."""
    from nncli.cli.progress import Progress
    from nncli.engine.threads import limited

    settings = recorder.built.experiment.training
    diverged = None
    progress = Progress(settings.epochs, quiet=quiet)
    with limited(settings):
        try:
            for report in _reports_to_come(recorder, signals):
                recorder.record(report)
                progress.show(report)
        except Diverged as error:
            diverged = error
        finally:
            progress.close()
        stopped = recorder.last.stopped if recorder.last else None
        if diverged:
            stopped = "diverged"
        summary = recorder.finish(stopped or "interrupted", plotter)
    if diverged and recorder.last is None:
        raise diverged
    return TrainingResult(summary, stopped is not None, diverged)


def _reports_to_come(recorder: RunRecorder, signals: StopOnSignal) -> Iterator[EpochReport]:
    """None for a run that was killed between its last epoch and its summary."""
    from nncli.engine.trainer import train

    if recorder.last is None or not recorder.last.stopped:
        yield from train(recorder.built.job, recorder.state, signals.stop)
