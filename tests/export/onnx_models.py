"""Models without training: a config's network with random weights, and its answers two ways.

NNCLI_ONNXRUNTIME=/path/to/python pytest tests/export has that Python's onnxruntime answer, be it
an old one: python3.11 -m venv old && old/bin/pip install onnxruntime==1.16.3 "numpy<2"
"""

import io
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from nncli.artifacts.loaded_network import load_network
from nncli.artifacts.trained_model import TrainedModel
from nncli.export.onnx.model import OnnxModel, onnx_model
from nncli.export.onnx.runtime_check import Check, cells, compare
from nncli.parts.decision import Decision


class _Run:
    """What is asked of a run's directory."""

    def __init__(self, path):
        self.path = path


class _Weights:
    """What is asked of a run's reader."""

    def __init__(self, model, theta, path):
        self.model, self.theta, self.run = model, theta, _Run(path)


class RandomModel(TrainedModel):
    """What a config declares, with weights drawn at random; running variances are positive."""

    recorded = built = chosen = decided = None

    def __init__(self, config: Path, seed=0, threshold=None, folder: Path | None = None) -> None:
        folder = folder or config.parent  # of what stands for the run
        built = load_network(config).built
        self.path, self._model, self._decision = folder, built.model, Decision(threshold)
        self.table = built.table
        random, network = np.random.default_rng(seed), built.network
        theta = random.normal(0.0, 0.6, network.layout.size).astype(built.model.dtype)
        for name, values in network.layout.views(theta).items():
            if name.endswith("variance"):
                np.abs(values, out=values)
        self._weights = _Weights(built.model, theta, self.path)
        (self.path / "manifest.json").write_text("{}")

    @property
    def model(self):
        return self._model

    @property
    def decision(self):
        return self._decision

    @property
    def networks(self):
        return (self._weights,)

    def predict(self, table, rows=None):
        rows = np.arange(len(table)) if rows is None else rows
        with np.errstate(all="ignore"):
            inputs = self.model.inputs(table, rows)
        return self.model.predict(self._weights.theta, inputs)

    def decide(self, table):
        raise NotImplementedError

    def score(self, chosen):
        raise NotImplementedError

    def held_out(self):
        raise NotImplementedError


def config(folder: Path, table: str, *lines: str) -> Path:
    """A config of a table in the same folder."""
    (folder / "table.csv").write_text(table, encoding="utf-8")
    path = folder / "model.yaml"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@cache
def _worker(python: str) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("onnx_worker.py")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([python, script], **pipes)


class _OtherRuntime:
    """The model in the onnxruntime of another Python."""

    def __init__(self, model: OnnxModel, python: str) -> None:
        self.model, self.worker = model, _worker(python)

    def run(self, _, given):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "model.onnx").write_bytes(self.model.content)
            cells = [given[name] for name in self.model.inputs]
            texts = [each.astype(str) if each.dtype == object else each for each in cells]
            np.savez(folder / "inputs.npz", *texts)
            print(folder, file=self.worker.stdin, flush=True)
            assert (said := self.worker.stdout.readline()) == "ok\n", said
            return [*np.load(folder / "outputs.npz").values()]


def session(model: OnnxModel) -> onnxruntime.InferenceSession | _OtherRuntime:
    """The model in onnxruntime, once it is found to be sound."""
    onnx.checker.check_model(onnx.load(io.BytesIO(model.content)), full_check=True)
    if python := os.environ.get("NNCLI_ONNXRUNTIME"):
        return _OtherRuntime(model, python)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 2
    return onnxruntime.InferenceSession(model.content, options, providers=["CPUExecutionProvider"])


def compared(trained: TrainedModel, rows: Path) -> Check:
    """The answers for the rows of a file by onnxruntime, beside those of nncli."""
    found, expected, _ = both(trained, rows)
    return compare(trained, expected, found)


def both(trained: TrainedModel, rows: Path):
    """(outputs of onnxruntime, predictions of nncli, the model)."""
    model = onnx_model(trained)
    table = trained.model.read(rows, needs_target=False)
    found = session(model).run(None, cells(trained, rows, table))
    return found, trained.predict(table), model


def answers(trained: TrainedModel, **columns) -> list[np.ndarray]:
    """The outputs for rows given by column, as a caller without nncli gives them."""
    given = {
        name: np.array(values, dtype=object if isinstance(values[0], str) else float)[:, None]
        for name, values in columns.items()
    }
    return session(onnx_model(trained)).run(None, given)
