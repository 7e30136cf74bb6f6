"""Epoch monitor: looks at each epoch's report, and may end the run or lower the learning rate."""

import math
from dataclasses import replace
from functools import cached_property

from nncli.engine.job import Job
from nncli.engine.metric_columns import TRAIN, VAL
from nncli.engine.state import Best, TrainState
from nncli.engine.stop_reason import StopReason
from nncli.errors import UndefinedMonitor
from nncli.frozen import frozen
from nncli.parts.schedules import ReduceOnPlateau


@frozen
class EpochReport:
    """The result of an epoch, at its final weights; epoch 0 is before training.

    loss, val_loss: the objective (data loss plus penalty).
    metrics: of training rows by metric name, of validation rows with the prefix val_; also the
    gradient norm of each layer, if the config asks for it.
    An epoch that isn't logged may have only the monitored values: see `is_partial`.
    learning_rate: of the epoch's last step; None for lbfgs.
    seconds: since the start.  is_logged: whether it belongs in metrics.csv.
    stopped: why this is the last report; None if it isn't.
    """

    epoch: int
    loss: float | None
    val_loss: float | None
    metrics: dict[str, float]
    learning_rate: float | None
    seconds: float
    is_logged: bool = True
    is_best: bool = False
    stopped: StopReason | None = None

    @property
    def splits(self) -> frozenset[str]:
        """The splits (TRAIN, VAL) that were scored."""
        losses = {TRAIN: self.loss, VAL: self.val_loss}
        return frozenset(split for split, loss in losses.items() if loss is not None)

    @property
    def is_partial(self) -> bool:
        """Whether the training rows were not scored."""
        return self.loss is None

    def columns(self) -> dict[str, float | None]:
        """The row of metrics.csv, by column name."""
        val = {} if self.val_loss is None else {"val_loss": self.val_loss}
        rest = {"learning_rate": self.learning_rate, "seconds": self.seconds}
        return {"epoch": self.epoch, "loss": self.loss, **val, **self.metrics, **rest}


def wait_anew(job: Job, state: TrainState) -> None:
    """Reset the patience counter of early stopping, if it had ended the run that now continues."""
    settings = job.training.early_stopping
    if settings is not None and state.best.waited >= settings.patience:
        state.best = replace(state.best, waited=0)


class EpochMonitor:
    """Applies early_stopping, converged and reduce_on_plateau, whose memory is the train state."""

    def __init__(self, job: Job, state: TrainState) -> None:
        self.job, self.state = job, state

    @cached_property
    def needs_every_epoch(self) -> bool:
        """Whether epochs that aren't logged are scored too, because a column is monitored."""
        return bool(self.job.watched)

    @cached_property
    def splits_between(self) -> frozenset[str]:
        """The splits to score in an epoch that isn't logged.

        If training rows are among them, all splits are, so that a report that isn't partial has
        every column.
        """
        job = self.job
        columns = [*job.watched.values(), job.monitor] if self.needs_every_epoch else []
        watched = frozenset(VAL if column.startswith(VAL) else TRAIN for column in columns)
        return frozenset({TRAIN, VAL}) if TRAIN in watched else watched

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch is logged whatever its result."""
        return epoch >= self.job.training.epochs or epoch % self.job.log_every == 0

    def is_decisive(self, report: EpochReport) -> bool:
        """Whether `observe` will find that an epoch that isn't due is the last, or the best.

        The best one counts only if its weights aren't kept, because it can't be scored later.
        """
        if not self.needs_every_epoch:
            return False
        stopping = self.job.training.early_stopping
        has_waited = stopping is not None and self.state.best.waited + 1 >= stopping.patience
        is_lost = not self._keeps_best and self._is_better(report)
        return has_waited or is_lost or self._is_converged(report)

    @property
    def _keeps_best(self) -> bool:
        settings = self.job.training.early_stopping
        return settings is not None and settings.restore_best_weights

    def observe(self, report: EpochReport) -> EpochReport:
        """Take note of an epoch; returns the report, with the reason to stop if there is one.

        Raises UndefinedMonitor if a monitored value is NaN, before it takes note of anything.
        """
        for key, column in self.job.watched.items():
            if math.isnan(self._value(report, column)):
                raise UndefinedMonitor(report.epoch, self.state.step, column, key)
        self._follow_plateau(report)
        is_last = report.epoch >= self.job.training.epochs
        is_logged = bool(report.stopped) or self.is_due(report.epoch)
        # an epoch that is reported only because of the clock decides nothing
        is_best = (is_logged or self.needs_every_epoch) and self._follow_best(report)
        reasons: dict[StopReason, bool] = {
            "epochs": is_last,
            "converged": self._has_converged(report),
            "early_stopping": self._has_waited_enough(),
        }
        stopped = next((reason for reason, holds in reasons.items() if holds), report.stopped)
        return replace(
            report, stopped=stopped, is_logged=is_logged or bool(stopped), is_best=is_best
        )

    def _follow_plateau(self, report: EpochReport) -> None:
        schedule, state = self.job.schedule, self.state
        if isinstance(schedule, ReduceOnPlateau) and report.epoch > schedule.warmup:
            value = self._lower_is_better(report, schedule.monitor)
            state.plateau = schedule.observe(state.plateau, value)

    def _has_converged(self, report: EpochReport) -> bool:
        has_converged = self._is_converged(report)
        if (settings := self.job.training.converged) is not None:
            self.state.previous = self._value(report, settings.monitor)
        return has_converged

    def _is_converged(self, report: EpochReport) -> bool:
        settings, before = self.job.training.converged, self.state.previous
        if settings is None or before is None:
            return False
        return abs(self._value(report, settings.monitor) - before) <= settings.tolerance

    def _follow_best(self, report: EpochReport) -> bool:
        """Whether this is the best epoch so far; its weights are kept if they may be restored."""
        state = self.state
        if not self._is_better(report):
            state.best = replace(state.best, waited=state.best.waited + 1)
            return False
        state.best = Best(self._lower_is_better(report, self.job.monitor), report.epoch)
        if self._keeps_best:
            state.best_theta = state.theta.copy()
        return True

    def _is_better(self, report: EpochReport) -> bool:
        """Whether an epoch is the best so far; epoch 0 always is."""
        settings = self.job.training.early_stopping
        least = 0.0 if settings is None else settings.min_delta
        value = self._lower_is_better(report, self.job.monitor)
        return report.epoch == 0 or value < self.state.best.value - least

    def _has_waited_enough(self) -> bool:
        settings = self.job.training.early_stopping
        return settings is not None and self.state.best.waited >= settings.patience

    def _value(self, report: EpochReport, monitor: str) -> float:
        value = report.columns()[monitor]
        assert value is not None
        return value

    def _lower_is_better(self, report: EpochReport, monitor: str) -> float:
        value = self._value(report, monitor)
        if math.isnan(value):
            return math.inf
        return -value if self.job.is_score(monitor) else value
