"""Value curve: train and validation metric over the values of a one-key sweep.

scikit-learn's validation curve; over the number of training rows, its learning curve.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts, runs_of_trial
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.engine.metric_columns import HELD_OUT, metric_of
from nncli.errors import UserError, did_you_mean, few
from nncli.frozen import frozen

PARTS = ("train", "val")
MIN_GEOMETRIC_RATIO = 8.0  # largest / smallest value below which the axis is linear


@frozen
class ValueCurve:
    """The content of the plot.

    labels: the key's values as text, in plot order.  numbers: the same as numbers; None if not all
    are.  runs: by split (train, val) and value, the metric of each run at the weights kept; of
    folds also held_out, the mean over a trial's held-out rows.
    """

    study: str
    key: str
    metric: str
    labels: tuple[str, ...]
    numbers: tuple[float, ...] | None
    runs: Mapping[str, Sequence[Sequence[float]]]
    is_score: bool

    @property
    def is_geometric(self) -> bool:
        """Whether the values are closer to a geometric than to an arithmetic sequence."""
        if self.numbers is None or self.numbers[0] <= 0:
            return False
        low, high, count = self.numbers[0], self.numbers[-1], len(self.numbers)
        if high < MIN_GEOMETRIC_RATIO * low:
            return False
        middle = self.numbers[count // 2]
        by_factor = low * (high / low) ** (count // 2 / (count - 1))
        by_step = low + (high - low) * (count // 2) / (count - 1)
        return abs(math.log(middle / by_factor)) < abs(math.log(middle / by_step))

    @property
    def most_runs(self) -> int:
        """The largest number of runs per value."""
        return max(len(values) for part in self.runs.values() for values in part)


def value_curve(
    study: StudyDirectory, facts: StudyFacts, trials: Sequence[TrialRecord], metric: str | None
) -> ValueCurve:
    """The curve of a one-key sweep. metric: loss or a metric's name; None: the objective.

    Raises UserError for another kind of study, an unknown metric, or fewer than two values.
    """
    if facts.kind != "sweep" or len(facts.keys) != 1:
        keys = f"{len(facts.keys)} keys ({few(facts.keys)})"
        what = keys if facts.kind == "sweep" else facts.kind
        raise UserError(f"{study.path}: expected a sweep over one key, found {what}")
    key = facts.keys[0]
    by_label = _by_label(trials, key)
    if len(by_label) < 2:
        raise UserError(f"{study.path}: fewer than two values of {key} have come to their end")
    readers = {
        label: [RunReader(RunDirectory.open(run)) for run in runs_of_trial(study.path, trial)]
        for label, trial in by_label.items()
    }
    chosen = metric_of(metric or facts.objective)
    found = {label: [_metrics(each) for each in own] for label, own in readers.items()}
    _check(chosen, found, study.path)
    first = next(iter(readers.values()))[0].recorded
    runs: dict[str, list[list[float]]] = {
        part: [[run[part][chosen] for run in runs if part in run] for runs in found.values()]
        for part in PARTS
        if any(part in run for runs in found.values() for run in runs)
    }
    if facts.folds:
        runs["held_out"] = [[each.metrics[HELD_OUT + chosen]] for each in by_label.values()]
    return ValueCurve(
        study.path.resolve().name,
        key,
        chosen,
        tuple(by_label),
        _numbers(tuple(by_label)),
        runs,
        any(each.name == chosen and each.is_score for each in first.evaluation.metrics),
    )


def _by_label(trials: Sequence[TrialRecord], key: str) -> dict[str, TrialRecord]:
    """A completed trial per value; numbers ascending, other values in trial order.

    If another trial has the first trial's value, that trial stands for it.
    """
    ended = [each for each in trials if each.state == COMPLETED and each.keys.get(key)]
    first = {each.keys[key]: each for each in ended if each.number == 0}
    others = {each.keys[key]: each for each in ended if each.number}
    found = {label: own for label, own in first.items() if label not in others} | others
    numbers = _as_numbers(list(found))
    if numbers is None:
        return found
    return {label: found[label] for _, label in sorted(zip(numbers, found, strict=True))}


def _numbers(labels: Sequence[str]) -> tuple[float, ...] | None:
    numbers = _as_numbers(labels)
    return None if numbers is None else tuple(numbers)


def _as_numbers(labels: Sequence[str]) -> list[float] | None:
    """The values as numbers; None if one is not a finite number."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _metrics(reader: RunReader) -> dict[str, dict[str, float]]:
    """A run's metrics by split."""
    metrics = reader.summary().get("metrics", {})
    return {
        part: {name: math.nan if value is None else value for name, value in of_part.items()}
        for part, of_part in metrics.items()
    }


def _check(
    metric: str, found: Mapping[str, Sequence[Mapping[str, Mapping[str, float]]]], path: Path
) -> None:
    """Raises UserError for a metric that a run lacks."""
    for known in _names(found):
        if metric not in known:
            guess = did_you_mean(metric, known)
            raise UserError(f"{path}: no metric '{metric}'{guess}; known: {few(known)}")


def _names(
    found: Mapping[str, Sequence[Mapping[str, Mapping[str, float]]]],
) -> Iterator[list[str]]:
    for runs in found.values():
        for run in runs:
            yield from (list(of_part) for of_part in run.values())
