"""The run reader: a run directory -> config, network, weights and data. Executes no code of it."""

import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from nncli.artifacts import run_directory as names
from nncli.artifacts.chosen_threshold import chosen_threshold
from nncli.artifacts.input_files import check_confined, check_tables
from nncli.artifacts.learning_curves import run_curves
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.tensors import decode_state, decode_weights
from nncli.assembly.build import Built, build
from nncli.assembly.decided import decision_of
from nncli.assembly.model import Model
from nncli.assembly.recorded_data import RecordedData
from nncli.config.experiment import Experiment
from nncli.config.load import Source, decode
from nncli.config.nodes import Node, parse
from nncli.config.overrides import apply, read_assignment
from nncli.config.resolved import Resolved
from nncli.data.preprocessing import Preprocessing
from nncli.engine.state import TrainState
from nncli.errors import ConfigError, CorruptRun, UserError, printable
from nncli.parts.arrays import Array
from nncli.parts.dates import has_no_day
from nncli.parts.decision import Decision
from nncli.parts.splits import Rows
from nncli.parts.threshold_choice import ChosenThreshold
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.npz import NpzArchive

LEARNED = (names.WEIGHTS, names.CHECKPOINT, names.METRICS, names.FINGERPRINTS)  # committed together


class RunReader:
    """Reads a run; every file is checked against the manifest before use."""

    def __init__(self, run: RunDirectory, assignments: Sequence[str] = ()) -> None:
        self.run, self.assignments = run, assignments

    def _path(self, name: str) -> Path:
        return self.run.path / name

    @cached_property
    def _config_text(self) -> str:
        return self.run.read(names.RESOLVED).decode("utf-8", "replace")

    @cached_property
    def _config_root(self) -> Node:
        return parse(self._config_text, str(self._path(names.RESOLVED)))

    @cached_property
    def _recorded(self) -> tuple[Resolved, dict[str, str]]:
        """The resolved config, and the place of each key."""
        path, root = self._path(names.RESOLVED), self._config_root
        try:
            resolved, places = decode(root, path, Resolved)
        except ConfigError as error:
            decode(root, path, Experiment)  # raises what no config may say
            raise CorruptRun(f"{path}: {error.problems[0].path}: not resolved") from None
        check_confined(self.run.path, resolved)
        return resolved, places

    @property
    def recorded(self) -> Resolved:
        """The resolved config that was trained."""
        return self._recorded[0]

    @cached_property
    def config(self) -> tuple[Experiment, Source]:
        """The recorded config with the assignments of `--set`."""
        experiment: Experiment
        experiment, places = self._recorded
        root, path = self._config_root, self._path(names.RESOLVED)
        if self.assignments:
            for assignment in self.assignments:
                root = apply(root, *read_assignment(assignment))
            experiment, places = decode(root, path, Experiment)
        return experiment, Source(path, self._config_text, places)

    @property
    def epochs_before(self) -> int:
        """The recorded training.epochs, before `--set`."""
        return self.recorded.training.epochs

    @cached_property
    def built(self) -> Built:
        """The job, on the recorded rows and with the recorded statistics.

        Raises UserError if the data has changed, CorruptRun if the run's own copy has.
        """
        experiment, source = self.config
        sha256 = str(self.environment().get("data_sha256"))
        check_tables(self.run, experiment, sha256)
        return build(experiment, source, RecordedData(self.rows, self._preprocessing(), sha256))

    def environment(self) -> dict[str, Any]:
        """environment.json: what the numbers depend on besides the config."""
        return self.run.read_object(names.ENVIRONMENT)

    def resumptions(self) -> list[dict[str, Any]]:
        """The environment of each resumption, with the step reached before it in `until`."""
        resumed = self.environment().get("resumed", [])
        if not isinstance(resumed, list) or not all(isinstance(each, dict) for each in resumed):
            raise CorruptRun(f"{self._path(names.ENVIRONMENT)}: resumed: expected a list")
        return resumed

    @cached_property
    def rows(self) -> Rows:
        """Which rows train, validate and test."""
        content, path = self.run.read(names.SPLIT), self._path(names.SPLIT)
        try:
            archive = NpzArchive(io.BytesIO(content), most=len(content))  # it isn't compressed
            return Rows(*(_row_indices(archive, name) for name in ("train", "val", "test")))
        except Malformed as error:
            message = printable(str(error), 300)
            raise CorruptRun(f"{path}: not the rows of a split: {message}") from None

    def _preprocessing(self) -> Preprocessing:
        try:
            fitted = Preprocessing.from_json(self.run.read_json(names.PREPROCESSING))
        except Malformed as error:
            message = printable(str(error), 300)
            raise CorruptRun(f"{self._path(names.PREPROCESSING)}: {message}") from None
        keys = self.recorded.data.column_keys.items()
        return fitted.with_times({name for name, of in keys if has_no_day(of.format)})

    @cached_property
    def model(self) -> Model:
        """The model, without the data."""
        preprocessing = self._preprocessing()
        if self.recorded.decision is not None and len(preprocessing.classes) != 2:
            raise CorruptRun(f"{self._path(names.RESOLVED)}: decision: expected two classes")
        return Model(self.recorded, preprocessing)

    @cached_property
    def theta(self) -> Array:
        """The kept weights."""
        content, path = self._learned(names.WEIGHTS), self._path(names.WEIGHTS)
        return decode_weights(content, self.model.network.layout, self.model.dtype, path)

    @cached_property
    def chosen(self) -> ChosenThreshold | None:
        """The threshold chosen for the kept weights; None if the config fixes one or has none."""
        keys = self.recorded.decision
        if keys is None or keys.goal is None:
            return None
        self._learned(names.DECISION)
        return chosen_threshold(self.run, keys)

    @property
    def decision(self) -> Decision:
        """The rule that turns probabilities into a class."""
        return decision_of(self.recorded.decision, self.chosen)

    def _learned(self, name: str) -> bytes:
        """Read a file of LEARNED or decision.json, which exist from the first finite loss on.

        Raises UserError if the loss was never finite or the file was freed, CorruptRun if only this
        one is missing.
        """
        if name not in self.run.manifest():
            self._refuse_freed(name)
            if self.has_learned:
                raise CorruptRun(f"{self._path(name)}: missing from the run")
            raise UserError(
                f"{self.run.path}: its loss was never finite: there is nothing to show "
                "(nncli doctor looks for the cause)"
            )
        return self.run.read(name)

    @property
    def freed(self) -> Mapping[str, Any]:
        """freed.json: the files removed to save space, and why; empty if there are none."""
        if names.FREED not in self.run.manifest():
            return {}
        freed = self.run.read_json(names.FREED)
        if not isinstance(freed, dict) or not isinstance(freed.get("files"), list):
            raise CorruptRun(f"{self._path(names.FREED)}: expected the names of files")
        return freed

    def _refuse_freed(self, name: str) -> None:
        if name in self.freed.get("files", ()):
            why = printable(str(self.freed.get("why")), 100)
            raise UserError(
                f"{self.run.path}: its {name} was removed to make room ({why}): "
                f"nncli train {self._path(names.RESOLVED)} trains it again"
            )

    @property
    def has_learned(self) -> bool:
        """Whether the loss was ever finite."""
        return any(name in self.run.manifest() for name in LEARNED)

    def checkpoint(self) -> tuple[TrainState, Mapping[str, Any]]:
        """The last saved training state, and the values saved with it."""
        content, path = self._learned(names.CHECKPOINT), self._path(names.CHECKPOINT)
        state = self.built.job.start()
        return state, decode_state(content, state, path)

    def columns(self) -> dict[str, list[float]]:
        """The columns of metrics.csv so far."""
        return read_columns(self._learned(names.METRICS), self._path(names.METRICS))

    def curves(self) -> Curves:
        """The learning curves."""
        columns = self.columns()
        summary = self.summary()
        best_epoch, best = summary.get("best_epoch"), summary.get("best", {})
        return run_curves(self.run.name, columns, self.recorded, best_epoch, best)

    def summary(self) -> dict[str, Any]:
        """metrics.json: final metrics and stop reason; empty for a killed or running run."""
        if names.SUMMARY not in self.run.manifest():
            return {}
        summary = self.run.read_object(names.SUMMARY)
        for key, kind in (("best_epoch", int), ("stopped", str)):
            if key in summary and type(summary[key]) is not kind:
                raise CorruptRun(f"{self._path(names.SUMMARY)}: {key}: expected {kind.__name__}")
        _check_best(summary, self._path(names.SUMMARY))
        return summary


def _check_best(summary: dict[str, Any], path: Path) -> None:
    """Raises CorruptRun unless the best epoch's metrics are numbers by split."""
    best = summary.get("best", {})
    parts = best.values() if isinstance(best, dict) else [None]
    are_numbers = all(
        isinstance(part, dict)
        and all(value is None or type(value) in (int, float) for value in part.values())
        for part in parts
    )
    if not are_numbers:
        raise CorruptRun(f"{path}: best: expected numbers by part of the rows")


def _row_indices(archive: NpzArchive, name: str) -> Array:
    """The row indices of one part of a split. Raises Malformed."""
    if name not in archive.arrays:
        raise Malformed(f"it lacks {name}")
    rows: Array = archive.read(name)
    if rows.ndim != 1 or rows.dtype.kind != "i" or (len(rows) and rows.min() < 0):
        raise Malformed(f"{name}: expected indices of rows")
    return rows
