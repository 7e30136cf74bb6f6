"""Study: one config, many runs; created or reopened, and run to its end."""

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
from nncli.assembly.build import Built, assemble
from nncli.assembly.split_table import SplitTable
from nncli.config.experiment import Experiment
from nncli.config.load import Source, load, load_text
from nncli.engine.stop import Stop
from nncli.errors import FileFailure
from nncli.study.executors import TrialExecutor
from nncli.study.planners import Planner
from nncli.study.runner import Runner
from nncli.study.task import StudyTask
from nncli.study.watcher import Watcher

NO_PLOTS = "output.plots=[]"  # for a sweep's trials; `plot-loss` draws one on request


def study_config(
    config: Path, assignments: Sequence[str], *more: str
) -> tuple[Experiment, Source, list[str]]:
    """Load the config of a new study; returns it with the assignments of its runs.

    One thread per run, unless the config sets the number: `auto` would follow the free cores, and a
    sum's last bits depend on the number of threads.  more: further assignments. Raises UserError.
    """
    experiment, source = load(config, assignments)
    threads = ["training.threads=1"] if experiment.training.threads == "auto" else []
    given = [*assignments, *threads, *more]
    return *load_text(source.text, config, given), given


def recorded_config(directory: StudyDirectory, facts: StudyFacts) -> tuple[Experiment, Source]:
    """Load the config of a recorded study."""
    text = directory.read(CONFIG).decode("utf-8", "replace")
    return load_text(text, Path(facts.config), facts.assignments)


def assemble_runs(experiment: Experiment, source: Source, whole: SplitTable) -> Built:
    """Assemble the job of every run, so that errors show before training; returns the first job."""
    first, *others = whole.folds or (whole,)
    for part in others:  # one in memory at a time
        assemble(experiment, source, part)
    return assemble(experiment, source, first)


def new_directory(
    runs_dir: Path | None, name: str, text: str, experiment: Experiment, facts: StudyFacts
) -> StudyDirectory:
    """Create and lock a study's folder, with its config and tables.

    runs_dir: where; None: the config's `output.dir`.
    """
    directory = StudyDirectory.create(runs_dir or Path(experiment.output.dir), name)
    directory.write(CONFIG, text.encode())
    directory.keep_tables(experiment.data.tables)
    directory.save(facts, [])
    return directory


@contextmanager
def reopened(path: Path) -> Iterator[tuple[StudyDirectory, StudyFacts]]:
    """Lock and recover an existing study; it stays locked unless the body raises.

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
    """The part of a study that all its trials share."""
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
    """A study in its locked folder. trials: the record so far."""

    directory: StudyDirectory
    facts: StudyFacts
    task: StudyTask
    planner: Planner
    trials: list[TrialRecord]

    def run(self, executor: TrialExecutor, stop: Stop, watcher: Watcher) -> dict[str, Any] | None:
        """Run the remaining trials; returns the result, or None after a stop."""
        self.run_trials(executor, stop, watcher)
        if not is_done(self.trials, self.planner):
            return None
        self.draw(watcher)  # before the result, after which nothing is left to do
        return self.finish(executor, stop, watcher)

    def run_trials(self, executor: TrialExecutor, stop: Stop, watcher: Watcher) -> None:
        """Run the remaining trials until the end or a stop."""
        objective = self.facts.objective
        Runner(
            self.task, self.planner, objective, executor, stop, self.trials, self.save, watcher
        ).run()

    def save(self) -> None:
        """Commit the record."""
        self.directory.save(self.facts, self.trials)

    def rendered_plots(self) -> dict[str, bytes]:
        """The study's plots by file name. Raises OverflowError or ValueError."""
        return {}

    @property
    def plots(self) -> list[Literal["loss"]]:
        """`output.plots` of the config as given."""
        given = list(self.facts.assignments)
        if self.facts.kind in ("sweep", "ensemble"):
            given = given[:-1]  # NO_PLOTS, which is for the runs
        experiment, _ = load_text(self.task.text, self.task.config, given)
        return experiment.output.plots

    def draw(self, watcher: Watcher) -> None:
        """Draw the plots, if `output.plots` has any; a failure only warns."""
        if not self.plots:
            return
        try:
            found = self.rendered_plots()
            self.directory.commit({name: [content] for name, content in found.items()})
        except (OverflowError, ValueError, FileFailure) as trouble:
            watcher.warn(f"{self.directory.path}: its plots could not be drawn: {trouble}")

    @abstractmethod
    def finish(
        self, executor: TrialExecutor, stop: Stop, watcher: Watcher
    ) -> dict[str, Any] | None:
        """Compute and record the result once all trials have ended; None after a stop."""

    def end(self, result: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
        """Record the result, together with `files`."""
        self.facts = replace(self.facts, ended=utc_now(), result=result)
        self.directory.save(self.facts, self.trials, files)
        return result


def is_done(trials: Sequence[TrialRecord], planner: Planner) -> bool:
    """Whether all trials have ended."""
    return len(trials) == planner.trials and not any(trial.is_open for trial in trials)
