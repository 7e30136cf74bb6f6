"""Trainer: the epochs of a run, handed out one report at a time."""

import math
import time
from collections.abc import Iterator

import numpy as np

from nncli.engine import divergence
from nncli.engine.epoch_monitor import EpochMonitor, EpochReport
from nncli.engine.evaluator import Evaluator, workspace_for
from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.state import Mark, TrainState
from nncli.engine.steppers import choice
from nncli.engine.steppers.gradient import Stepper, Stop
from nncli.engine.steppers.lbfgs import iterates
from nncli.errors import Diverged
from nncli.parts.arrays import Array
from nncli.parts.optimizers import Lbfgs

LONGEST_SILENCE = 1.0  # seconds without a report, where epochs are shorter


def train(
    job: Job, state: TrainState | None = None, stop: Stop | None = None
) -> Iterator[EpochReport]:
    """Train, and report epoch after epoch.

    `state` starts as `job.start()` and is moved in place; `state.weights` are the ones to use.
    After a requested stop there is no further report, and `state` is where the stop was noticed:
    passed in again, training goes on from there as if it had never stopped.

    Raises Diverged when the loss or a parameter isn't finite; `state` is then back at the last
    report, or where this call began.
    """
    yield from _Trainer(job, state or job.start(), stop or Stop()).reports()


class _Trainer:
    def __init__(self, job: Job, state: TrainState, stop: Stop) -> None:
        self.job, self.state, self.stop = job, state, stop
        self.batches = job.batches(state)
        self.plan = Plan.of(job, state, gather=not self.batches.in_place)
        self.evaluators = self._evaluators()
        self.watch = EpochMonitor(job, state)
        self.mark = Mark(state, self._streams_in_use())
        if state.reported is None:
            state.reported = self.mark.theta
        self.stepper: Stepper | None = None
        self.is_minimum = False
        self.began = time.perf_counter()

    def _evaluators(self) -> dict[str, Evaluator]:
        """Of the training and the validation rows, by the prefix of their columns."""
        job, theta = self.job, self.state.theta
        splits = {"": job.train} if job.val is None else {"": job.train, "val_": job.val}
        shared = workspace_for(job.network, theta, max(map(len, splits.values())))
        return {
            prefix: Evaluator(job.network, theta, rows, job.decode, job.metrics, shared)
            for prefix, rows in splits.items()
        }

    def _streams_in_use(self) -> list[np.random.Generator]:
        shuffle = [] if self.batches.in_place else [self.state.shuffle]
        return [*shuffle, self.state.dropout] if self.job.network.is_random else shuffle

    def reports(self) -> Iterator[EpochReport]:
        """Epoch 0, unless training goes on from later, then each epoch that is evaluated."""
        if self.state.step == 0:
            yield self._report()
        is_lbfgs = isinstance(self.job.optimizer, Lbfgs)
        for _ in self._iterations() if is_lbfgs else self._epochs():
            report = self._report()
            yield report
            if report.stopped:
                return

    def _epochs(self) -> Iterator[None]:
        """Gradient steps up to each epoch that is evaluated; ends early on a requested stop."""
        state, last = self.state, self.job.training.epochs
        every = 1 if self.watch.needs_every_epoch else self.job.log_every
        self.stepper = choice.stepper(self.job, state, self.plan, self.batches)
        while state.epoch < last:
            window = min((state.epoch // every + 1) * every, last)
            with np.errstate(all="ignore"):  # what isn't finite is found and named by _report
                if not self.stepper.epochs(window, self.stop, LONGEST_SILENCE):
                    return
            yield

    def _iterations(self) -> Iterator[None]:
        """Iterations of lbfgs; ends early on a requested stop."""
        settings, plan, state, rows = self.job.optimizer, self.plan, self.state, self.job.batch_rows
        assert isinstance(settings, Lbfgs)
        gradient = plan.record_gradient(rows)

        def objective(theta: Array) -> tuple[float, Array]:
            with np.errstate(all="ignore"):
                plan.trained[...] = theta
                gradient()
                return plan.loss(rows), plan.gradient.astype(float)

        source = iterates(objective, plan.trained, settings, self.job.training.epochs)
        upcoming = next(source, None)
        while (theta := upcoming) is not None and not self.stop.requested:
            upcoming = next(source, None)  # one ahead, to know whether this one is the last
            self.is_minimum = upcoming is None
            plan.trained[...] = theta
            state.epoch += 1
            state.step += 1
            yield
        self.mark.restore()  # the objective has left its last trial point in theta

    def _report(self) -> EpochReport:
        """Evaluate, and remember the moment. Raises Diverged, back at the last report."""
        state = self.state
        scores = {prefix: evaluator.score() for prefix, evaluator in self.evaluators.items()}
        if not math.isfinite(scores[""].loss) or not _is_finite(state.theta):
            raise self._diverged()
        report = EpochReport(
            epoch=state.epoch,
            loss=scores[""].loss,
            val_loss=scores["val_"].loss if "val_" in scores else None,
            metrics={
                prefix + name: value
                for prefix, score in scores.items()
                for name, value in score.metrics.items()
            },
            learning_rate=self._last_rate(),
            seconds=time.perf_counter() - self.began,
            stopped="converged" if self.is_minimum else None,
        )
        report = self.watch.observe(report)
        self.mark.take()
        state.reported = self.mark.theta  # the same moment
        return report

    def _last_rate(self) -> float | None:
        """The rate of the step just made; before any, of the first."""
        if isinstance(self.job.optimizer, Lbfgs):
            return None
        state = self.state
        scheduled = self.job.learning_rate(max(state.epoch - 1, 0), max(state.step - 1, 0))
        return scheduled * state.plateau.factor

    def _diverged(self) -> Diverged:
        epoch, step = self.state.epoch, self.state.step
        self.mark.restore()
        if self.stepper is None:
            return Diverged(epoch, step, "loss")
        found = divergence.find(self.stepper, epoch, step)
        self.mark.restore()
        return found


def _is_finite(theta: Array) -> bool:
    with np.errstate(all="ignore"):
        # one product finds NaN and infinity; only a sum of huge squares needs the slow look
        return math.isfinite(theta.dot(theta)) or bool(np.isfinite(theta).all())
