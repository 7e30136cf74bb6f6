"""Runner: plans, submits and records a study's trials, on any executor.

Results are recorded in the order of trial numbers, and a plan depends on recorded trials only: the
record is therefore the same for any number of workers, and for a resumed study.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

import numpy as np

from nncli.artifacts.trial_records import TrialRecord
from nncli.engine.stop import Stop
from nncli.errors import CorruptRun, FileFailure, RunInUse, TrialsFailed, UserError
from nncli.evaluation.statistics import deviation
from nncli.study.executors import TrialExecutor
from nncli.study.planners import Planner, TrialPlan
from nncli.study.stopping import request_stop, withdraw_request
from nncli.study.task import RunResult, StudyTask, TrialResult, TrialTask
from nncli.study.watcher import Watcher

ERRORS_BY_EXIT_CODE = {
    kind.exit_code: kind for kind in (UserError, RunInUse, CorruptRun, FileFailure)
}
MAX_CONSECUTIVE_FAILURES = 5  # more trials in a row that raise show a bug
POLL_SECONDS = 0.25  # between checks for a stop request


@dataclass
class Runner:
    """Runs the trials of a study.

    trials: the record so far, by number; it grows.  save: commits it.  watcher: is notified.
    """

    task: StudyTask
    planner: Planner
    objective: str
    executor: TrialExecutor
    stop: Stop
    trials: list[TrialRecord]
    save: Callable[[], object]
    watcher: Watcher

    def __post_init__(self) -> None:
        self.running: dict[Future[TrialResult], TrialPlan] = {}
        self.waiting: list[TrialPlan] = []
        self.unrecorded: dict[int, TrialResult] = {}  # ended before a trial of a lower number
        # retried one at a time: any of them may have killed the pool
        self.suspects: list[TrialPlan] = []
        self.kills: dict[int, int] = {}  # killed workers by trial number

    def run(self) -> None:
        """Run the open and the remaining trials, until the end or a stop. Raises fatal errors."""
        withdraw_request(self.task.path)
        self.executor.on_report = self.watcher.show_epoch
        self.watcher.begin(self.trials)
        self.waiting = [self._again(trial) for trial in self.trials if trial.is_open]
        try:
            while True:
                self._submit()
                if not self.running:
                    break
                self._collect()
                self.watcher.wait()
                self._record_ended()
        except BaseException:
            request_stop(self.task.path)
            raise
        finally:
            wait(self.running)
            withdraw_request(self.task.path)

    @property
    def n_recorded(self) -> int:
        """The number of trials before the first open one."""
        return next((i for i, t in enumerate(self.trials) if t.is_open), len(self.trials))

    def _history_of(self, number: int) -> Sequence[TrialRecord]:
        """The recorded trials that a trial's plan may depend on."""
        ahead = self.planner.ahead
        return self.trials[: max(0, number - ahead + 1)] if ahead else ()

    def _again(self, trial: TrialRecord) -> TrialPlan:
        return self.planner.replan(trial, self._history_of(trial.number))

    def _submit(self) -> None:
        """Submit trials: interrupted ones first, then newly planned ones."""
        if self.stop.requested:
            return
        if self.suspects:
            if not self.running:
                self._send(self.suspects.pop(0))
            return
        self.waiting += self._planned()
        while self.waiting and not any(future.done() for future in self.running):
            self._send(self.waiting.pop(0))

    def _planned(self) -> list[TrialPlan]:
        """Plan as many trials as the recorded ones allow, and add them to the record."""
        new: list[TrialPlan] = []
        ahead = self.planner.ahead or self.planner.trials
        while len(self.trials) < self.planner.trials and len(self.trials) - self.n_recorded < ahead:
            number = len(self.trials)
            plan = self.planner.plan(number, self._history_of(number))
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
            future = self.executor.submit(task)
        except self.executor.died:  # an idle worker was killed
            wait(self.running)
            if self.running:  # _collect restarts the pool
                self.waiting.insert(0, plan)
                return
            self.executor.restart()
            future = self.executor.submit(task)
        self.running[future] = plan

    def _collect(self) -> None:
        """Collect the trials that end within POLL_SECONDS; retry those of killed workers."""
        if self.stop.requested:
            request_stop(self.task.path)
        ended, _ = wait(self.running, POLL_SECONDS, FIRST_COMPLETED)
        if self.executor.resubmits and any(map(self._died, ended)):
            ended, _ = wait(self.running)  # the broken pool fails them too
            self.executor.restart()
        for future in ended:
            plan = self.running.pop(future)
            if not self._died(future):
                self._take(future.result())
            elif self._has_no_retry(plan):
                self.unrecorded[plan.number] = _crashed(plan)
            else:
                self.suspects.append(plan)

    def _died(self, future: Future[TrialResult]) -> bool:
        return isinstance(future.exception(), self.executor.died)

    def _has_no_retry(self, plan: TrialPlan) -> bool:
        """Count a killed worker; whether its trial has used up its retries."""
        self.kills[plan.number] = self.kills.get(plan.number, 0) + 1
        return self.kills[plan.number] > self.executor.resubmits

    def _take(self, result: TrialResult) -> None:
        """Keep a result until its turn to be recorded. Raises an error that ends the study."""
        if result.fatal_error:
            code, lines = result.fatal_error
            raise ERRORS_BY_EXIT_CODE[code]("\n".join(lines))
        if not result.is_open:
            self.unrecorded[result.number] = result
            if result.number != self.n_recorded:
                trial = self.trials[result.number]
                self.watcher.show_ended(record_of(trial, result, self.objective))

    def _record_ended(self) -> None:
        """Record results in the order of trial numbers."""
        while (number := self.n_recorded) in self.unrecorded:
            result = self.unrecorded.pop(number)
            trial = record_of(self.trials[number], result, self.objective)
            self.trials[number] = trial
            self.save()
            self.watcher.show(trial, [said for run in result.runs for said in run.warnings])
            last = self.trials[: number + 1][-MAX_CONSECUTIVE_FAILURES:]
            if len(last) == MAX_CONSECUTIVE_FAILURES and all(
                each.state == "failed" for each in last
            ):
                raise TrialsFailed(
                    f"{self.task.path}: {len(last)} trials in a row have failed, the last "
                    f"with {trial.message}"
                )


def record_of(trial: TrialRecord, result: TrialResult, objective: str) -> TrialRecord:
    """The record of an ended trial: mean and deviation over its runs."""
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
