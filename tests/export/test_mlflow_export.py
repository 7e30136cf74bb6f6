"""`nncli export --to mlflow`: what the user's client is told, by one that takes notes."""

import csv
import io
import json
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nncli.export import mlflow as exported


class MlflowException(Exception):
    """As MLflow's own."""


@dataclass
class Client:
    """Keeps what it is told; refuses what the real one does."""

    runs: dict[str, Any] = field(default_factory=dict)
    experiments: dict[str, str] = field(default_factory=dict)
    refuses: str = ""

    def get_experiment_by_name(self, name):
        known = self.experiments.get(name)
        return known and SimpleNamespace(experiment_id=known)

    def create_experiment(self, name):
        return self.experiments.setdefault(name, str(len(self.experiments) + 1))

    def search_runs(self, experiments, wanted):
        tag, _, value = wanted.removeprefix("tags.").partition(" = ")
        return [
            run
            for run in self.runs.values()
            if run.experiment in experiments and run.tags.get(tag.strip("`")) == value.strip("'")
        ]

    def create_run(self, experiment, start_time, tags, run_name):
        info = SimpleNamespace(run_id=f"id{len(self.runs)}")
        data = SimpleNamespace(metrics={}, params={})
        self.runs[info.run_id] = run = SimpleNamespace(
            info=info, data=data, experiment=experiment, tags=tags, name=run_name
        )
        run.start, run.history, run.files, run.status = start_time, [], {}, "RUNNING"
        return run

    def log_batch(self, run_id, metrics=(), params=()):
        if self.refuses == "log_batch":
            raise MlflowException("no  room\nleft")
        assert len(metrics) <= 1000
        assert len(params) <= 100
        run = self.runs[run_id]
        run.history += metrics
        run.data.metrics |= {metric.key: metric.value for metric in metrics}
        for param in params:
            assert param.key not in run.data.params
            assert len(param.value) <= 500
            run.data.params[param.key] = param.value

    def log_artifact(self, run_id, path, folder):
        with open(path, "rb") as file:
            self.runs[run_id].files[f"{folder or ''}/{path.rpartition('/')[2]}"] = file.read()

    def set_terminated(self, run_id, status, end_time):
        self.runs[run_id].status, self.runs[run_id].end = status, end_time

    def delete_run(self, run_id):
        del self.runs[run_id]


@pytest.fixture
def client(monkeypatch):
    """The client of an MLflow that is installed for this test."""
    made, module = Client(), ModuleType("mlflow")
    module.MlflowClient = lambda: made
    module.get_tracking_uri = lambda: "sqlite:///it.db"
    module.exceptions = SimpleNamespace(MlflowException=MlflowException)
    module.entities = SimpleNamespace(
        Metric=lambda key, value, timestamp, step: SimpleNamespace(
            key=key, value=value, timestamp=timestamp, step=step
        ),
        Param=lambda key, value: SimpleNamespace(key=key, value=value),
    )
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return made


def test_every_number_of_the_metrics_is_told_with_its_step_and_time(nncli, iris_copy, client):
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, done.out) == (0, "")
    (run,) = client.runs.values()
    rows = [*csv.DictReader(io.StringIO(iris_copy.file("metrics.csv").decode()))]
    for name in rows[0].keys() - {"epoch"}:
        told = {m.step: m.value for m in run.history if m.key == name}
        assert told == {int(row["epoch"]): float(row[name]) for row in rows if row[name]}
    times = {m.step: m.timestamp - run.start for m in run.history if m.key == "loss"}
    assert times == {int(row["epoch"]): round(1000 * float(row["seconds"])) for row in rows}
    assert (run.name, run.status) == ("elsewhere", "FINISHED")
    assert client.experiments == {"iris": run.experiment}
    first, last = done.err.splitlines()
    assert first.startswith(f"{iris_copy.path}: {len(run.history)} values, ")
    assert first.endswith(" files; run id0")
    assert last == "MLflow keeps them in sqlite:///it.db; look at them with: mlflow ui"


