"""Diagnosed run: its data, its weights at the start and as they are now, as the checks see them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built, assemble
from nncli.assembly.split_table import SplitTable
from nncli.config.resolve import resolve_split
from nncli.doctor.edit import Edit
from nncli.doctor.forward import (
    BaselineLosses,
    data_loss,
    evenly_spaced,
    sampled,
    with_batch_statistics,
    without_regularization,
)
from nncli.doctor.step_statistics import LayerSteps, layer_steps
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.gradient_norms import norm
from nncli.engine.job import Job
from nncli.engine.network import Network
from nncli.engine.state import TrainState
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.splits import Rows
from nncli.parts.table import Table

MAX_ROWS = 10_000
MAX_VAL_ROWS = 1_000
POOR = 0.5  # of the best constant's loss: above it, little was learned
MIN_STEPS = 10  # after which that means something
STEPS = 10  # over which gradients and ratios are medians
FAR = 1e3  # times the loss of guessing, and the start's: where no learning leads
GROWN = 1e6  # times the length of the first weights: neither do any that learn get there


@frozen
class DiagnosedRun:
    """What `built` trains, from the start's weights to those in use (`theta`)."""

    built: Built
    start: TrainState
    theta: Array
    reader: RunReader

    @classmethod
    def of_run(cls, path: Path) -> "DiagnosedRun":
        """A run directory. Raises UserError, CorruptRun or FileFailure."""
        return cls.of_reader(RunReader(RunDirectory.open(path)))

    @classmethod
    def of_reader(cls, reader: RunReader) -> "DiagnosedRun":
        """A run that is being read already."""
        start = reader.built.job.start()
        theta = reader.theta if reader.has_learned else start.theta
        return cls(reader.built, start, theta, reader)

    @property
    def began(self) -> bool:
        """Whether there ever was a finite loss."""
        return self.reader.has_learned

    @property
    def has_overflowed(self) -> bool:
        """Whether the loss or the weights left the finite numbers, which ended training."""
        return not self.began or self.summary.get("stopped") == "diverged"

    @cached_property
    def has_blown_up(self) -> bool:
        """Whether training ended finite, but so far off that it won't come back."""
        if self.has_overflowed or self.share <= POOR:
            return False
        losses = self.columns["loss"]
        first, last = self.baselines.share(losses[0]), self.baselines.share(losses[-1])
        return last > FAR * max(first, 1.0) or (last > 1.0 and self.growth > GROWN)

    @property
    def has_diverged(self) -> bool:
        return self.has_overflowed or self.has_blown_up

    @property
    def job(self) -> Job:
        return self.built.job

    @property
    def has_steps(self) -> bool:
        """Whether the optimizer makes steps along a gradient, at a learning rate."""
        return self.job.optimizer.has_update

    @cached_property
    def summary(self) -> dict[str, Any]:
        return self.reader.summary()

    @cached_property
    def columns(self) -> Mapping[str, Sequence[float]]:
        """metrics.csv."""
        return self.reader.curves().columns if self.began else {}

    def last_state(self) -> TrainState:
        """A fresh copy of the state in which training was left."""
        return self.reader.checkpoint()[0] if self.began else self.job.start()

    @cached_property
    def early_steps(self) -> Mapping[str, LayerSteps]:
        """The first steps, by layer."""
        return layer_steps(self.job, self.job.start(), STEPS)

    @cached_property
    def late_steps(self) -> Mapping[str, LayerSteps]:
        """Steps from where training was left, by layer."""
        return layer_steps(self.job, self.last_state(), STEPS)

    @cached_property
    def growth(self) -> float:
        """|weights where training was left| / |weights at the start|."""
        return norm(self.last_state().theta) / max(norm(self.start.theta), 1.0)

    @cached_property
    def network(self) -> Network:
        """Without dropout and penalties."""
        return without_regularization(self.built.network)

    @cached_property
    def rows(self) -> EvaluationSet:
        """Training rows to look at: all, or a sample."""
        return sampled(self.job.train, MAX_ROWS)

    @cached_property
    def theta_at_start(self) -> Array:
        """The weights before training, with batch_norm's statistics as the data have them."""
        return with_batch_statistics(self.network, self.start.theta, self.rows)

    @cached_property
    def baselines(self) -> BaselineLosses:
        return BaselineLosses.of(self.network.loss, self.rows)

    @cached_property
    def loss_at_start(self) -> float:
        return data_loss(self.network, self.theta_at_start, self.rows)

    @cached_property
    def loss(self) -> float:
        """Over the rows looked at, at the weights in use."""
        return data_loss(self.network, self.theta, self.rows)

    @cached_property
    def share(self) -> float:
        """How much of the best constant's loss is left."""
        return self.baselines.share(self.loss)

    @cached_property
    def learned_little(self) -> bool:
        """Whether much of it is left after steps enough to tell; not of a run that diverged."""
        is_poor = not self.has_diverged and not self.share <= POOR
        return is_poor and self.last_state().step >= MIN_STEPS

    @cached_property
    def val_share(self) -> float:
        """The same on the validation rows, if there are any."""
        return self.val_share_at(self.theta)

    def val_share_at(self, theta: Array) -> float:
        """What any weights leave of it; on the training rows where there are no others."""
        rows = self.rows if self.job.val is None else sampled(self.job.val, MAX_ROWS)
        baselines = BaselineLosses.of(self.network.loss, rows)
        return baselines.share(data_loss(self.network, theta, rows))

    def with_edit(self, edit: Edit) -> "DiagnosedRun | None":
        """The same before any training, with one key changed; None if the config refuses it.

        It trains at most MAX_ROWS rows, with statistics of these.
        """
        reader, (table, rows) = RunReader(self.reader.run, [str(edit)]), self._few
        try:
            experiment, source = reader.config
            split = resolve_split(experiment.data, table)
            built = assemble(experiment, source, SplitTable(table, split, rows))
        except UserError:
            return None
        start = built.job.start()
        return DiagnosedRun(built, start, start.theta, reader)

    @cached_property
    def _few(self) -> tuple[Table, Rows]:
        """The rows that trials use, as a table of their own, in memory."""
        table, rows = self.built.table, self.built.rows
        train, val = _few(rows.train, MAX_ROWS), _few(rows.val, MAX_VAL_ROWS)
        both, count = np.concatenate([train, val]), len(train)
        aside = {
            name: replace(column, values=column.values[both])
            for name, column in table.aside.items()
        }
        weights = None if table.weights is None else table.weights[both]
        small = replace(table, x=table.x[both], y=table.y[both], aside=aside, weights=weights)
        places = np.arange(len(both))
        return small, Rows(places[:count], places[count:], places[:0])


def _few(rows: Array, most: int) -> Array:
    return rows[evenly_spaced(len(rows), most)]
