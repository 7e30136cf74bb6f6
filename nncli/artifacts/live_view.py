"""Live view: how far a run, or a study, has come at this moment, read while others write it."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.path_safety import place_inside
from nncli.artifacts.row_listeners import LIVE
from nncli.artifacts.run_directory import METRICS, RESOLVED, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, runs_of
from nncli.artifacts.trial_records import TrialRecord, best_of
from nncli.errors import CorruptRun
from nncli.untrusted_files.opening import Unfit, read_file

MOST_LIVE = 1 << 26  # bytes
BEGINNING, RUNNING, KILLED = "beginning", "running", "stopped before its end"


class RunSeen(NamedTuple):
    """A run at a moment.

    state: beginning, running, why it ended, or that it was stopped.  epochs: how many there may be.
    columns: of metrics.csv so far; empty before the first epoch.
    """

    name: str
    state: str
    epochs: int
    columns: Mapping[str, Sequence[float]]

    @property
    def has_ended(self) -> bool:
        return self.state not in (BEGINNING, RUNNING)

    def last(self, column: str) -> float | None:
        """The newest value of a column; None if there is none."""
        values = self.columns.get(column)
        return None if not values or math.isnan(values[-1]) else values[-1]


class StudySeen(NamedTuple):
    """A study at a moment: how many of its trials have ended, the best, and runs to look at.

    what: its trials are called.
    """

    name: str
    what: str
    has_ended: bool
    is_running: bool
    done: int
    total: int
    objective: str
    best: TrialRecord | None
    runs: Sequence[RunSeen]


@dataclass
class RunView:
    """Looks at a run, again and again. name: what to call it.

    Raises UserError where there is none, CorruptRun for a damaged one.
    """

    path: Path
    name: str = ""
    _epochs: int = 0
    _is_known: bool = field(default=False)

    def look(self) -> RunSeen:
        name = self.name or str(self.path)
        if self._just_begins():
            return RunSeen(name, BEGINNING, 0, {})
        reader = RunReader(RunDirectory.open(self.path))
        if not self._is_known:
            self._epochs, self._is_known = reader.recorded.training.epochs, True
        summary = reader.summary()
        if "stopped" in summary:
            return RunSeen(name, str(summary["stopped"]), self._epochs, self._committed(reader))
        is_used = reader.run.is_used_elsewhere()
        columns = self._committed(reader)
        if not is_used:
            return RunSeen(name, KILLED, self._epochs, columns)
        return RunSeen(name, RUNNING, self._epochs, self._live(len(columns["epoch"])) or columns)

    def _just_begins(self) -> bool:
        """Whether a process is about to write the first checkpoint."""
        has_config = (self.path / RESOLVED).is_file()
        is_committed = (self.path / MANIFEST).is_file()
        return has_config and not is_committed and RunDirectory(self.path).is_used_elsewhere()

    def _committed(self, reader: RunReader) -> Mapping[str, Sequence[float]]:
        if METRICS not in reader.run.manifest():
            return {"epoch": [], "loss": []}
        return reader.columns()

    def _live(self, rows: int) -> Mapping[str, Sequence[float]] | None:
        """What was written since, if that is more; a line that is being written left out."""
        with suppress(OSError, CorruptRun, Unfit):
            content = read_file(place_inside(self.path, LIVE), MOST_LIVE, "rows of metrics")
            columns = read_columns(content[: content.rfind(b"\n") + 1], self.path / LIVE)
            return columns if len(columns["epoch"]) > rows else None
        return None


class StudyView:
    """Looks at a study, again and again."""

    def __init__(self, path: Path) -> None:
        self.path, self.study = path, StudyDirectory.open(path)
        self._runs: dict[Path, RunView] = {}

    def look(self) -> StudySeen:
        """Its trials, its running runs and the best one."""
        is_running = self.study.is_used_elsewhere()  # first: it may end between two looks
        facts = self.study.facts()
        trials = self.study.trials(facts)
        best = best_of(trials, higher_is_better=facts.higher_is_better)
        done = sum(not trial.is_open for trial in trials)
        seen = [self._run(folder).look() for folder in self._shown(trials, best)]
        best_name = best.run if best else ""
        return StudySeen(
            self.study.name,
            facts.units,
            facts.ended is not None,
            is_running,
            done,
            facts.trials,
            facts.logged_objective,
            best,
            [run for run in seen if not run.has_ended or run.name.startswith(best_name)],
        )

    def _shown(self, trials: Sequence[TrialRecord], best: TrialRecord | None) -> list[Path]:
        """The folders of runs that may be running, and those of the best trial."""
        names = {trial.run for trial in trials if trial.is_open} | ({best.run} if best else set())
        ended = {trial.run for trial in trials if not trial.is_open}
        return [
            folder
            for folder in runs_of(self.path)
            if (trial := folder.relative_to(self.path).parts[0]) in names or trial not in ended
        ]

    def _run(self, folder: Path) -> RunView:
        name = folder.relative_to(self.path).as_posix()
        return self._runs.setdefault(folder, RunView(folder, name))