def test_the_config_is_parameters_and_the_files_are_artifacts(nncli, iris_copy, client):
    nncli("export", iris_copy.path, "--to", "mlflow")
    (run,) = client.runs.values()
    params = run.data.params
    assert params["seed"] == "42"
    assert params["network.hidden.0.type"] == "dense"
    assert params["output.plots"] == "['loss']"
    assert run.files["/model.safetensors"] == iris_copy.file("model.safetensors")
    assert "plots/loss.png" in run.files
    assert not any(name.startswith(("checkpoints", "files")) for name in run.files)


def test_a_run_is_imported_once_and_scores_that_come_later_are_added(nncli, iris_copy, client):
    nncli("export", iris_copy.path, "--to", "mlflow")
    count = len(client.runs["id0"].history)
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, [*client.runs]) == (0, ["id0"])
    assert done.err.startswith(f"{iris_copy.path}: is there already; run id0\n")

    folder = iris_copy.path / "evaluation"
    folder.mkdir()
    (folder / "test.json").write_text(json.dumps({"metrics": {"loss": 0.25, "roc_auc": None}}))
    type(iris_copy)(folder).write_manifest()
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert "is there already, 1 score added; run id0" in done.err
    assert client.runs["id0"].data.metrics["test_loss"] == 0.25
    assert len(client.runs["id0"].history) == count + 1


def test_all_runs_of_a_study_are_imported(nncli, gate, client, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    assert nncli("train", gate, "--seeds", 2, "--quiet").code == 0
    assert nncli("export", "runs/gate-seeds-001", "--to", "mlflow").code == 0
    names = [run.name for run in client.runs.values()]
    assert names == ["gate-seeds-001/seed-0", "gate-seeds-001/seed-1"]
    assert [*client.experiments] == ["mine"]


def test_runs_of_a_study_that_go_on_are_left_out(nncli, gate, client, monkeypatch):
    assert nncli("train", gate, "--seeds", 2, "--quiet").code == 0
    summary = exported.RunReader.summary
    monkeypatch.setattr(
        exported.RunReader,
        "summary",
        lambda self: {} if self.run.path.name == "seed-1" else summary(self),
    )
    done = nncli("export", "runs/gate-seeds-001", "--to", "mlflow")
    assert (done.code, len(client.runs)) == (0, 1)
    assert "note: 1 run left out that has not ended yet\n" in done.err


def test_what_mlflow_refuses_leaves_nothing_there(nncli, iris_copy, client):
    client.refuses = "log_batch"
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, done.err) == (74, "sqlite:///it.db: no room left\n")
    assert client.runs == {}


def test_no_file_from_outside_the_run_is_sent(nncli, iris_copy, client, folder):
    (folder / "secret").write_text("secret")
    (iris_copy.path / "evaluation").mkdir()
    (iris_copy.path / "evaluation" / "test.json").symlink_to(folder / "secret")
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, client.runs) == (4, {})
    assert done.err == f"{iris_copy.path}/evaluation/test.json: leads out of the run\n"
    (iris_copy.path / "evaluation" / "test.json").unlink()
    (iris_copy.path / "config.yaml").write_text("x: 1")
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, client.runs) == (4, {})
    assert done.err == f"{iris_copy.path}/config.yaml: changed since the run was saved\n"


def test_a_run_that_goes_on_is_refused(nncli, iris_copy, client, monkeypatch):
    monkeypatch.setattr(exported.RunReader, "summary", lambda self: {})
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    said = f"{iris_copy.path}: not at its end yet: MLflow is told of whole runs\n"
    assert (done.code, done.err) == (2, said)


def test_without_mlflow_the_cure_is_named(nncli, iris_copy, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    done = nncli("export", iris_copy.path, "--to", "mlflow")
    assert (done.code, done.err) == (2, "--to mlflow needs MLflow: pip install mlflow\n")
    done = nncli("export", iris_copy.path, "--to", "mlflow", "-o", "x")
    said = "nncli export: --to mlflow has no -o: MLFLOW_TRACKING_URI says where it goes\n"
    assert (done.code, done.err) == (2, said)


def test_names_and_values_are_such_as_mlflow_takes():
    flat = dict(exported._flat({"a": {"b c": [1, 2], "d": None, "e": [{"f": 1}, {"g": {}}]}}))
    assert flat == {"a.b c": [1, 2], "a.e.0.f": 1, "a.e.1.g": {}}
    assert exported.NO_SIGN.sub("_", "data.columns.größe (m²)") == "data.columns.größe _m²_"
