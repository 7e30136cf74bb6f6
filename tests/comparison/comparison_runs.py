"""Runs of a few epochs, trained into a folder without the command line."""

from dataclasses import dataclass
from pathlib import Path

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine.trainer import train
from nncli.errors import Diverged

CONFIG = """\
data: {dataset: iris}
network: {hidden: [3]}
optimizer: {type: sgd, learning_rate: 0.1}
training: {epochs: 3}
output: {plots: []}
"""
RATES = (0.1, 0.001)
SEEDS = range(4)


class NoPlotter:
    """Stands in for the background plotter, which nobody asks for a picture."""


def seed(number: int, split: int = 0) -> str:
    """One split, everything else varies."""
    return f"seed={{split: {split}, init: {number}, shuffle: {number}, dropout: {number}}}"


@dataclass(frozen=True)
class Maker:
    """Trains runs into a folder."""

    folder: Path

    def run(
        self, name: str, *assignments: str, config: str = CONFIG, stopped: str = "epochs"
    ) -> Path:
        """The run NAME-001, NAME-002, ..."""
        path = self.folder / f"{name}.yaml"
        path.write_text(config, encoding="utf-8")
        built = build(*load(path, ["output.plots=[]", *assignments]))
        recorder = RunRecorder(RunDirectory.create(self.folder, name), built, built.job.start())
        recorder.begin(config, path, ["train", path.name])
        try:
            for report in train(recorder.built.job, recorder.state):
                recorder.record(report)
        except Diverged:
            stopped = "diverged"
        recorder.finish(stopped, NoPlotter())
        recorder.run.unlock()
        return recorder.run.path


def rate(value: float) -> str:
    return f"optimizer.learning_rate={value}"
