"""Live view: the status of a run or study, read while another process writes it."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.row_listeners import LIVE
from nncli.artifacts.run_directory import METRICS, RESOLVED, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, runs_of
from nncli.artifacts.trial_records import TrialRecord, best_of
from nncli.errors import CorruptRun
from nncli.untrusted_files.opening import Unfit, read_file

MAX_LIVE_BYTES = 1 << 26
BEGINNING, RUNNING, KILLED = "beginning", "running", "stopped before its end"


class RunStatus(NamedTuple):
    """The status of a run.

    state: BEGINNING, RUNNING, KILLED or a stop reason.  epochs: of the config.
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
        """The last value of a column; None if there is none."""
        values = self.columns.get(column)
        return None if not values or math.isnan(values[-1]) else values[-1]


class StudyStatus(NamedTuple):
    """The status of a study.

    what: the word for its trials.  done, total: trials.  runs: the running ones and the best.
    """

    name: str
    what: str
    has_ended: bool
    is_running: bool
    done: int
    total: int
    objective: str
    best: TrialRecord | None
    runs: Sequence[RunStatus]


@dataclass
class RunView:
    """Reads a run's status repeatedly. name: shown instead of the path.

    Raises UserError if there is no run, CorruptRun for a damaged one.
    """

    path: Path
    name: str = ""
    _epochs: int = 0
    _is_known: bool = field(default=False)

    def status(self) -> RunStatus:
        name = self.name or str(self.path)
        if self._just_begins():
            return RunStatus(name, BEGINNING, 0, {})
        reader = RunReader(RunDirectory.open(self.path))
        if not self._is_known:
            self._epochs, self._is_known = reader.recorded.training.epochs, True
        summary = reader.summary()
        if "stopped" in summary:
            return RunStatus(name, str(summary["stopped"]), self._epochs, self._committed(reader))
        is_used = reader.run.is_used_elsewhere()
        columns = self._committed(reader)
        if not is_used:
            return RunStatus(name, KILLED, self._epochs, columns)
        return RunStatus(name, RUNNING, self._epochs, self._live(len(columns["epoch"])) or columns)

    def _just_begins(self) -> bool:
        """Whether a process has begun the run, but not written its first checkpoint."""
        has_config = (self.path / RESOLVED).is_file()
        is_committed = (self.path / MANIFEST).is_file()
        return has_config and not is_committed and RunDirectory(self.path).is_used_elsewhere()

    def _committed(self, reader: RunReader) -> Mapping[str, Sequence[float]]:
        if METRICS not in reader.run.manifest():
            return {"epoch": [], "loss": []}
        return reader.columns()

    def _live(self, rows: int) -> Mapping[str, Sequence[float]] | None:
        """The live rows, without an incomplete last line; None if there are no more than `rows`."""
        with suppress(OSError, CorruptRun, Unfit):
            content = read_file(path_inside(self.path, LIVE), MAX_LIVE_BYTES, "rows of metrics")
            columns = read_columns(content[: content.rfind(b"\n") + 1], self.path / LIVE)
            return columns if len(columns["epoch"]) > rows else None
        return None


class StudyView:
    """Reads a study's status repeatedly."""

    def __init__(self, path: Path) -> None:
        self.path, self.study = path, StudyDirectory.open(path)
        self._runs: dict[Path, RunView] = {}

    def status(self) -> StudyStatus:
        """Read the status now."""
        # read first: the study may end before the facts are read
        is_running = self.study.is_used_elsewhere()
        facts = self.study.facts()
        trials = self.study.trials(facts)
        best = best_of(trials, higher_is_better=facts.higher_is_better)
        done = sum(not trial.is_open for trial in trials)
        seen = [self._run(folder).status() for folder in self._shown(trials, best)]
        best_name = best.run if best else ""
        return StudyStatus(
            self.study.name,
            facts.trials_word,
            facts.ended is not None,
            is_running,
            done,
            facts.trials,
            facts.logged_objective,
            best,
            [run for run in seen if not run.has_ended or run.name.startswith(best_name)],
        )

    def _shown(self, trials: Sequence[TrialRecord], best: TrialRecord | None) -> list[Path]:
        """The folders of open trials and of the best one."""
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
