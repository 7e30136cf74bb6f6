"""Epoch monitor: what looks at each epoch's report and may end the run or lower the rate."""

import math
from dataclasses import replace

from nncli.engine.job import Job
from nncli.engine.state import Best, TrainState
from nncli.errors import UndefinedMonitor
from nncli.frozen import frozen
from nncli.parts.schedules import ReduceOnPlateau


@frozen
class EpochReport:
    """What an epoch ended with, at its final weights; epoch 0 is before training.

    loss, val_loss: the objective (data loss plus penalty).
    metrics: train columns by metric name, then val_ ones where there are validation rows; where
    they are asked for, the gradient norms of each layer.
    learning_rate: of the epoch's last step; None for lbfgs.
    seconds: since the start.  is_logged: whether it belongs in metrics.csv.
    stopped: why this is the last report; None if it isn't.
    """

    epoch: int
    loss: float
    val_loss: float | None
    metrics: dict[str, float]
    learning_rate: float | None
    seconds: float
    is_logged: bool = True
    is_best: bool = False
    stopped: str | None = None

    def columns(self) -> dict[str, float | None]:
        """The row of metrics.csv, by column name."""
        val = {} if self.val_loss is None else {"val_loss": self.val_loss}
        rest = {"learning_rate": self.learning_rate, "seconds": self.seconds}
        return {"epoch": self.epoch, "loss": self.loss, **val, **self.metrics, **rest}


def wait_anew(job: Job, state: TrainState) -> None:
    """Training goes on although early stopping had ended it: it waits from the beginning."""
    settings = job.training.early_stopping
    if settings is not None and state.best.waited >= settings.patience:
        state.best = replace(state.best, waited=0)


class EpochMonitor:
    """early_stopping, converged and reduce_on_plateau, with their memory in the train state."""

    def __init__(self, job: Job, state: TrainState) -> None:
        self.job, self.state = job, state

    @property
    def needs_every_epoch(self) -> bool:
        """Whether an epoch that isn't logged must be evaluated all the same."""
        training = self.job.training
        plateau = isinstance(self.job.schedule, ReduceOnPlateau)
        return plateau or bool(training.early_stopping or training.converged)

    def observe(self, report: EpochReport) -> EpochReport:
        """Take note of an epoch; the report, with the reason to stop if there is one.

        Raises UndefinedMonitor, before anything is noted, if a value that is watched is NaN.
        """
        for key, column in self.job.watched.items():
            if math.isnan(self._value(report, column)):
                raise UndefinedMonitor(report.epoch, self.state.step, column, key)
        self._follow_plateau(report)
        is_last = report.epoch >= self.job.training.epochs
        is_logged = is_last or bool(report.stopped) or report.epoch % self.job.log_every == 0
        # an epoch that only the clock chose to report may not decide anything
        is_best = (is_logged or self.needs_every_epoch) and self._follow_best(report)
        reasons = {
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
        settings, state = self.job.training.converged, self.state
        if settings is None:
            return False
        value, before = self._value(report, settings.monitor), state.previous
        state.previous = value
        return before is not None and abs(value - before) <= settings.tolerance

    def _follow_best(self, report: EpochReport) -> bool:
        """Whether this is the best epoch so far; its weights are kept if they may be wanted."""
        settings, state = self.job.training.early_stopping, self.state
        least = 0.0 if settings is None else settings.min_delta
        value = self._lower_is_better(report, self.job.monitor)
        if report.epoch > 0 and not value < state.best.value - least:
            state.best = replace(state.best, waited=state.best.waited + 1)
            return False
        state.best = Best(value, report.epoch)
        if settings is not None and settings.restore_best_weights:
            state.best_theta = state.theta.copy()
        return True

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
