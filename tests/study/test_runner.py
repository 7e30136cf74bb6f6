"""The runner, with engines that the test plays itself."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from itertools import pairwise
from pathlib import Path

import pytest

from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.engine.stop import Stop
from nncli.study.planners import RunPlan, TrialPlan
from nncli.study.runner import Runner
from nncli.study.task import RunResult, StudyTask, TrialResult, TrialTask
from nncli.study.watcher import Watcher


class Planner:
    """Trials whose plan says which trials were known when it was made."""

    def __init__(self, trials: int, ahead: int) -> None:
        self.trials, self.ahead = trials, ahead
        self.known: dict[int, list[int]] = {}

    def plan(self, number, history):
        self.known[number] = [record.number for record in history]
        assert all(not record.is_open for record in history)
        return TrialPlan(number, (RunPlan(f"trial-{number}"),))

    def replan(self, record, history):
        return self.plan(record.number, history)


class Executor:
    """Ends trials in the order that it is told to; those that are deadly break the pool."""

    died = (BrokenProcessPool,)
    resubmits = 2

    def __init__(self, order, deadly=()):
        self.order, self.deadly = order, deadly
        self.pending: dict[int, Future] = {}
        self.begun: list[int] = []
        self.restarts = 0

    def submit(self, task: TrialTask) -> Future:
        future: Future = Future()
        self.pending[task.plan.number] = future
        self.begun.append(task.plan.number)
        if task.plan.number in self.deadly:
            for each in self.pending.values():
                each.set_exception(BrokenProcessPool())
            self.pending.clear()
        else:
            self.end_some()
        return future

    def end_some(self) -> None:
        while self.order and self.order[0] in self.pending:
            number = self.order.pop(0)
            run = RunResult(COMPLETED, {"val_loss": 1.0 / (number + 1)}, epochs=3)
            self.pending.pop(number).set_result(TrialResult(number, (run,), "here"))

    def restart(self) -> None:
        self.restarts += 1

    def close(self) -> None: ...


@pytest.fixture
def run(tmp_path):
    def call(executor, planner, trials=None, stop=None):
        trials = [] if trials is None else trials
        task = StudyTask(tmp_path, Path("it.yaml"), "", (), 0, "val_loss", "", {})
        saved: list[list[TrialRecord]] = []
        runner = Runner(
            task,
            planner,
            "val_loss",
            executor,
            stop or Stop(),
            trials,
            lambda: saved.append(list(trials)),
            Watcher(),
        )
        runner.run()
        return saved

    return call


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [2, 1, 0, 5, 4, 3]])
def test_a_trial_knows_those_that_were_told_ahead_of_it_and_no_others(run, order):
    planner, trials = Planner(6, ahead=3), []
    run(Executor(order), planner, trials)
    assert planner.known == {k: list(range(max(0, k - 2))) for k in range(6)}
    assert [trial.value for trial in trials] == [1 / (k + 1) for k in range(6)]


def test_every_record_but_the_last_has_a_successor_that_only_grows(run):
    saved = run(Executor([1, 0, 3, 2]), Planner(4, ahead=2))
    ended = [[trial.number for trial in each if not trial.is_open] for each in saved]
    assert all(each == list(range(len(each))) for each in ended)
    assert all(len(a) <= len(b) for a, b in pairwise(ended))


def test_trial_that_kills_every_worker_has_crashed_and_the_others_are_run_again(run):
    executor, trials = Executor([0, 1, 3], deadly=[2]), []
    executor.order = [1, 0, 3]  # 0 is under way when 2 kills the pool
    run(executor, Planner(4, ahead=4), trials)
    assert [trial.state for trial in trials] == [COMPLETED, COMPLETED, "crashed", COMPLETED]
    assert executor.begun.count(2) == 3  # and twice more
    assert "killed each time" in trials[2].message


def test_worker_that_is_killed_while_it_waits_costs_nothing(run):
    class Idle(Executor):
        def submit(self, task: TrialTask) -> Future:
            if task.plan.number == 1 and not self.restarts:
                raise BrokenProcessPool
            return super().submit(task)

    executor, trials = Idle([0, 1, 2]), []
    run(executor, Planner(3, ahead=1), trials)
    assert [trial.state for trial in trials] == [COMPLETED] * 3
    assert executor.restarts == 1


def test_trials_that_were_left_open_are_run_again_first(run):
    left = [
        TrialRecord(0, "trial-0", state=COMPLETED, value=1.0),
        TrialRecord(1, "trial-1"),
        TrialRecord(2, "trial-2", state=COMPLETED, value=0.25),
    ]
    executor = Executor([1, 3])
    run(executor, Planner(4, ahead=2), left)
    assert executor.begun == [1, 3]
    assert [trial.state for trial in left] == [COMPLETED] * 4


def test_stopped_runner_sends_nothing(run):
    executor = Executor([])
    run(executor, Planner(3, ahead=2), stop=Stop(requested=True))
    assert executor.begun == []
