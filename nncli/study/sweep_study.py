"""Sweep study: runs the trials, then confirms the best with new seeds."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from nncli.artifacts.freeing import free_trial
from nncli.artifacts.study_directory import CONFIRM
from nncli.artifacts.trial_records import TrialRecord, best_of, decode, encode
from nncli.config.dump import to_yaml
from nncli.engine.stop import Stop
from nncli.errors import UserError
from nncli.study.confirmation import ConfirmPlanner, confirmed
from nncli.study.executors import TrialExecutor
from nncli.study.runner import Runner
from nncli.study.study import Study, is_done
from nncli.study.sweep_planner import SweepPlanner
from nncli.study.watcher import Watcher

BEST = "best.yaml"
WHY_FREED = "sweep.keep: {}"


@dataclass
class SweepStudy(Study):
    """A sweep."""

    planner: SweepPlanner

    def __post_init__(self) -> None:
        self._freed: set[int] = set()

    def save(self) -> None:
        """Commit the record, then free trials that `sweep.keep` does not keep."""
        super().save()
        self._free()

    def finish(
        self, executor: TrialExecutor, stop: Stop, watcher: Watcher
    ) -> dict[str, Any] | None:
        """Confirm the best trial, and record it with its config."""
        self._free()  # also where a kill came between the last record and this
        again = self._confirm(executor, stop, watcher)
        return None if again is None else self._end(again)

    def rendered_plots(self) -> dict[str, bytes]:
        from nncli.study.study_plots import sweep_plots
        from nncli.study.value_curve import value_curve
        from nncli.study.value_curve_plot import VALUES, value_png

        found = sweep_plots(self.facts, self.trials, self.planner.space)
        if len(self.facts.keys) == 1:  # with fewer than two values there is no curve
            with suppress(UserError):
                curve = value_curve(self.directory, self.facts, self.trials, None)
                found[VALUES] = value_png(curve)
        return found

    @property
    def best(self) -> TrialRecord | None:
        """The trial with the best value so far."""
        return best_of(self.trials, higher_is_better=self.facts.higher_is_better)

    def _free(self) -> None:
        """Free the ended trials that `sweep.keep` does not keep."""
        keep = self.planner.keys.keep
        if keep == "all":
            return
        best = self.best if keep == "best" else None
        for trial in self.trials:
            if not trial.is_open and trial is not best and trial.number not in self._freed:
                free_trial(self.task.path / trial.run, WHY_FREED.format(keep))
                self._freed.add(trial.number)

    def _confirm(
        self, executor: TrialExecutor, stop: Stop, watcher: Watcher
    ) -> list[TrialRecord] | None:
        """Run the best and the first trial again; None after a stop, [] if not asked for."""
        best, count = self.best, self.planner.keys.confirm
        if best is None or not count:
            return []
        planner = ConfirmPlanner(self.planner, sorted({best.number, 0}), self.trials, count)
        trials: list[TrialRecord] = []
        if CONFIRM in self.directory.manifest():
            path = self.directory.path / CONFIRM
            trials = decode(self.directory.read(CONFIRM), ["trial"], path)

        def save() -> None:
            self.directory.save(self.facts, self.trials, {CONFIRM: encode(trials, ["trial"])})

        objective = self.facts.logged_objective
        task = replace(self.task, folds=0)
        Runner(task, planner, objective, executor, stop, trials, save, watcher).run()
        return trials if is_done(trials, planner) else None

    def _end(self, again: Sequence[TrialRecord]) -> dict[str, Any]:
        """Record the best trial, its config and its confirmed scores."""
        best, states = self.best, [trial.state for trial in self.trials]
        result = {
            "run": str(self.directory.path),
            "objective": self.facts.objective,
            "trials": {state: states.count(state) for state in dict.fromkeys(states)},
            "first": _shown(self.trials[0]),
            "best": _shown(best) if best else None,
            "confirmed": confirmed(again, self.facts) if again and best else None,
        }
        files = {BEST: self._best_config(best).encode()} if best else {}
        return self.end(result, files)

    def _best_config(self, best: TrialRecord) -> str:
        """A config that trains the best trial alone."""
        point = self.planner.point(best) if best.number else {}
        experiment = self.planner.space.experiment(point)
        output = replace(experiment.output, plots=self.plots)
        name = f"{experiment.name}-best"
        experiment = replace(experiment, name=name, output=output, sweep=None)
        return to_yaml(experiment, lambda path: str(path.absolute()))


def _shown(trial: TrialRecord) -> dict[str, Any]:
    return {
        "run": trial.run,
        "value": trial.value,
        "keys": dict(trial.keys),
        "metrics": dict(trial.metrics),
    }
