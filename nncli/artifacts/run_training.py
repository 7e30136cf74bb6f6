"""Run training: train a recorded run to its end."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.run_recorder import RunRecorder
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.stop import Stop
from nncli.engine.stop_reason import StopReason
from nncli.errors import Diverged
from nncli.frozen import frozen

OnReport = Callable[[EpochReport], object]
Prune = Callable[[EpochReport], bool]


@frozen
class TrainingResult:
    """The result of a training.

    summary: what `train --json` prints.  finished: False if it was interrupted.
    diverged: the error, if it diverged.
    """

    summary: dict[str, Any]
    finished: bool
    diverged: Diverged | None


def train_to_end(
    recorder: RunRecorder,
    plotter: BackgroundPlotter,
    stop: Stop,
    on_report: OnReport,
    prune: Prune = lambda report: False,
    ranks: Ranks = ALONE,
) -> TrainingResult:
    """Train and record a run; with several ranks, rank 0 records.

    on_report: is called with every epoch's report.  prune: returns whether to stop after it.
    Raises Diverged if even the initial loss is not finite.
    """
    from nncli.engine.threads import limited

    diverged: Diverged | None = None
    stopped: StopReason | None = None
    with limited(recorder.built.experiment.training), closing(recorder.listeners):
        try:
            for report in _reports_to_come(recorder, stop, ranks):
                recorder.record(report)
                on_report(report)
                if not report.stopped and prune(report):
                    stopped = "pruned"
                    break
        except Diverged as error:
            diverged = error.without_traceback()
        if diverged:
            stopped = "diverged"
        elif stopped is None and recorder.last:
            stopped = recorder.last.stopped
        summary = recorder.finish(stopped or "interrupted", plotter)
    if diverged and recorder.last is None:
        raise diverged
    return TrainingResult(summary, stopped is not None, diverged)


def _reports_to_come(recorder: RunRecorder, stop: Stop, ranks: Ranks) -> Iterator[EpochReport]:
    """Train; yields nothing for a run that was killed between its last epoch and its summary."""
    from nncli.engine.trainer import train

    if recorder.last is None or not recorder.last.stopped:
        yield from train(recorder.built.job, recorder.state, stop, ranks)
