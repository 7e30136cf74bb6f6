"""Cross-validation: one run a fold, in a directory of their own, and what they reach together."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.artifacts.run_directory import FOLDS, RunDirectory
from nncli.assembly.build import Built
from nncli.assembly.decided import decision_of
from nncli.engine.evaluator import Evaluator
from nncli.engine.state import TrainState
from nncli.engine.threads import limited
from nncli.parts.metrics import deciding
from nncli.parts.threshold_choice import ChosenThreshold


@dataclass(frozen=True)
class FoldScore:
    """One fold: its run, how many rows it held out, and the metrics on these."""

    run: str
    rows: int
    metrics: dict[str, float]


def score_fold(
    run: RunDirectory, built: Built, state: TrainState, chosen: ChosenThreshold | None = None
) -> FoldScore:
    """Score the rows that a fold held out, with the weights it keeps and the threshold chosen."""
    job, rows = built.job, built.evaluation_set("test")
    decision = decision_of(built.experiment.decision, chosen)
    metrics = deciding(job.metrics, decision)
    with limited(job.training):
        score = Evaluator(job.network, state.weights, rows, job.decode, metrics).score()
    return FoldScore(run.name, len(rows), {"loss": score.loss, **score.metrics})


def summarize(parent: RunDirectory, folds: Sequence[FoldScore], kept_aside: int) -> dict[str, Any]:
    """Mean and (sample) standard deviation of every metric over the folds, also as folds.json.

    kept_aside: the test rows of the split, which no fold has seen.
    """
    names = list(folds[0].metrics)
    values = {name: [fold.metrics[name] for fold in folds] for name in names}
    summary = {
        "run": os.fspath(parent.path),
        "folds": [vars(fold) for fold in folds],
        "mean": {name: float(np.mean(of_folds)) for name, of_folds in values.items()},
        "std": {name: _deviation(of_folds) for name, of_folds in values.items()},
        "test_rows_kept_aside": kept_aside,
    }
    parent.write_json(FOLDS, summary)
    parent.write_manifest()
    return summary


def _deviation(values: Sequence[float]) -> float:
    """NaN where a fold's metric is undefined."""
    with np.errstate(all="ignore"):
        return float(np.std(values, ddof=1))
