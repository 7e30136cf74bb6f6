"""The run recorder: writes a run directory during training."""

import dataclasses
import io
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.artifacts import run_directory as names
from nncli.artifacts.background_plotter import BackgroundPlotter, NotDrawn
from nncli.artifacts.clock import utc_now
from nncli.artifacts.environment import describe
from nncli.artifacts.files import to_json, translating_os_errors
from nncli.artifacts.fingerprints import Fingerprints
from nncli.artifacts.metrics_log import MetricsLog, read_columns
from nncli.artifacts.numbered_directory import FILES, MAX_COPY_BYTES
from nncli.artifacts.row_listeners import RowListeners
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.tensors import encode_state, encode_weights
from nncli.assembly.build import Built
from nncli.assembly.decided import chosen_for, decided_in_words, decision_record
from nncli.config.dump import to_yaml
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.epoch_scorer import completed
from nncli.engine.metric_columns import GRADIENT_NORM, VAL
from nncli.engine.outcome import outcome_warning
from nncli.engine.state import TrainState
from nncli.engine.stop_reason import StopReason
from nncli.errors import FileFailure
from nncli.parts.threshold_choice import ChosenThreshold

if TYPE_CHECKING:
    from nncli.artifacts.learning_curves_plot import Curves
    from nncli.artifacts.study_directory import StudyDirectory

CHECKPOINT_SECONDS = 10.0


