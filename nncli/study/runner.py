"""Runner: a study's trials, from the first to the last, on whatever engine there is.

What is planned depends on the trials that were told before, and they are told in the order of their
numbers: so the record is the same for any number of workers, and for a study that was gone on with.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

import numpy as np

from nncli.artifacts.trial_records import TrialRecord
from nncli.engine.stop import Stop
from nncli.errors import CorruptRun, FileFailure, RunInUse, TrialsFailed, UserError
from nncli.evaluation.statistics import deviation
from nncli.study.engines import Engine
from nncli.study.plan import Planner, TrialPlan
from nncli.study.stopping import ask_to_stop, take_back
from nncli.study.task import RunResult, StudyTask, TrialResult, TrialTask
from nncli.study.watching import Watcher

REFUSALS = {kind.exit_code: kind for kind in (UserError, RunInUse, CorruptRun, FileFailure)}
MOST_FAILURES = 5  # trials in a row that end in an exception: a bug, and no bad luck
PATIENCE = 0.25  # seconds between two looks at whether to stop


@dataclass
class Runner:
    """Runs the trials of a study.

    trials: the record so far, by number; it grows.  save: commits it.  watcher: looks on.
    """

    task: StudyTask
    planner: Planner
    objective: str
    engine: Engine
    stop: Stop
    trials: list[TrialRecord]
    save: Callable[[], object]
    watcher: Watcher

    def __post_init__(self) -> None:
        self.running: dict[Future[TrialResult], TrialPlan] = {}
        self.waiting: list[TrialPlan] = []
        self.done: dict[int, TrialResult] = {}  # which wait for one before them to be told
        self.alone: list[TrialPlan] = []  # under way when a worker was killed: each by itself now
        self.deaths: dict[int, int] = {}

    def run(self) -> None:
        """Run what is left of them, until the end or a stop. Raises what ends a study."""
        take_back(self.task.path)
        self.engine.on_report = self.watcher.show_epoch
        self.watcher.begin(self.trials)
        self.waiting = [self._again(trial) for trial in self.trials if trial.is_open]
        try:
            while True:
                self._submit()
                if not self.running:
                    break
                self._collect()
                self.watcher.wait()
                self._tell()
        except BaseException:
            ask_to_stop(self.task.path)
            raise
        finally:
            wait(self.running)
            take_back(self.task.path)

    @property
    def told(self) -> int:
        """How many trials, from the first on, have been told."""
        return next((i for i, t in enumerate(self.trials) if t.is_open), len(self.trials))

    def _known_to(self, number: int) -> Sequence[TrialRecord]:
        """What a trial may depend on."""
        ahead = self.planner.ahead
        return self.trials[: max(0, number - ahead + 1)] if ahead else ()

    def _again(self, trial: TrialRecord) -> TrialPlan:
        return self.planner.planned(trial, self._known_to(trial.number))

    def _submit(self) -> None:
        """Send off what can be: planned now, or before a stop or a kill."""
        if self.stop.requested:
            return
        if self.alone:
            if not self.running:
                self._send(self.alone.pop(0))
            return
        self.waiting += self._planned()
        while self.waiting and not any(future.done() for future in self.running):
            self._send(self.waiting.pop(0))

    def _planned(self) -> list[TrialPlan]:
        """The next trials, as many as what is told allows; they are on the record."""
        new: list[TrialPlan] = []
        ahead = self.planner.ahead or self.planner.trials
        while len(self.trials) < self.planner.trials and len(self.trials) - self.told < ahead:
            number = len(self.trials)
            plan = self.planner.plan(number, self._known_to(number))
            self.trials.append(TrialRecord(number, plan.run, plan.keys))
            new.append(plan)
        if new:
            self.save()
        for plan in new:
            self.watcher.show(self.trials[plan.number], ())
        return new

    def _send(self, plan: TrialPlan) -> None:
        left = self.planner.trials - plan.number - 1
        task = TrialTask(self.task, plan, left)
        try:
            future = self.engine.submit(task)
        except self.engine.died:  # a worker was killed that had nothing to do
            wait(self.running)
            if self.running:  # whose results tell of it
                self.waiting.insert(0, plan)
                return
            self.engine.restart()
            future = self.engine.submit(task)
        self.running[future] = plan

    def _collect(self) -> None:
        """Take what has ended, if something does before long."""
        if self.stop.requested:
            ask_to_stop(self.task.path)
        ended, _ = wait(self.running, PATIENCE, FIRST_COMPLETED)
        if self.engine.resubmits and any(map(self._died, ended)):
            ended, _ = wait(self.running)  # the others were lost with it
            self.engine.restart()
        for future in ended:
            plan = self.running.pop(future)
            if not self._died(future):
                self._take(future.result())
            elif self._is_worn_out(plan):
                self.done[plan.number] = _crashed(plan)
            else:
                self.alone.append(plan)

    def _died(self, future: Future[TrialResult]) -> bool:
        return isinstance(future.exception(), self.engine.died)

    def _is_worn_out(self, plan: TrialPlan) -> bool:
        """Whether a trial's worker was killed once too often."""
        self.deaths[plan.number] = self.deaths.get(plan.number, 0) + 1
        return self.deaths[plan.number] > self.engine.resubmits

    def _take(self, result: TrialResult) -> None:
        """A result that waits to be told, or an error that ends the study."""
        if result.refusal:
            code, lines = result.refusal
            raise REFUSALS[code]("\n".join(lines))
        if not result.is_open:
            self.done[result.number] = result
            if result.number != self.told:
                trial = self.trials[result.number]
                self.watcher.show_ended(record_of(trial, result, self.objective))

    def _tell(self) -> None:
        """Put results on the record, in the order of their numbers."""
        while (number := self.told) in self.done:
            result = self.done.pop(number)
            trial = record_of(self.trials[number], result, self.objective)
            self.trials[number] = trial
            self.save()
            self.watcher.show(trial, [said for run in result.runs for said in run.warnings])
            last = self.trials[: number + 1][-MOST_FAILURES:]
            if len(last) == MOST_FAILURES and all(each.state == "failed" for each in last):
                raise TrialsFailed(
                    f"{self.task.path}: {MOST_FAILURES} trials in a row have failed, the last "
                    f"with {trial.message}"
                )


def record_of(trial: TrialRecord, result: TrialResult, objective: str) -> TrialRecord:
    """A trial that has ended: means over its runs, and how far they scatter."""
    runs = result.runs
    names = [name for name in runs[0].metrics if all(name in run.metrics for run in runs)]
    metrics = {name: float(np.mean([run.metrics[name] for run in runs])) for name in names}
    state = runs[-1].state
    values = [run.metrics[objective] for run in runs if objective in run.metrics]
    return replace(
        trial,
        state=state,
        value=float(np.mean(values)) if values else None,
        std=deviation(values),
        epochs=sum(run.epochs for run in runs),
        seconds=sum(run.seconds for run in runs),
        host=result.host,
        metrics=metrics,
        message=runs[-1].message,
    )


def _crashed(plan: TrialPlan) -> TrialResult:
    message = "its worker was killed each time that it ran (out of memory?)"
    return TrialResult(plan.number, (RunResult("crashed", message=message),))
