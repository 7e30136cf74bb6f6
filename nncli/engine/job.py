"""Job: all that a training run needs, with every `auto` resolved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated

import numpy as np

from nncli.constraints import Seed
from nncli.engine.batches import Batches
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.metric_columns import VAL
from nncli.engine.network import Network
from nncli.engine.state import TrainState, stream
from nncli.engine.training_settings import Training, default_monitor
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.metrics import Metric
from nncli.parts.optimizers import Optimizer
from nncli.parts.schedules import ReduceOnPlateau, Schedule


@frozen
class Seeds:
    """One seed per random stream; 0 by default."""

    split: Annotated[Seed, "which rows train, validate and test"] = 0
    init: Annotated[Seed, "the initial weights"] = 0
    shuffle: Annotated[Seed, "the order of rows, and their draws"] = 0
    dropout: Annotated[Seed, "the masks of dropout layers, and gaussian_noise"] = 0

    def moved(self, names: Sequence[str], step: int) -> "Seeds":
        """The seeds with `step` added to those in `names`."""
        return Seeds(**{name: seed + step * (name in names) for name, seed in vars(self).items()})


@frozen
class Job:
    """What to train, on which rows, and how.

    decode: outputs -> predictions, for the metrics.  log_every: epochs between logged reports.
    gradient_norms: whether reports have the gradient norm of each layer.
    """

    network: Network
    optimizer: Optimizer
    schedule: Schedule
    training: Training
    train: EvaluationSet
    val: EvaluationSet | None
    decode: Callable[[Array], Array]
    metrics: Mapping[str, Metric]
    seeds: Seeds
    log_every: int = 1
    gradient_norms: bool = False

    @property
    def batch_rows(self) -> int:
        """The number of rows in a step."""
        return self.training.batch_rows(len(self.train))

    @property
    def of_whole_batches(self) -> "Job":
        """The same job, with batches that aren't cut into shards."""
        return replace(self, training=replace(self.training, shards=1))

    @property
    def steps_per_pass(self) -> int:
        """The number of steps in which shuffled batches take every row once."""
        return self.training.steps_per_pass(len(self.train))

    @property
    def steps_per_epoch(self) -> int:
        return self.training.steps_per_epoch

    @property
    def is_one_pass(self) -> bool:
        """Whether an epoch takes every row exactly once."""
        return self.training.sampling == "shuffle" and self.steps_per_epoch == self.steps_per_pass

    @property
    def last_batch_rows(self) -> int:
        """The number of rows in the last step of a pass, which may have fewer."""
        return len(self.train) - (self.steps_per_pass - 1) * self.batch_rows

    @property
    def steps_per_interval(self) -> int:
        """The number of steps for which the schedule holds the rate: one, or those of an epoch."""
        return 1 if self.schedule.interval == "step" else self.steps_per_epoch

    @cached_property  # this and the next are read at every step
    def base_learning_rate(self) -> float:
        """The optimizer's own learning rate, before any schedule; only if it has one."""
        return float(self.optimizer.learning_rate)  # type: ignore[attr-defined]

    @cached_property
    def schedule_total(self) -> int:
        """The number of epochs or steps of the run, whichever the schedule counts."""
        return self.schedule_total_of(self.training.epochs)

    def schedule_total_of(self, epochs: int) -> int:
        """The same for a run of so many epochs."""
        return epochs * self.steps_per_epoch // self.steps_per_interval

    def learning_rate(self, epoch: int, step: int, plateau: float = 1.0) -> float:
        """base rate * schedule's factor * plateau, after so many completed epochs and steps.

        plateau: the present factor of reduce_on_plateau, `state.plateau.factor`.
        """
        t = step if self.schedule.interval == "step" else epoch
        factor = self.schedule.factor(t, self.schedule_total)
        return self.base_learning_rate * factor * plateau

    def update_scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The scalars that the update of step 1, 2, ... of the run reads."""
        return self.optimizer.scalars(self.optimizer.steps_before + step, learning_rate)

    def last_learning_rate(self, epoch: int, step: int, plateau: float = 1.0) -> float:
        """The rate of the step made last; before any step, that of the first."""
        return self.learning_rate(max(epoch - 1, 0), max(step - 1, 0), plateau)

    def is_score(self, column: str) -> bool:
        """Whether higher values of a column are better."""
        metric = self.metrics.get(column.removeprefix(VAL))
        return metric is not None and metric.is_score

    def gain(self, column: str, before: float, after: float) -> float:
        """The improvement of a column from `before` to `after`."""
        return after - before if self.is_score(column) else before - after

    @property
    def monitor(self) -> str:
        """The column that decides which epoch is the best."""
        stopping = self.training.early_stopping
        if stopping is not None:
            return stopping.monitor
        return default_monitor(0 if self.val is None else len(self.val))

    @property
    def best_by(self) -> str:
        """The monitor in words, with the improvement that counts, if there is one."""
        stopping = self.training.early_stopping
        least = stopping.min_delta if stopping is not None else 0.0
        return f"{self.monitor} (min_delta {least:g})" if least else self.monitor

    @cached_property
    def watched(self) -> dict[str, str]:
        """The monitored columns, which stop the run or lower the rate, by their config key."""
        return watched_columns(self.training, self.schedule)

    def batches(self, state: TrainState) -> Batches:
        """The batches of this job, drawn from the state's stream."""
        return Batches(len(self.train), self.batch_rows, self.training.sampling, state.shuffle)

    def streams(self, state: TrainState) -> list[np.random.Generator]:
        """The random streams of the state from which steps draw."""
        shuffle = [] if self.batches(state).in_place else [state.shuffle]
        return [*shuffle, state.dropout] if self.network.is_random else shuffle

    def start(self) -> TrainState:
        """The state before the first step."""
        random = stream("init", self.seeds.init)
        return self.state_at(self.network.initialize(random, self.training.dtype))

    def state_at(self, theta: Array) -> TrainState:
        """The state before the first step, with these parameters."""
        dtype = np.dtype(self.training.dtype)
        trained = self.network.layout.trainable
        slots = {
            name: np.full(trained, self.optimizer.slot_start(name), dtype)
            for name in self.optimizer.active_slots
        }
        for name, slot in slots.items():
            views = self.network.layout.views(slot)
            for tensor, numbers in self.optimizer.slot_tensors(name).items():
                views[tensor][...] = numbers
        shuffle = stream("shuffle", self.seeds.shuffle)
        dropout = stream("dropout", self.seeds.dropout)
        return TrainState(theta.astype(dtype, copy=False), slots, shuffle, dropout)


def watched_columns(training: Training, schedule: Schedule) -> dict[str, str]:
    """The monitored columns, which stop the run or lower the rate, by their config key."""
    settings = {
        "training.early_stopping.monitor": training.early_stopping,
        "training.converged.monitor": training.converged,
        "schedule.monitor": schedule if isinstance(schedule, ReduceOnPlateau) else None,
    }
    return {key: found.monitor for key, found in settings.items() if found is not None}
