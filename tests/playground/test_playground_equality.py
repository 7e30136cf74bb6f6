"""A browser's numbers are those of `nncli train`, step by step."""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playground_browser import needs_browser, results

from nncli.artifacts.loaded_network import LoadedNetwork, load_network
from nncli.engine.evaluator import Evaluator
from nncli.engine.job import Job
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.playground.page import page
from nncli.registry import members

STEPS = 25
STRANGE = """
data: {dataset: {type: moons, samples: 60, seed: 3}, split: {type: random, train: 0.8, val: 0.2}}
network:
  hidden:
    - {type: dense, units: 5, activation: gelu, kernel_regularizer: {type: l1_l2, l1: 0.001}}
    - batch_norm
    - {type: dropout, rate: 0.3}
    - {type: dense, units: 4, activation: {type: elu, alpha: 0.7}, trainable: {b: false}}
    - {type: activation, function: mish}
    - feature_scale
    - layer_norm
    - prelu
    - {type: dense, units: 4, bias: false, activation: {type: leaky_relu, negative_slope: 0.2}}
optimizer: {type: nadam, learning_rate: 0.01}
schedule: {type: one_cycle}
training:
  {epochs: 20, batch_size: 16, clip_grad_norm: 0.5, class_weight: balanced, sampling: SAMPLING}
"""
EACH = """
data: {dataset: {type: DATASET, samples: 40}, split: none, task: TASK}
network:
  hidden: [{type: dense, units: 4, activation: ACTIVATION}]
  output: {units: UNITS, activation: OUTPUT}
loss: LOSS
optimizer: OPTIMIZER
schedule: {type: SCHEDULE, interval: step}
training: {epochs: 20, batch_size: 9}
"""


NUMBERS = {"DATASET": "linear_regression", "UNITS": "1", "OUTPUT": "identity"}
CLASSES = {"DATASET": "moons", "UNITS": "2", "OUTPUT": "softmax"}
SCORES = {"DATASET": "moons", "UNITS": "1", "OUTPUT": "identity"}
FITTING = {
    **dict.fromkeys(["cross_entropy", "focal"], CLASSES),
    **dict.fromkeys(["multiclass_hinge", "squared_multiclass_hinge"], SCORES | {"UNITS": "2"}),
    **dict.fromkeys(["perceptron", "hinge", "squared_hinge"], SCORES),
    **dict.fromkeys(["binary_cross_entropy", "binary_focal"], SCORES | {"OUTPUT": "sigmoid"}),
    "poisson": SCORES | {"OUTPUT": "softplus", "TASK": "regression"},
}
OPTIMIZERS = [
    *(f"{{type: {name}, learning_rate: 0.05}}" for name in members("optimizer") if name != "lbfgs"),
    "{type: sgd, momentum: 0.8, nesterov: true, weight_decay: 0.1}",
    "{type: adam, initial_state: {m: 0.1, s: 0.2, step: 5}}",
]


def of_each_part() -> Iterator[tuple[str, str]]:
    """Configs in which every loss, activation, optimizer and schedule has a turn."""
    activations = [name for name in members("activation") if name != "softmax"]
    schedules = [name for name in members("schedule") if name != "reduce_on_plateau"]
    losses = list(members("loss"))
    kinds = losses, activations, OPTIMIZERS, schedules
    turns = max(map(len, kinds))
    for loss, activation, optimizer, schedule in zip(
        *(islice(cycle(kind), turns) for kind in kinds), strict=True
    ):
        text = EACH
        changes = {
            "TASK": "auto",
            **FITTING.get(loss, NUMBERS),
            "LOSS": loss,
            "ACTIVATION": activation,
        }
        for name, value in {**changes, "OPTIMIZER": optimizer, "SCHEDULE": schedule}.items():
            text = text.replace(name, value)
        yield f"{loss}, {activation}, {optimizer}, {schedule}", text


CONFIGS = {
    **{
        f"sampling {sampling}": STRANGE.replace("SAMPLING", sampling)
        for sampling in ("shuffle", "without_replacement", "with_replacement")
    },
    **dict(of_each_part()),
}
SCRIPT = f"""
const told = {{ thetas: [] }};
for (let count = 0; count < {STEPS}; count++) {{
  model.training.makeStep();
  told.thetas.push([...model.training.theta]);
}}
for (const name of Object.keys(play.rows)) told[name] = model.training.evaluate(name).loss;
return told;
"""


def loaded(text: str, folder: Path) -> LoadedNetwork:
    file = folder / "config.yaml"
    file.write_text(text)
    return load_network(file)


def trained(job: Job, state: TrainState) -> list[Any]:
    """Theta after each step of nncli's own engine."""
    stepper, stop, thetas = GradientStepper(job, state), Stop(), list[Any]()

    def step(rows: int) -> None:
        stepper.gradient_tapes[rows]()
        stepper.update_tape()
        thetas.append(state.theta.copy())
        stop.requested = len(thetas) == STEPS

    while not stop.requested:
        stepper.epoch(stop, step)
    return thetas


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("browser")
    pages = {name: (page(loaded(text, folder)), SCRIPT) for name, text in CONFIGS.items()}
    return results(pages, folder)


@needs_browser
@pytest.mark.parametrize("name", CONFIGS)
def test_every_step_in_a_browser_is_that_of_training(
    name: str, told: dict[str, Any], tmp_path: Path
) -> None:
    own = loaded(CONFIGS[name], tmp_path)
    job, state = own.built.job, own.state
    thetas = trained(job, state)
    np.testing.assert_allclose(told[name]["thetas"], thetas, rtol=1e-12, atol=1e-12)
    for split, rows in (("train", job.train), ("val", job.val)):
        if rows is not None:
            evaluator = Evaluator(job.network, state.theta, rows, job.decode, {})
            assert told[name][split] == pytest.approx(evaluator.run(), rel=1e-12, abs=1e-12)
