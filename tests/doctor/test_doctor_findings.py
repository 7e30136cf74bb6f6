"""Illnesses planted one by one: the doctor's first finding, and whether its edit cures them."""

from dataclasses import dataclass, field

import pytest
from doctor_runs import DIABETES, IRIS, MOONS, XOR, check, examined, layers

from nncli.assembly.build import build
from nncli.config.load import load

SGD = "optimizer={type: sgd, learning_rate: %g}"


@dataclass(frozen=True)
class Illness:
    """A config made ill by `--set`, the check that finds it first and the key to change."""

    name: str
    config: str
    check: str
    key: str
    assignments: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


UNSCALED = "data.preprocessing.numeric.scale=none"
ILLNESSES = [
    Illness("rate 100 diverges", DIABETES, "divergence", "optimizer.learning_rate", [SGD % 100]),
    Illness(
        "a loss that overflows after some epochs",
        DIABETES,
        "divergence",
        "optimizer.learning_rate",
        ["network.hidden=[32, 16]", SGD % 10],
    ),
    Illness(
        "unscaled inputs make it diverge",
        "data: {dataset: {type: inline, x: [[1000], [2000], [3000], [4000]], y: [1, 2, 3, 4]}}\n",
        "divergence",
        "data.preprocessing",
        ["network.hidden=[]", SGD % 0.05],
    ),
    Illness(
        "unscaled inputs",
        "data: {dataset: wine, preprocessing: none}\ntraining: {epochs: 20}\n",
        "inputs",
        "data.preprocessing",
    ),
    Illness(
        "inputs too small",
        DIABETES,
        "inputs",
        "data.preprocessing.numeric.scale",
        [UNSCALED, "data.preprocessing.target.scale=standard"],
    ),
    Illness(
        "unscaled targets",
        DIABETES,
        "targets",
        "data.preprocessing.target.scale",
        ["data.preprocessing.target.scale=none"],
    ),
    Illness(
        "loss starts far too high",
        MOONS,
        "loss at the start",
        "network.output.kernel_initializer",
        ["network.output.kernel_initializer={type: normal, std: 30}"],
    ),
    Illness(
        "deep weights explode",
        MOONS,
        "loss at the start",
        "network.hidden",
        [layers(8, units=16, kernel_initializer={"type": "normal", "std": 1.0})],
    ),
    Illness(
        "born dead",
        MOONS,
        "dead units",
        "network.hidden",
        [layers(1, units=8, bias_initializer={"type": "constant", "value": -10})],
    ),
    Illness(
        "an output of relu born dead",
        DIABETES,
        "dead units",
        "network.output.bias_initializer",
        ["network.output={activation: relu, bias_initializer: {type: constant, value: -10}}"],
    ),
    Illness(
        "counts start far from their mean",
        DIABETES,
        "loss at the start",
        "network.output.bias_initializer",
        ["loss=poisson", "network.output={activation: softplus}"],
    ),
    Illness(
        "pinned by its rate",
        IRIS,
        "saturated units",
        "optimizer.learning_rate",
        [
            layers(1, units=8, activation="sigmoid"),
            "optimizer={type: sgd, learning_rate: 100, momentum: 0.8}",
        ],
    ),
    Illness(
        "killed by its rate",
        MOONS,
        "dead units",
        "optimizer.learning_rate",
        ["network.hidden=[16, 16]", "optimizer={type: adam, learning_rate: 3}"],
    ),
    Illness(
        "pinned tanh",
        MOONS,
        "saturated units",
        "network.hidden",
        [layers(1, units=16, activation="tanh", kernel_initializer={"type": "normal", "std": 9.0})],
    ),
    Illness(
        "all weights 0",
        MOONS,
        "twin units",
        "network.hidden",
        [layers(1, units=8, kernel_initializer="zeros")],
    ),
    Illness(
        "20 sigmoid layers",
        MOONS,
        "gradients",
        "network.hidden",
        [layers(20, units=8, activation="sigmoid")],
    ),
    Illness("rate 1e-8", MOONS, "steps", "optimizer.learning_rate", [SGD % 1e-8]),
    Illness(
        "clipped to nothing",
        MOONS,
        "steps",
        "training.clip_grad_norm",
        ["optimizer={type: sgd, learning_rate: 0.3}", "training.clip_grad_norm=1.0e-7"],
    ),
    Illness(
        "restless",
        MOONS,
        "steps",
        "optimizer.learning_rate",
        ["network.hidden=[]", "training.epochs=60", "optimizer={type: adam, learning_rate: 30}"],
    ),
    Illness(
        "crushed by a penalty",
        IRIS,
        "regularization",
        "network.hidden",
        [layers(1, units=16, kernel_regularizer={"type": "l2", "l2": 100.0})],
    ),
    Illness(
        "one unit for xor",
        XOR,
        "overfit a few rows",
        "network.hidden",
        [layers(1, units=1, activation="tanh")],
    ),
    Illness("no hidden layer for xor", XOR, "guessing", "network.hidden", ["network.hidden=[]"]),
    Illness(
        "bouncing",
        IRIS,
        "bouncing",
        "optimizer.learning_rate",
        ["optimizer.learning_rate=30"],
    ),
    Illness(
        "overfit",
        "data: {dataset: diabetes}\nnetwork: {hidden: [64, 64]}\ntraining: {epochs: 80}\n",
        "overfitting",
        "training.early_stopping.patience",
    ),
    Illness(
        "too short",
        "data: {dataset: iris}\ntraining: {epochs: 8}\n",
        "length",
        "training.epochs",
    ),
]


@pytest.mark.parametrize("illness", ILLNESSES, ids=str)
def test_the_first_finding_names_the_illness_and_its_edit_cures_it(tmp_path, illness):
    given = illness.assignments
    report = examined(tmp_path, illness.config, *given)
    first = report.findings[0]
    assert (first.check, first.edit.key) == (illness.check, illness.key)
    for finding in report.findings:
        build(*load(tmp_path / "run.yaml", [*given, str(finding.edit)]))
    after = examined(tmp_path, illness.config, *given, str(first.edit))
    assert not check(after, illness.check).finding
