"""Epoch scorer: fills in the loss and metrics of a report."""

from collections.abc import Collection, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from nncli.engine.arena import Arena
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.evaluator import Evaluator, workspace_for
from nncli.engine.job import Job
from nncli.engine.metric_columns import TRAIN, VAL
from nncli.engine.ranks import ALONE, Ranks
from nncli.parts.arrays import Array

if TYPE_CHECKING:
    from nncli.engine.gradient_norms import GradientNorms


class EpochScorer:
    """Scores the splits of a job at one theta, which may change in place between two calls.

    spare: an arena that nobody else uses during a call.
    """

    def __init__(
        self, job: Job, theta: Array, ranks: Ranks = ALONE, spare: Arena | None = None
    ) -> None:
        rows = {TRAIN: job.train} if job.val is None else {TRAIN: job.train, VAL: job.val}
        most, arena = max(map(len, rows.values())), None if spare is None else spare.lent()
        shared = workspace_for(job.network, theta, most, arena)
        self.theta = theta
        self.evaluators = {
            split: Evaluator(job.network, theta, each, job.decode, job.metrics, shared, ranks=ranks)
            for split, each in rows.items()
        }
        self.gradient_norms = _gradient_norms(job, theta)

    @property
    def splits(self) -> Set[str]:
        """The splits that have rows."""
        return self.evaluators.keys()

    def scored(self, report: EpochReport, splits: Collection[str]) -> EpochReport:
        """The report with the scores of these splits added."""
        scores = {split: each.score() for split, each in self.evaluators.items() if split in splits}
        metrics = {
            split + name: value
            for split, score in scores.items()
            for name, value in score.metrics.items()
        } | report.metrics
        if TRAIN in scores and self.gradient_norms is not None:
            metrics |= self.gradient_norms(self.theta)
        losses = {TRAIN: report.loss, VAL: report.val_loss}
        losses |= {split: score.loss for split, score in scores.items()}
        return replace(report, loss=losses[TRAIN], val_loss=losses[VAL], metrics=metrics)


def _gradient_norms(job: Job, theta: Array) -> "GradientNorms | None":
    """The gradient norms of the layers; None if the job doesn't report them."""
    if not job.gradient_norms:
        return None
    from nncli.engine.gradient_norms import GradientNorms

    return GradientNorms(job, theta)


def completed(report: EpochReport, job: Job, theta: Array) -> EpochReport:
    """The report, with the scores that a partial one lacks; theta: the weights it is about."""
    if not report.is_partial:
        return report
    scorer = EpochScorer(job, theta)
    return scorer.scored(report, scorer.splits - report.splits)
