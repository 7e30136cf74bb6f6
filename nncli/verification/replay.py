"""Replay: train a run again from its start, and compare the results with its records.

A run records, at every logged epoch, its metrics and a fingerprint of each tensor, and at its last
save the weights and the optimizer's slots. All of these must be equal bit for bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from nncli.artifacts import run_directory as names
from nncli.artifacts.fingerprints import Fingerprints, read_rows
from nncli.artifacts.metrics_log import format_row
from nncli.artifacts.resumption import patience_of
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.decided import chosen_for
from nncli.engine.epoch_monitor import EpochReport, wait_anew
from nncli.engine.state import TrainState
from nncli.engine.stop import Stop, StopAt
from nncli.engine.trainer import train
from nncli.errors import CorruptRun, Diverged
from nncli.frozen import frozen
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as
from nncli.verification.differences import (
    EpochDifference,
    TensorDifference,
    tensor_differences,
    tensors_of,
)

NOT_COMPARED = "seconds"  # the column of the clock


@frozen
class Segment:
    """The part of a run up to a step, with its epochs and patience: a resume may raise them."""

    step: int
    epochs: int
    patience: int | None


class Replay:
    """A replay of a run: `reports` trains it, and collects differences.

    epochs: the last one reported by the run.  done: the last one replayed.
    is_complete: whether everything is replayed and compared.
    first: the first epoch that differs.  first_of_tensors: the first one with a differing tensor.
    last: the saved tensors that differ, at the end of the replay.
    diverged: the message, if only the replay diverged.
    """

    def __init__(self, reader: RunReader) -> None:
        self.reader, self.job = reader, reader.built.job
        self.layout, self.state = self.job.network.layout, self.job.start()
        self.saved, self.epochs = self._checkpoint()
        self.done, self.is_complete = 0, False
        self._has_ended = False  # before its epochs were done, as by early stopping
        self.first: EpochDifference | None = None
        self.first_of_tensors: EpochDifference | None = None
        self.last: list[TensorDifference] = []
        self.diverged = ""
        self._fingerprints = Fingerprints(self.layout, self.state.theta)
        self._expected = self._recorded()

    @property
    def is_identical(self) -> bool:
        """Whether there is no difference so far."""
        return not (self.first or self.last or self.diverged)

    def reports(self, stop: Stop) -> Iterator[EpochReport]:
        """Train from the start to the run's last save, or until a stop."""
        try:
            for report in self._train(stop):
                self.done = report.epoch
                self._has_ended = report.stopped not in (None, "epochs")
                if report.is_logged and self.first_of_tensors is None:
                    self._compare(report)
                yield report
        except Diverged as error:
            if self.saved is not None:  # else the run diverged there too
                self.diverged = str(error)
        # reports that are due by time differ, so either may have reported a later epoch
        self.done = max(self.done, min(self.state.epoch, self.epochs))
        self.is_complete = not stop.requested
        if self.is_complete and self.first is None and (left := next(self._expected, None)):
            self.first = EpochDifference(int(left[0]["epoch"]))

    def _train(self, stop: Stop) -> Iterator[EpochReport]:
        """Train all segments; compare the kept weights at the last report, the rest at the end."""
        state, saved = self.state, self.saved
        if saved is None or saved.step == 0:
            yield from train(self.job, state, StopAt(state, 0, stop))
        if saved is None:
            return
        *segments, last = self._segments(saved)
        for segment in segments:
            yield from self._train_segment(segment, stop)
            if state.step == segment.step:  # it was resumed here
                self._has_ended = False
        weights = self.layout.views(state.theta if state.best_theta is None else state.best_theta)
        if not stop.requested:
            recorded = self.layout.views(self.reader.theta)
            self.last += tensor_differences(names.WEIGHTS, recorded, weights)
            self.last += self._threshold_difference()
        yield from self._train_segment(last, stop)
        if not stop.requested:
            recorded, replayed = (tensors_of(self.layout, each) for each in (saved, state))
            self.last += tensor_differences(names.CHECKPOINT, recorded, replayed)

    def _threshold_difference(self) -> Iterator[TensorDifference]:
        """The difference of the recorded decision threshold from the one chosen now, if any."""
        recorded, keys = self.reader.chosen, self.reader.recorded.decision
        chosen = chosen_for(keys, self.job, self.state.weights)
        if recorded is not None and chosen is not None:
            was, now = ({"threshold": np.array([c.threshold])} for c in (recorded, chosen))
            yield from tensor_differences(names.DECISION, was, now)

    def _train_segment(self, segment: Segment, stop: Stop) -> Iterator[EpochReport]:
        if self.state.step < segment.step and not (stop.requested or self._has_ended):
            stopping = self.job.training.early_stopping
            if stopping is not None and segment.patience is not None:
                stopping = replace(stopping, patience=segment.patience)
            training = replace(self.job.training, epochs=segment.epochs, early_stopping=stopping)
            job = replace(self.job, training=training)
            wait_anew(job, self.state)
            yield from train(job, self.state, StopAt(self.state, segment.step, stop))

    def _segments(self, saved: TrainState) -> list[Segment]:
        """The segments of a run: they end at each resume, the last report and the last save."""
        try:
            resumed = [
                read_as({"patience": None, **entry["until"]}, Segment, "until")
                for entry in self.reader.resumptions()
            ]
        except (KeyError, TypeError, Malformed) as error:
            path = self.reader.run.path / names.ENVIRONMENT
            raise CorruptRun(f"{path}: resumed: expected a step and epochs: {error}") from None
        training, steps = self.job.training, self.epochs * self.job.steps_per_epoch
        current = (training.epochs, patience_of(training))
        return [*resumed, Segment(min(steps, saved.step), *current), Segment(saved.step, *current)]

    def _checkpoint(self) -> tuple[TrainState | None, int]:
        """(the last saved state, the last reported epoch); state is None if no loss was finite."""
        if not self.reader.has_learned:
            return None, 0
        self.reader.theta  # noqa: B018  # raises now, not after hours of training
        state, beside = self.reader.checkpoint()
        try:
            return state, read_as(beside["last"], EpochReport, "last").epoch
        except (KeyError, TypeError, Malformed) as error:
            path = self.reader.run.path / names.CHECKPOINT
            raise CorruptRun(f"{path}: it lacks the last report: {error}") from None

    def _recorded(self) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
        """The rows of metrics.csv and fingerprints.csv, for each logged epoch."""
        if self.saved is None:
            return
        metrics, prints = (
            list(read_rows(self.reader.run.read(name), self.reader.run.path / name))
            for name in (names.METRICS, names.FINGERPRINTS)
        )
        epochs = [row.get("epoch", "") for row in metrics]
        if not all(map(str.isdecimal, epochs)) or epochs != [row.get("epoch") for row in prints]:
            path = self.reader.run.path / names.FINGERPRINTS
            raise CorruptRun(f"{path}: expected the epochs of {names.METRICS}")
        yield from zip(metrics, prints, strict=True)

    def _compare(self, report: EpochReport) -> None:
        """Compare a logged epoch with its record."""
        metrics, prints = next(self._expected, ({}, {}))
        columns = report.columns()
        cells = format_row(list(columns.values())).rstrip("\n").split(",")
        here = self._fingerprints.line(report.epoch).rstrip("\n").split(",")
        differing = {
            name: (_number(metrics.get(name)), _number(cell))
            for name, cell in zip(columns, cells, strict=True)
            if name != NOT_COMPARED and metrics.get(name) != cell
        }
        named = zip(self._fingerprints.columns, here, strict=True)
        tensors = [name for name, cell in named if prints.get(name) != cell and name != "epoch"]
        if differing or tensors:
            found = EpochDifference(report.epoch, tuple(tensors), differing)
            self.first = self.first or found
            self.first_of_tensors = found if tensors else None


def _number(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return float("nan")
