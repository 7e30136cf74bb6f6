"""Runs of the very files in configs/, as a user's `nncli train` would make them."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nncli.assembly.build import Built, build
from nncli.config.load import load
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.evaluator import Evaluator
from nncli.engine.state import TrainState
from nncli.engine.trainer import train
from nncli.parts.arrays import Array

CONFIGS = Path(__file__).parents[2] / "configs"


@dataclass(frozen=True)
class Run:
    """What was built from a config, and how its training went."""

    built: Built
    state: TrainState
    reports: list[EpochReport]

    @property
    def last(self) -> EpochReport:
        return self.reports[-1]

    @property
    def tensors(self) -> dict[str, Array]:
        """The final weights, by name."""
        return self.built.network.layout.views(self.state.weights)

    def accuracy(self, split: str) -> float:
        """The share of a split's rows that the final weights get right."""
        job, rows = self.built.job, self.built.evaluation_set(split)
        evaluator = Evaluator(job.network, self.state.weights, rows, job.decode, job.metrics)
        return evaluator.score().metrics["accuracy"]


def made(name: str, *assignments: str) -> Built:
    """made("iris", "seed=1"): what configs/iris.yaml declares, with `--set seed=1`."""
    return build(*load(CONFIGS / f"{name}.yaml", assignments))


@lru_cache(maxsize=4)
def run(name: str, *assignments: str) -> Run:
    """The same, trained to its end; one that several tests look at is trained once."""
    built = made(name, *assignments)
    state = built.job.start()
    return Run(built, state, list(train(built.job, state)))