class RunRecorder:
    """Receives every epoch report and keeps the run directory up to date.

    It writes a checkpoint at epoch 0, every ten seconds, at a stop and at the end; a crash loses
    the epochs since the last one.

    listeners: the caller closes them, however training ends.
    """

    def __init__(self, run: RunDirectory, built: Built, state: TrainState) -> None:
        self.run, self.built, self.state = run, built, state
        self.log = MetricsLog()
        self.fingerprints = Fingerprints(built.network.layout, state.theta)
        self.last: EpochReport | None = None
        self.best: EpochReport | None = None
        self.stopped: StopReason = "interrupted"
        self.warnings: list[str] = []
        self.runs_to_come = 0  # further runs of this size that must fit on the disk
        self.chosen: ChosenThreshold | None = None  # for the weights saved last
        self.study: StudyDirectory | None = None  # the run links to its table copies
        self.listeners = RowListeners(self.warnings)
        self.seconds_before = 0.0  # of training before a resume
        self._kept: dict[Path, str] = {}
        self._saved = -math.inf

    def begin(self, config_text: str, config_path: Path, arguments: list[str]) -> None:
        """Write config, split, preprocessing and environment, before the first step."""
        run, built = self.run, self.built
        run.write(names.CONFIG, config_text.encode())
        resolved = to_yaml(built.experiment, self._keep_file)
        run.write(names.RESOLVED, resolved.encode())
        indices = io.BytesIO()
        np.savez(indices, **vars(built.rows))
        run.write(names.SPLIT, indices.getvalue())
        run.write_json(names.PREPROCESSING, built.preprocessing.to_json())
        environment = describe(built.table, built.experiment, arguments, config_path)
        run.write_json(names.ENVIRONMENT, environment)
        self.listen(environment, resolved)

    def listen(self, environment: Mapping[str, Any], resolved: str) -> None:
        """Start the row listeners. resolved: the resolved config as text. Raises FileFailure."""
        logs, board = self.built.experiment.output.tensorboard, None
        if logs is not None:
            from nncli.artifacts.tensorboard_log import TensorBoardLog

            began = str(environment.get("began"))
            board = TensorBoardLog(Path(logs), self.run.path, began, resolved)
        self.listeners.begin(self.run.path, self.log, board)

    def _keep_file(self, path: Path) -> str:
        """Copy a file that the config names into the run; returns its new name.

        Large tables and folders of images stay where they are: copies could fill the disk.
        """
        if path not in self._kept:
            name = f"{FILES}/{len(self._kept) + 1}-{path.name}"
            is_table = path in self.built.experiment.data.tables.values()
            with translating_os_errors(path):
                is_large = is_table and path.stat().st_size > MAX_COPY_BYTES
            if is_large or path.is_dir():
                name = str(path.resolve())
                self.warnings.append(
                    f"{path} isn't copied into the run, which needs it to evaluate"
                )
            elif self.study is not None and (shared := self.study.copy_of(path)):
                self.run.link(self.study, shared, name)
            else:
                self.run.copy(path, name)
            self._kept[path] = name
        return self._kept[path]

    def record(self, report: EpochReport) -> None:
        """Record an epoch, and save a checkpoint if one is due."""
        report = dataclasses.replace(report, seconds=self.seconds_before + report.seconds)
        self.last = report
        if report.is_best:
            self.best = report
        if report.is_logged:
            row = report.columns()
            self.log.append(row)
            self.fingerprints.append(report.epoch)
            self.listeners.append(row)
        if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
            is_first = self._saved == -math.inf
            self.save()
            if is_first:  # notice a full disk now, not hours later
                self.run.ensure_space(self.runs_to_come)

    @property
    def can_go_on(self) -> bool:
        """Whether the run can be resumed."""
        return self.built.job.optimizer.is_resumable

    @property
    def best_epoch(self) -> int:
        return self.state.best.epoch

    @property
    def used(self) -> EpochReport | None:
        """The report of the kept weights."""
        return self.best if self.state.best_theta is not None else self.last

    def save(self, more_files: Mapping[str, Sequence[bytes]] = MappingProxyType({})) -> None:
        """Commit metrics, kept weights and checkpoint together.

        more_files: to be committed with them.
        """
        weights = encode_weights(self.built.network.layout, self.state.weights)
        beside = {
            name: dataclasses.asdict(report)
            for name, report in (("last", self.last), ("best", self.best))
            if report is not None
        }
        files = {
            names.METRICS: [self.log.text()],
            names.FINGERPRINTS: [self.fingerprints.text()],
            names.WEIGHTS: weights,
            names.CHECKPOINT: encode_state(self.state, beside),
        }
        if self._choose() is not None:
            files[names.DECISION] = [to_json(self.decision())]
        self.run.commit({**files, **more_files})
        self._saved = time.monotonic()

    def curves(self) -> "Curves":
        """The learning curves."""
        from nncli.artifacts.learning_curves import run_curves

        best = split_metrics(self.best) if self.best else {}
        return run_curves(
            self.run.name, self._columns(), self.built.experiment, self.best_epoch, best
        )

    def _columns(self) -> dict[str, list[float]]:
        return read_columns(self.log.text(), self.run.path / names.METRICS)

    def finish(self, stopped: StopReason, plotter: BackgroundPlotter) -> dict[str, Any]:
        """Commit the summary, draw the plots, and return what `train --json` prints."""
        self.stopped = stopped
        if self.last is None:  # not even epoch 0 was finite
            self.run.write_manifest()
            return {}
        used = self._complete() or self.last
        summary = {
            "epochs": self.last.epoch,
            "stopped": stopped,
            "best_epoch": self.best_epoch,
            "metrics": split_metrics(used),
        }
        self._choose()
        if decision := self.decision():
            summary["decision"] = decision
        final = {
            "final": split_metrics(self.last),
            "best": split_metrics(self.best) if self.best else {},
            "seconds": self.last.seconds,
            "ended": utc_now(),
        }
        self.save({names.SUMMARY: [to_json({**summary, **final})]})
        self._warn_of_outcome()
        self._plot(plotter)
        return {"run": os.fspath(self.run.path), **summary}

    def _complete(self) -> EpochReport | None:
        """Fill in missing scores of the last and best report; returns that of the kept weights."""
        job, state = self.built.job, self.state
        if self.best is not None and state.best_theta is not None:
            self.best = completed(self.best, job, state.best_theta)
        if self.last is not None:
            self.last = completed(self.last, job, state.reported_weights)
        return self.used

    def _choose(self) -> ChosenThreshold | None:
        """Choose the threshold for the current weights, unless the config fixes it."""
        keys = self.built.experiment.decision
        self.chosen = chosen_for(keys, self.built.job, self.state.weights)
        return self.chosen

    def decision(self) -> dict[str, Any]:
        """The decision record of the threshold; empty without a `decision` block."""
        keys, classes = self.built.experiment.decision, self.built.table.classes
        return decision_record(keys, self.chosen, classes) if keys else {}

    def decided(self) -> str:
        """The decision threshold in words."""
        keys, classes = self.built.experiment.decision, self.built.table.classes
        return decided_in_words(keys, self.chosen, classes[1]) if keys else ""

    def _warn_of_outcome(self) -> None:
        """Add a warning if the run learned nothing or ended too soon."""
        if self.last is None or self.best is None:
            return
        columns = self._columns()
        first = {name: values[0] for name, values in columns.items()}
        if warning := outcome_warning(self.built.job, first, self.best, self.last):
            self.warnings.append(warning)

    def _plot(self, plotter: BackgroundPlotter) -> None:
        """Draw the plots of `output.plots`; a failure only warns."""
        if "loss" not in self.built.experiment.output.plots:
            return
        try:
            self.run.commit({names.LOSS_PLOT: [plotter.draw_loss(self.curves())]})
        except (NotDrawn, FileFailure) as trouble:
            self.warnings.append(f"{names.LOSS_PLOT} could not be drawn: {trouble}")


def split_metrics(report: EpochReport) -> dict[str, dict[str, float]]:
    """{"train": {"loss": ..., ...}, "val": {...}} of a complete report."""
    assert report.loss is not None
    val = {name: value for name, value in report.metrics.items() if name.startswith(VAL)}
    train = {
        name: value
        for name, value in report.metrics.items()
        if name not in val and not name.startswith(GRADIENT_NORM)
    }
    splits = {"train": {"loss": report.loss, **train}}
    if report.val_loss is not None:
        bare = {name.removeprefix(VAL): value for name, value in val.items()}
        splits["val"] = {"loss": report.val_loss, **bare}
    return splits
