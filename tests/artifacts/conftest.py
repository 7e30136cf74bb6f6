"""Small runs, made without the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nncli.artifacts.background_plotter import NotDrawn
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.assembly.build import Built, build
from nncli.config.load import load
from nncli.engine.trainer import train

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique
# Adam has slots; dropout and batches of one row draw from random streams.
CONFIG = """\
name: gate
data: {dataset: and_gate}
network: {hidden: [{type: dense, units: 3, activation: tanh}, {type: dropout, rate: 0.1}]}
optimizer: {type: adam, learning_rate: 0.1}
training: {epochs: 6, batch_size: 1}
output: {plots: []}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def built(config: Path) -> Built:
    return build(*load(config))


@dataclass
class NoPlotter:
    """Stands in for the background plotter: fails to draw if it has this to say about it."""

    trouble: str = ""

    def draw_loss(self, run: Curves) -> bytes:
        if self.trouble:
            raise NotDrawn(self.trouble)
        return b"a picture"


@pytest.fixture
def no_plotter() -> type[NoPlotter]:
    return NoPlotter


@pytest.fixture
def recorder(built: Built, config: Path, tmp_path: Path) -> RunRecorder:
    """A recorder that has begun its run and seen no epoch yet."""
    run = RunDirectory.create(tmp_path / "runs", "gate")
    made = RunRecorder(run, built, built.job.start())
    made.begin(CONFIG, config, ["train", "gate.yaml"])
    return made


@pytest.fixture
def trained() -> Callable[..., RunRecorder]:
    """trained(recorder, epochs): the same, after that many epochs (all of them by default)."""

    def call(recorder: RunRecorder, epochs: int | None = None) -> RunRecorder:
        for report in train(recorder.built.job, recorder.state):
            recorder.record(report)
            if report.epoch == epochs:
                break
        return recorder

    return call


@pytest.fixture
def reseal() -> Callable[[RunRecorder, str, bytes], None]:
    """reseal(recorder, name, content): change a file of the run as its maker could."""

    def call(recorder: RunRecorder, name: str, content: bytes) -> None:
        recorder.run.write(name, content)
        recorder.run.write_manifest()

    return call
