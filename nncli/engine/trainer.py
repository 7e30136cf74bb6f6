"""Trainer: trains a job, and yields a report per epoch."""

import math
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np

from nncli.engine.epoch_monitor import EpochMonitor, EpochReport
from nncli.engine.epoch_scorer import EpochScorer
from nncli.engine.job import Job
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.state import Snapshot, TrainState
from nncli.engine.steppers import choice
from nncli.engine.steppers.protocol import Stepper
from nncli.engine.stop import Stop
from nncli.errors import Diverged, UndefinedMonitor
from nncli.parts.arrays import Array

MAX_SILENCE_SECONDS = 1.0  # seconds without a report, where epochs are shorter


def train(
    job: Job,
    state: TrainState | None = None,
    stop: Stop | None = None,
    ranks: Ranks = ALONE,
) -> Iterator[EpochReport]:
    """Train, and yield a report of each evaluated epoch.

    `state` starts as `job.start()` and is changed in place; `state.weights` are the ones to use.
    After a requested stop no further report is yielded, and `state` is where the stop was noticed:
    called again with it, training continues as if it had never stopped.

    ranks: the processes that train this job together; each makes this call.

    Raises Diverged if the loss or a parameter isn't finite, and UndefinedMonitor if a monitored
    value is NaN; `state` is then back at the last report, or at the start of this call. Raises
    RanksDiffer if the ranks have different parameters.
    """
    stop = ranks.stop(stop or Stop())
    yield from _Trainer(job, state or job.start(), stop, ranks).reports()


class _Trainer:
    def __init__(self, job: Job, state: TrainState, stop: Stop, ranks: Ranks) -> None:
        self.job, self.state, self.stop, self.ranks = job, state, stop, ranks
        self.monitor = EpochMonitor(job, state)
        self.snapshot = Snapshot(state, job.streams(state))
        self.began = time.perf_counter()

    def reports(self) -> Iterator[EpochReport]:
        """Yields epoch 0, unless training continues from a later one, then each evaluated epoch."""
        job, state, ranks = self.job, self.state, self.ranks
        with closing(choice.stepper(job, state, ranks)) as stepper:
            self.scorer = EpochScorer(job, state.theta, ranks, stepper.spare)
            if state.step == 0:
                yield self._report()
            while self._move(stepper):
                report = self._report_of(stepper)
                yield report
                if report.stopped:
                    return

    def _move(self, stepper: Stepper) -> bool:
        """Train up to the next evaluated epoch; False if a stop came first, or no epoch is left."""
        epoch, last = self.state.epoch, self.job.training.epochs
        if epoch >= last:
            return False
        every = 1 if self.monitor.needs_every_epoch else self.job.log_every
        window = min((epoch // every + 1) * every, last)
        is_finished = False
        try:
            with np.errstate(all="ignore"):  # _report finds what isn't finite
                is_finished = stepper.epochs(window, self.stop, MAX_SILENCE_SECONDS)
        finally:
            if not is_finished and self.state.reported is None:
                self.state.reported = self.snapshot.theta()
        return is_finished

    def _report_of(self, stepper: Stepper) -> EpochReport:
        """Report the epoch just trained. Raises Diverged, with the first infinite or NaN array."""
        try:
            return self._report(is_minimum=stepper.is_at_minimum)
        except UndefinedMonitor:
            raise
        except Diverged as error:
            try:
                raise stepper.located(error) from None
            finally:
                self.snapshot.restore()

    def _report(self, *, is_minimum: bool = False) -> EpochReport:
        """Evaluate and take a snapshot. Raises Diverged, with the state back at the last report."""
        state, monitor, everything = self.state, self.monitor, self.scorer.splits
        self.ranks.compare(state.theta, state.epoch)
        report = EpochReport(
            epoch=state.epoch,
            loss=None,
            val_loss=None,
            metrics={},
            learning_rate=self._last_rate(),
            seconds=0.0,
            stopped="converged" if is_minimum else None,
        )
        is_due = is_minimum or monitor.is_due(state.epoch)
        report = self._scored(report, everything if is_due else monitor.splits_between)
        if report.is_partial and (monitor.is_decisive(report) or self._is_astray(report)):
            report = self._scored(report, everything - report.splits)
        try:
            report = monitor.observe(report)
        except UndefinedMonitor:
            self.snapshot.restore()
            raise
        self.snapshot.take()
        state.reported = None  # it is theta itself
        return replace(report, seconds=time.perf_counter() - self.began)

    def _scored(self, report: EpochReport, splits: Collection[str]) -> EpochReport:
        """The report with these splits scored. Raises Diverged, at the last report's state."""
        state, report = self.state, self.scorer.scored(report, splits)
        if not (report.loss is None or math.isfinite(report.loss)) or not _is_finite(state.theta):
            epoch, step = state.epoch, state.step
            self.snapshot.restore()
            raise Diverged(epoch, step, "loss")
        return report

    def _is_astray(self, report: EpochReport) -> bool:
        """Whether the loss, which wasn't scored, may be infinite, by val_loss and the weights."""
        theta = self.state.theta
        bound = math.sqrt(np.finfo(theta.dtype).max)
        with np.errstate(all="ignore"):
            sizes = abs(report.val_loss or 0.0), float(theta.dot(theta))
        return not all(size < bound for size in sizes)  # also if one is NaN

    def _last_rate(self) -> float | None:
        """The learning rate of the last step; before any step, that of the first."""
        job, state = self.job, self.state
        if not job.optimizer.has_learning_rate:
            return None
        return job.last_learning_rate(state.epoch, state.step, state.plateau.factor)


def _is_finite(theta: Array) -> bool:
    with np.errstate(all="ignore"):
        # a product finds NaN and infinity quickly; huge squares need the slow check
        return math.isfinite(theta.dot(theta)) or bool(np.isfinite(theta).all())
