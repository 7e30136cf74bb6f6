"""The run recorder: writes a run directory while a run goes on."""

import dataclasses
import io
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts import run_directory as names
from nncli.artifacts.environment import describe
from nncli.artifacts.files import reporting, to_json
from nncli.artifacts.metrics_log import MetricsLog
from nncli.artifacts.plots import BackgroundPlotter, Curves
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.tensors import encode_state, encode_weights
from nncli.config.build import Built
from nncli.config.dump import to_yaml
from nncli.engine.state import TrainState
from nncli.engine.watch import EpochReport
from nncli.errors import CorruptRun, UserError
from nncli.parts.optimizers import Lbfgs

CHECKPOINT_SECONDS = 10.0


class RunRecorder:
    """Takes every report of a run and keeps its directory up to date.

    A checkpoint is written at epoch 0, every ten seconds, at a stop and at the end; a crash loses
    what came after the last one.
    """

    def __init__(self, run: RunDirectory, built: Built, state: TrainState) -> None:
        self.run, self.built, self.state = run, built, state
        self.log = MetricsLog()
        self.last: EpochReport | None = None
        self.best: EpochReport | None = None
        self.stopped = ""
        self.warnings: list[str] = []
        self.seconds_before = 0.0  # spent before the run was taken up again
        self._kept: dict[Path, str] = {}
        self._saved = -math.inf

    @classmethod
    def resume(cls, reader: RunReader) -> "RunRecorder":
        """Go on with a run from its last checkpoint.

        Raises UserError for a run that can't go on, CorruptRun for a damaged one.
        """
        built, path = reader.built, reader.run.path
        if isinstance(built.job.optimizer, Lbfgs):
            raise UserError(f"{path}: lbfgs keeps its memory to itself: train anew")
        state, beside = reader.checkpoint()
        if state.epoch >= built.experiment.training.epochs:
            message = f"all {state.epoch} epochs are done: add --set training.epochs=N to go on"
            raise UserError(f"{path}: {message}")
        if reader.assignments:
            text = to_yaml(built.experiment, lambda path: f"files/{path.name}")
            reader.run.commit({names.RESOLVED: text.encode()})
        if state.step == 0:  # nothing was trained yet: epoch 0 is reported again
            return cls(reader.run, built, built.job.start())
        recorder = cls(reader.run, built, state)
        lines = reader.run.read(names.METRICS).decode().splitlines(keepends=True)
        recorder.log = MetricsLog(lines)
        try:
            recorder.last = EpochReport(**beside["last"])
            recorder.best = EpochReport(**beside["best"])
        except (KeyError, TypeError) as error:
            raise CorruptRun(f"{path}: its checkpoint lacks the last report: {error}") from None
        recorder.seconds_before = recorder.last.seconds
        return recorder

    def begin(self, config_text: str, config_path: Path, arguments: list[str]) -> None:
        """Write what is known before the first step."""
        run, built = self.run, self.built
        run.write(names.CONFIG, config_text.encode())
        resolved = to_yaml(built.experiment, self._keep_file)
        run.write(names.RESOLVED, resolved.encode())
        indices = io.BytesIO()
        np.savez(indices, **vars(built.rows))
        run.write(names.SPLIT, indices.getvalue())
        run.write_json(names.PREPROCESSING, built.preprocessing.to_json())
        threads = built.experiment.training.threads
        run.write_json(names.ENVIRONMENT, describe(built.table, threads, arguments, config_path))

    def _keep_file(self, path: Path) -> str:
        """Copy a file that the config names into the run, which then needs nothing outside it."""
        if path not in self._kept:
            name = f"files/{len(self._kept) + 1}-{path.name}"
            with reporting(path):
                self.run.write(name, path.read_bytes())
            self._kept[path] = name
        return self._kept[path]

    def record(self, report: EpochReport) -> None:
        """Take note of an epoch."""
        report = dataclasses.replace(report, seconds=self.seconds_before + report.seconds)
        self.last = report
        if self.best is None or self._monitored(report) < self._monitored(self.best):
            self.best = report
        if report.is_logged:
            self.log.append(report.columns())
        if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
            self.save()

    def _monitored(self, report: EpochReport) -> float:
        """What best means, lower being better: early stopping's monitor, else the loss."""
        settings, job = self.built.experiment.training.early_stopping, self.built.job
        column = job.monitored(settings.monitor if settings else "auto")
        value = report.columns()[column]
        assert value is not None
        return -value if job.is_score(column) else value

    @property
    def best_epoch(self) -> int:
        if self.state.best.epoch and self.built.experiment.training.early_stopping:
            return self.state.best.epoch
        return self.best.epoch if self.best else 0

    @property
    def used(self) -> EpochReport | None:
        """The report of the weights to use."""
        return self.best if self.state.best_theta is not None else self.last

    def save(self) -> None:
        """Write the metrics so far, the weights to use and the checkpoint, and seal the run."""
        weights = encode_weights(self.built.network.layout, self.state.weights)
        beside = {
            name: dataclasses.asdict(report)
            for name, report in (("last", self.last), ("best", self.best))
            if report is not None
        }
        checkpoint = encode_state(self.state, beside)
        self.run.commit(
            {names.METRICS: self.log.text(), names.WEIGHTS: weights, names.CHECKPOINT: checkpoint}
        )
        self._saved = time.monotonic()

    def curves(self) -> Curves:
        """What the loss plot shows."""
        header, *lines = (line.rstrip("\n").split(",") for line in self.log.lines)
        cells = [[float(cell or "nan") for cell in line] for line in lines]
        columns = {name: [row[index] for row in cells] for index, name in enumerate(header)}
        return Curves(self.run.name, columns, self.built.network.loss.name, self.best_epoch)

    def finish(self, stopped: str, plotter: BackgroundPlotter) -> dict[str, Any]:
        """Write all that is left, seal the run, and return what `train --json` prints."""
        self.stopped = stopped
        if self.last is None:  # not even epoch 0 was finite
            self.run.seal()
            return {}
        self.save()
        used = self.used or self.last
        summary = {
            "epochs": self.last.epoch,
            "stopped": stopped,
            "best_epoch": self.best_epoch,
            "metrics": split_metrics(used),
        }
        final = {"final": split_metrics(self.last), "seconds": self.last.seconds}
        self.run.commit({names.SUMMARY: to_json({**summary, **final})})
        self._plot(plotter)
        self.run.seal()
        return {"run": os.fspath(self.run.path), **summary}

    def _plot(self, plotter: BackgroundPlotter) -> None:
        """Draw the plots that were asked for; a picture that fails doesn't fail the run."""
        if "loss" not in self.built.experiment.output.plots:
            return
        path = self.run.path / "plots" / "loss.png"
        with reporting(path):
            path.parent.mkdir(exist_ok=True)
        if trouble := plotter.draw_loss(self.curves(), path):
            self.warnings.append(f"plots/loss.png could not be drawn: {trouble}")


def split_metrics(report: EpochReport) -> dict[str, dict[str, float]]:
    """{"train": {"loss": ..., ...}, "val": {...}}."""
    val = {name: value for name, value in report.metrics.items() if name.startswith("val_")}
    train = {name: value for name, value in report.metrics.items() if name not in val}
    splits = {"train": {"loss": report.loss, **train}}
    if report.val_loss is not None:
        bare = {name.removeprefix("val_"): value for name, value in val.items()}
        splits["val"] = {"loss": report.val_loss, **bare}
    return splits
