"""Progress of a study on stderr: a table on a terminal, a line per trial elsewhere."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from nncli.artifacts.trial_records import FAILED, TrialRecord
from nncli.cli.streams import echo_err, warn
from nncli.cli.study_state import StudyState
from nncli.cli.text_table import figure
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.metric_columns import HELD_OUT, TRIAL_TRAIN, VAL
from nncli.errors import escaped
from nncli.study.planners import RunPlan
from nncli.study.watcher import Watcher

if TYPE_CHECKING:
    from nncli.engine.stop import Stop
    from nncli.study.study import Study

MAX_METRICS = 4  # in a trial's line
MAX_ROWS = 15
REFRESH_SECONDS = 0.2  # of the table


class Quiet(Watcher):
    """Warnings only, for --quiet."""

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        for warning in warnings:
            warn(f"{trial.run}: {warning}")

    def warn(self, said: str) -> None:
        warn(said)

    def close(self) -> None: ...


class TrialLines(Quiet):
    """A line for each ended trial."""

    def __init__(self, total: int) -> None:
        self.total = total

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        super().show(trial, warnings)
        if not trial.is_open:
            self._show_ended(trial)

    def _show_ended(self, trial: TrialRecord) -> None:
        metrics = _most_telling(trial)
        said = ", ".join(f"{name} {figure(value)}" for name, value in metrics.items())
        state = "" if trial.state == "completed" else f"  {trial.state}"
        message = f": {trial.message}" if trial.message else ""
        of = f"({trial.number + 1}/{self.total})  " if "/" not in trial.run else ""
        echo_err(escaped(f"{trial.run}  {of}{said}{state}{message}"))


def _most_telling(trial: TrialRecord) -> dict[str, float]:
    """A few metrics of a trial, on rows that it didn't train on if there are any."""
    for prefix in (HELD_OUT, VAL, TRIAL_TRAIN):
        found = {name: v for name, v in trial.metrics.items() if name.startswith(prefix)}
        if found:
            return dict(list(found.items())[:MAX_METRICS])
    return {}


class TrialTable(Quiet):
    """A live table of the last trials, the best, and the time left; warnings go above it."""

    def __init__(self, state: StudyState, stop: "Stop") -> None:
        from rich.console import Console
        from rich.live import Live

        self.state, self.stop = state, stop
        self.live = Live(console=Console(stderr=True), auto_refresh=False)
        self.drawn = 0.0
        self.live.start()

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        self.state.begin(trials)
        self.wait()

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        self.state.note(trial)
        super().show(trial, warnings)
        if trial.state in FAILED:  # the table has no room for the message
            echo_err(escaped(f"{trial.run}  {trial.state}: {trial.message}"))
        self.wait()

    def show_ended(self, trial: TrialRecord) -> None:
        self.state.note_ended(trial)
        self.wait()

    def show_epoch(self, run: RunPlan, report: EpochReport) -> None:
        if time.monotonic() - self.drawn > REFRESH_SECONDS:
            self.state.note_epoch(run.folder, report.epoch)
            self._draw()

    def wait(self) -> None:
        if time.monotonic() - self.drawn > REFRESH_SECONDS:
            self._draw()

    def _draw(self) -> None:
        from nncli.cli.study_table import drawn

        width, height = self.live.console.size
        stops = self.stop.requested
        self.live.update(drawn(self.state, width, height, MAX_ROWS, stops=stops), refresh=True)
        self.drawn = time.monotonic()

    def close(self) -> None:
        try:
            self._draw()
        finally:
            self.live.stop()


class StudyProgress(Watcher):
    """Table or lines, as fits stderr; errors of stderr don't stop the study."""

    def __init__(self, study: "Study", workers: int, stop: "Stop", *, quiet: bool) -> None:
        self.shown = Quiet()
        if not quiet and sys.stderr.isatty():
            state = StudyState(study.facts, workers)
            with suppress(OSError):
                self.shown = TrialTable(state, stop)
        elif not quiet:
            self.shown = TrialLines(study.facts.trials)

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        self._try(lambda: self.shown.begin(trials))

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        self._try(lambda: self.shown.show(trial, warnings))

    def show_ended(self, trial: TrialRecord) -> None:
        self._try(lambda: self.shown.show_ended(trial))

    def show_epoch(self, run: RunPlan, report: EpochReport) -> None:
        self._try(lambda: self.shown.show_epoch(run, report))

    def warn(self, said: str) -> None:
        self._try(lambda: self.shown.warn(said))

    def wait(self) -> None:
        self._try(self.shown.wait)

    def _try(self, show: Callable[[], object]) -> None:
        try:
            show()
        except OSError:
            self.shown = Quiet()

    def close(self) -> None:
        """Restore the terminal."""
        with suppress(OSError):
            self.shown.close()
