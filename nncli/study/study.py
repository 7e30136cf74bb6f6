"""Study: one config, many runs; begun or gone on with, and run to its end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nncli.artifacts.files import to_json
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.artifacts.trial_records import TrialRecord
from nncli.engine.stop import Stop
from nncli.study.clock import utc_now
from nncli.study.engines import Engine
from nncli.study.plan import Planner
from nncli.study.runner import OnTrial, Runner
from nncli.study.task import StudyTask

Result = tuple[dict[str, Any], Mapping[str, Any]]


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


def nothing(*_: object) -> None:
    """Nobody looks on."""


@dataclass
class Study:
    """A study in its folder, which is this process's.

    trials: the record so far.  summarize: what came of it, and JSON files to be written beside it.
    """

    directory: StudyDirectory
    facts: StudyFacts
    task: StudyTask
    planner: Planner
    trials: list[TrialRecord]
    summarize: "Callable[[Study], Result]"

    def run(self, engine: Engine, stop: Stop, on_trial: OnTrial = nothing) -> dict[str, Any] | None:
        """Run what is left of it: what came of it, or None after a stop."""
        Runner(
            self.directory,
            self.facts,
            self.task,
            self.planner,
            engine,
            stop,
            on_trial,
            self.trials,
        ).run()
        if any(trial.is_open for trial in self.trials) or len(self.trials) < self.facts.trials:
            return None
        return self.end()

    def end(self) -> dict[str, Any]:
        """Record what came of it."""
        result, files = self.summarize(self)
        self.facts = replace(self.facts, ended=utc_now(), result=result)
        self.directory.save(
            self.facts, self.trials, **{name: to_json(value) for name, value in files.items()}
        )
        return result
