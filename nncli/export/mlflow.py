"""MLflow: imports a run into the user's own MLflow by its client.

`MLFLOW_TRACKING_URI` says where. A tag with the SHA-256 of the manifest prevents a second import.
"""

import hashlib
import logging
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import nncli
from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.files import translating_os_errors
from nncli.artifacts.manifest import is_listed
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.recorded_scores import recorded_scores
from nncli.artifacts.run_directory import EVALUATION
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.tensorboard_log import name_of
from nncli.artifacts.trained_model import TrainedNetwork
from nncli.config.dump import plain
from nncli.errors import CorruptRun, FileFailure, UserError, printable

TAG = "nncli.manifest_sha256"
MAX_METRICS, MAX_PARAMS = 1000, 100  # per call
MAX_VALUE_LENGTH = 500  # characters of a value, the limit of older servers
NOT_SENT = ("checkpoints", "files")  # folders of a run: for resuming, and copies of tables
STATUS = {"interrupted": "KILLED", "diverged": "FAILED"}  # others are FINISHED
NO_SIGN = re.compile(r"[^\w ./-]")  # characters that a name may not have


class Imported(NamedTuple):
    """The result of an import. run_id: MLflow's.  is_new: False if the run was there already.

    metrics, params, files: how many of each were added.
    """

    run_id: str
    is_new: bool
    metrics: int = 0
    params: int = 0
    files: int = 0


class MLflow:
    """A client of the user's MLflow.

    Raises UserError if MLflow isn't installed, FileFailure if it fails.
    """

    def __init__(self) -> None:
        try:
            self.mlflow = import_module("mlflow")
        except ImportError:
            raise UserError("--to mlflow needs MLflow: pip install mlflow") from None
        for name in ("alembic", "mlflow.store.db.utils"):  # which log every table that they create
            logging.getLogger(name).setLevel(logging.WARNING)
        self.uri = str(self.mlflow.get_tracking_uri())
        with self._asking():
            self.client: Any = self.mlflow.MlflowClient()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn MLflow's errors into FileFailure."""
        try:
            yield
        except (self.mlflow.exceptions.MlflowException, OSError) as error:
            said = printable(" ".join(str(error).split()), 300)
            raise FileFailure(f"{printable(self.uri, 200)}: {said}") from error

    def take(self, reader: RunReader) -> Imported:
        """Import a finished run, completely or not at all.

        Raises UserError for an unfinished run, FileFailure if MLflow fails.
        """
        if "stopped" not in reader.summary():
            raise UserError(f"{reader.run.path}: not at its end yet: MLflow is told of whole runs")
        with self._asking():
            return self._take(reader)

    def _take(self, reader: RunReader) -> Imported:
        with translating_os_errors(path := reader.run.path / MANIFEST):
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        experiment = self._experiment(reader)
        known = self.client.search_runs([experiment], f"tags.`{TAG}` = '{sha256}'")
        if known:
            return self._completed(reader, known[0])
        began = _milliseconds(reader.environment().get("began"))
        tags = {
            TAG: sha256,
            "nncli.version": str(nncli.__version__),
            "nncli.stopped": str(reader.summary()["stopped"]),
        }
        run = self.client.create_run(
            experiment, start_time=began, tags=tags, run_name=name_of(reader.run.path)
        )
        try:
            return self._filled(reader, run.info.run_id, began)
        except BaseException:
            self.client.delete_run(run.info.run_id)  # so that the next import doesn't find it
            raise

    def _experiment(self, reader: RunReader) -> str:
        """The id of MLFLOW_EXPERIMENT_NAME or the config's name; creates the experiment if new."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or reader.recorded.name
        found = self.client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self.client.create_experiment(name))

    def _filled(self, reader: RunReader, run_id: str, began: int) -> Imported:
        metrics = [*self._metrics(reader, began), *self._test_metrics(reader)]
        params = [self.mlflow.entities.Param(*each) for each in parameters(reader).items()]
        for some in _batches(metrics, MAX_METRICS):
            self.client.log_batch(run_id, metrics=some)
        for some in _batches(params, MAX_PARAMS):
            self.client.log_batch(run_id, params=some)
        files = [*_files(reader)]
        for name in files:
            folder = name.rpartition("/")[0] or None
            self.client.log_artifact(run_id, str(path_inside(reader.run.path, name)), folder)
        summary = reader.summary()
        status = STATUS.get(str(summary["stopped"]), "FINISHED")
        self.client.set_terminated(run_id, status, _milliseconds(summary.get("ended")))
        return Imported(run_id, True, len(metrics), len(params), len(files))

    def _completed(self, reader: RunReader, run: Any) -> Imported:
        """Add the test scores that were recorded after the import."""
        known = run.data.metrics
        new = [metric for metric in self._test_metrics(reader) if metric.key not in known]
        if new:
            self.client.log_batch(run.info.run_id, metrics=new)
        return Imported(run.info.run_id, False, len(new))

    def _metrics(self, reader: RunReader, began: int) -> Iterator[Any]:
        """The columns of metrics.csv with their steps and times; empty cells are left out."""
        columns = reader.columns()
        seconds = columns.get("seconds", [0.0] * len(columns["epoch"]))
        times = [began + round(1000 * second) for second in seconds]
        for name, values in columns.items():
            if name != "epoch":
                for value, time, epoch in zip(values, times, columns["epoch"], strict=True):
                    if not math.isnan(value):
                        yield self.mlflow.entities.Metric(name, value, time, int(epoch))

    def _test_metrics(self, reader: RunReader) -> Iterator[Any]:
        summary = reader.summary()
        ended, epochs = _milliseconds(summary.get("ended")), int(summary.get("epochs", 0))
        for name, value in recorded_scores(TrainedNetwork(reader)).get("test", {}).items():
            if not math.isnan(value):
                yield self.mlflow.entities.Metric(f"test_{name}", value, ended, epochs)


def _batches(items: Iterable[Any], most: int) -> Iterator[list[Any]]:
    left = iter(items)
    while some := [*islice(left, most)]:
        yield some


def parameters(reader: RunReader) -> dict[str, str]:
    """The resolved config as values by dotted key."""
    found: dict[str, str] = {}
    for key, value in _flat(plain(reader.recorded)):
        text = printable(str(value), MAX_VALUE_LENGTH)
        found.setdefault(NO_SIGN.sub("_", key)[:250], text)
    return found


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of everything but blocks; a list of plain values is one value."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        value = dict(enumerate(value))
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif value is not None:
        yield path, value


def _files(reader: RunReader) -> Iterator[str]:
    """The files to send: all but checkpoints and tables, and what `evaluate` has written.

    Raises CorruptRun for a file that differs from the run's manifest.
    """
    path = reader.run.path
    for name, entry in reader.run.manifest().items():
        if name.partition("/")[0] not in NOT_SENT:
            if not is_listed(path_inside(path, name), entry):
                raise CorruptRun(f"{path / name}: changed since the run was saved")
            yield name
    for file in sorted(Path(path, EVALUATION).rglob("*")):
        if file.is_file():
            yield file.relative_to(path).as_posix()


def _milliseconds(moment: object) -> int:
    """Milliseconds since 1970 of an ISO time; 0 if it isn't one."""
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp() * 1000)
    except ValueError:
        return 0
