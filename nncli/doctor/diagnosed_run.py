"""Diagnosed run: a run's data and weights, with the losses and statistics that checks need."""

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
from nncli.parts.arrays import Array, evenly_spaced
from nncli.parts.splits import Rows
from nncli.parts.table import Table

MAX_ROWS = 10_000
MAX_VAL_ROWS = 1_000
POOR = 0.5  # of the best constant's loss: above it, little was learned
MIN_STEPS = 10  # steps before which a poor loss means nothing
STEPS = 10  # steps for medians of gradients and ratios
FAR = 1e3  # times the loss of guessing and the initial loss: beyond recovery
GROWN = 1e6  # times the initial |weights|: also beyond recovery


@frozen
class DiagnosedRun:
    """A job with its initial state and its trained weights `theta`."""

    built: Built
    start: TrainState
    theta: Array
    reader: RunReader

    @classmethod
    def of_run(cls, path: Path) -> "DiagnosedRun":
        """The run of a directory. Raises UserError, CorruptRun or FileFailure."""
        return cls.of_reader(RunReader(RunDirectory.open(path)))

    @classmethod
    def of_reader(cls, reader: RunReader) -> "DiagnosedRun":
        """The run of an open reader."""
        start = reader.built.job.start()
        theta = reader.theta if reader.has_learned else start.theta
        return cls(reader.built, start, theta, reader)

    @property
    def began(self) -> bool:
        """Whether the loss was ever finite."""
        return self.reader.has_learned

    @property
    def has_overflowed(self) -> bool:
        """Whether training ended because the loss or the weights weren't finite."""
        return not self.began or self.summary.get("stopped") == "diverged"

    @cached_property
    def has_blown_up(self) -> bool:
        """Whether the loss stayed finite, but grew beyond recovery."""
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
        """Whether the optimizer makes gradient steps with a learning rate."""
        return self.job.optimizer.has_update

    @cached_property
    def summary(self) -> dict[str, Any]:
        return self.reader.summary()

    @cached_property
    def columns(self) -> Mapping[str, Sequence[float]]:
        """The columns of metrics.csv; empty if the loss was never finite."""
        return self.reader.curves().columns if self.began else {}

    def last_state(self) -> TrainState:
        """A copy of the last saved training state."""
        return self.reader.checkpoint()[0] if self.began else self.job.start()

    @cached_property
    def early_steps(self) -> Mapping[str, LayerSteps]:
        """Statistics of the first steps, by layer."""
        return layer_steps(self.job, self.job.start(), STEPS)

    @cached_property
    def late_steps(self) -> Mapping[str, LayerSteps]:
        """Statistics of steps from the last saved state, by layer."""
        return layer_steps(self.job, self.last_state(), STEPS)

    @cached_property
    def growth(self) -> float:
        """|last weights| / |initial weights|."""
        return norm(self.last_state().theta) / max(norm(self.start.theta), 1.0)

    @cached_property
    def network(self) -> Network:
        """The network without dropout, noise and penalties."""
        return without_regularization(self.built.network)

    @cached_property
    def rows(self) -> EvaluationSet:
        """The training rows, or a sample of them."""
        return sampled(self.job.train, MAX_ROWS)

    @cached_property
    def theta_at_start(self) -> Array:
        """The initial weights, with batch_norm's statistics taken from the data."""
        return with_batch_statistics(self.network, self.start.theta, self.rows)

    @cached_property
    def baselines(self) -> BaselineLosses:
        return BaselineLosses.of(self.network.loss, self.rows)

    @cached_property
    def loss_at_start(self) -> float:
        return data_loss(self.network, self.theta_at_start, self.rows)

    @cached_property
    def loss(self) -> float:
        """The loss of the trained weights on `rows`, without penalties."""
        return data_loss(self.network, self.theta, self.rows)

    @cached_property
    def share(self) -> float:
        """That loss as a share of the best constant's loss: 1 has learned nothing, 0 everything."""
        return self.baselines.share(self.loss)

    @cached_property
    def learned_little(self) -> bool:
        """Whether `share` is above POOR after enough steps, without divergence."""
        is_poor = not self.has_diverged and not self.share <= POOR
        return is_poor and self.last_state().step >= MIN_STEPS

    @cached_property
    def val_share(self) -> float:
        """The same share on the validation rows; on training rows if there are none."""
        return self.val_share_at(self.theta)

    def val_share_at(self, theta: Array) -> float:
        """The same share for other weights."""
        rows = self.rows if self.job.val is None else sampled(self.job.val, MAX_ROWS)
        baselines = BaselineLosses.of(self.network.loss, rows)
        return baselines.share(data_loss(self.network, theta, rows))

    def with_edit(self, edit: Edit) -> "DiagnosedRun | None":
        """The run with one config key changed, before training; None if the config refuses it.

        Its data is a sample of at most MAX_ROWS training rows, with statistics of these.
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
        """That sample, as a table of its own in memory."""
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
