"""Study: one config, many runs; begun or gone on with, and run to its end."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nncli.artifacts.clock import utc_now
from nncli.artifacts.run_directory import CONFIG
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.artifacts.trial_records import TrialRecord
from nncli.config.experiment import Experiment
from nncli.config.load import load_text
from nncli.engine.stop import Stop
from nncli.errors import FileFailure
from nncli.study.engines import Engine
from nncli.study.plan import Planner
from nncli.study.runner import Runner
from nncli.study.task import StudyTask
from nncli.study.watching import Watcher

NO_PLOTS = "output.plots=[]"  # of a sweep's trials; `plot-loss` draws one when it is asked to


def new_directory(
    runs: Path, name: str, text: str, experiment: Experiment, facts: StudyFacts
) -> StudyDirectory:
    """The folder of a new study, with its config and tables. It is this process's."""
    directory = StudyDirectory.create(runs, name)
    directory.write(CONFIG, text.encode())
    directory.keep_tables(experiment.data.tables)
    directory.save(facts, [])
    return directory


@contextmanager
def reopened(path: Path) -> Iterator[tuple[StudyDirectory, StudyFacts]]:
    """A study that began before, as it was left; it stays this process's unless an error leaves it.

    Raises UserError, RunInUse, CorruptRun.
    """
    directory = StudyDirectory.open(path)
    directory.lock()
    try:
        directory.recover()
        yield directory, directory.facts()
    except BaseException:
        directory.unlock()
        raise


def task_of(directory: StudyDirectory, facts: StudyFacts) -> StudyTask:
    """What all trials of a study have in common."""
    return StudyTask(
        path=directory.path.absolute(),
        config=Path(facts.config),
        text=directory.read(CONFIG).decode("utf-8", "replace"),
        assignments=facts.assignments,
        folds=facts.folds,
        objective=facts.logged_objective,
        data_sha256=facts.data_sha256,
        versions=facts.versions,
        are_members=facts.kind == "ensemble",
    )


@dataclass
class Study(ABC):
    """A study in its folder, which is this process's. trials: the record so far."""

    directory: StudyDirectory
    facts: StudyFacts
    task: StudyTask
    planner: Planner
    trials: list[TrialRecord]

    def run(self, engine: Engine, stop: Stop, watcher: Watcher) -> dict[str, Any] | None:
        """Run what is left of it: what came of it, or None after a stop."""
        self.run_trials(engine, stop, watcher)
        if not is_done(self.trials, self.planner):
            return None
        result = self.finish(engine, stop, watcher)
        if result is not None:
            self.draw(watcher)
        return result

    def run_trials(self, engine: Engine, stop: Stop, watcher: Watcher) -> None:
        """Run its trials, as long as nobody asks to stop."""
        objective = self.facts.objective
        Runner(
            self.task, self.planner, objective, engine, stop, self.trials, self.save, watcher
        ).run()

    def save(self) -> None:
        """Commit the record."""
        self.directory.save(self.facts, self.trials)

    def pictures(self) -> dict[str, bytes]:
        """Pictures of what came of it, by their names. Raises OverflowError or ValueError."""
        return {}

    @property
    def plots(self) -> list[Literal["loss"]]:
        """Those that the config as given asks for."""
        given = list(self.facts.assignments)
        if self.facts.kind in ("sweep", "ensemble"):
            given = given[:-1]  # NO_PLOTS, which is for the runs
        experiment, _ = load_text(self.task.text, self.task.config, given)
        return experiment.output.plots

    def draw(self, watcher: Watcher) -> None:
        """Draw them, if the config asks for plots; one that fails doesn't fail the study."""
        if not self.plots:
            return
        try:
            found = self.pictures()
            self.directory.commit({name: [content] for name, content in found.items()})
        except (OverflowError, ValueError, FileFailure) as trouble:
            watcher.warn(f"{self.directory.path}: its plots could not be drawn: {trouble}")

    @abstractmethod
    def finish(self, engine: Engine, stop: Stop, watcher: Watcher) -> dict[str, Any] | None:
        """What is to be done once all trials have ended, and what came of it; None after a stop."""

    def end(self, result: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
        """Record what came of it, with files beside that."""
        self.facts = replace(self.facts, ended=utc_now(), result=result)
        self.directory.save(self.facts, self.trials, files)
        return result


def is_done(trials: Sequence[TrialRecord], planner: Planner) -> bool:
    """Whether all trials have ended."""
    return len(trials) == planner.trials and not any(trial.is_open for trial in trials)
