"""What courses do with features made of features, from a config alone, with their outcomes."""

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.engine.threads import limited
from nncli.engine.trainer import train


def trained(path, *assignments):
    """(the last report, what was built, the weights) of a config, trained here."""
    loaded = load_network(path, assignments)
    job, state = loaded.built.job, loaded.built.job.start()
    with limited(job.training), np.errstate(all="ignore"):
        *_, last = train(job, state)
    return last.columns(), loaded.built, state.weights


@pytest.fixture
def config(tmp_path):
    def make(*lines, **tables):
        for name, rows in tables.items():
            (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n")
        path = tmp_path / "net.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    return make


def disc(rows=120):
    """Rows within the circle of radius 2.5 (class in) and in the ring from 3.5 to 5 (out)."""
    random = np.random.default_rng(0)
    for n in range(rows):
        radius, angle = random.uniform(*((0, 2.5), (3.5, 5))[n % 2]), random.uniform(0, 2 * np.pi)
        yield f"{radius * np.cos(angle):.3f},{radius * np.sin(angle):.3f},{('in', 'out')[n % 2]}"


def test_a_circle_by_squares_without_a_hidden_layer(config):
    path = config(
        "data:", "  path: circle.csv", "  target: side", "  split: {type: random, train: 0.5, "
        "val: 0.5, test: 0}", "  features: {exclude: [x1, x2], derive: {x1_squared: x1^2, "
        "x2_squared: x2^2}}", "network: {hidden: []}", "optimizer: {type: adam, "
        "learning_rate: 0.1}", "training: {epochs: 60}", circle=["x1,x2,side", *disc()],
    )  # fmt: skip
    found, built, _ = trained(path)
    assert built.preprocessing.inputs == ["x1_squared", "x2_squared"]
    assert (found["accuracy"], found["val_accuracy"]) == (1.0, 1.0)
    plain, _, _ = trained(path, "data.features={}")
    assert plain["val_accuracy"] < 0.8


def test_a_cross_of_two_features_solves_xor(config):
    lines = ("network: {hidden: []}", "optimizer: {type: adam, learning_rate: 0.3}",
             "training: {epochs: 40, batch_size: full}")  # fmt: skip
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (80, 2)).round(3)
    rows = [f"{a},{b},{('no', 'yes')[int(a * b > 0)]}" for a, b in x.tolist()]
    path = config(
        "data:", "  path: xor.csv", "  target: same", "  split: none",
        "  features: {derive: {cross: x1*x2}}", *lines, xor=["x1,x2,same", *rows],
    )  # fmt: skip
    assert trained(path)[0]["accuracy"] > 0.95
    assert trained(path, "data.features={}")[0]["accuracy"] < 0.7


def test_the_spiral_by_seven_features(config):
    path = config(
        "data:", "  dataset: {type: spiral, classes: 2, samples: 200, turns: 1, noise: 0.05}",
        "  split: {type: random, train: 0.5, val: 0.5, test: 0}",
        "  features: {derive: {a: x1^2, b: x2^2, c: x1*x2, d: sin(5*x1), e: sin(5*x2)}}",
        "network: {hidden: [{type: dense, units: 8, activation: tanh}]}",
        "optimizer: {type: adam, learning_rate: 0.03}", "training: {epochs: 150}",
    )  # fmt: skip
    found, built, _ = trained(path)
    assert built.network.inputs == 7
    assert found["val_accuracy"] >= 0.97


def cubic(rows=120):
    """y = 5 + 1.2 x - 3.4 x^2/2! + 5.6 x^3/3! + noise."""
    random = np.random.default_rng(2)
    for x in random.normal(size=rows):
        y = 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6 + 0.1 * random.normal()
        yield f"{x:.6f},{y:.6f}"


def test_polynomial_regression_under_and_overfits(config):
    """Degree 3 finds the function, 1 can't; 9 on few rows follows them, and l2 holds it back."""
    lines = (
        "data:", "  path: cubic.csv", "  target: y", "  preprocessing: {target: {scale: none}}",
        "  split: {type: random, train: 0.5, val: 0.5, test: 0}",
        "  features: {polynomial: 3}", "network: {hidden: []}", "loss: mse", "optimizer: lbfgs",
        "training: {epochs: 200, batch_size: full}", "evaluation: {metrics: [mse]}",
    )  # fmt: skip
    path = config(*lines, cubic=["x,y", *cubic()])
    right, built, theta = trained(path)
    assert right["val_mse"] == pytest.approx(0.01, rel=0.5)  # that of the noise
    weights = built.network.layout.views(theta)["output/W"].ravel()
    scales = [column.scale for column in built.preprocessing.columns]
    np.testing.assert_allclose(weights / scales, [1.2, -1.7, 5.6 / 6], atol=0.05)
    assert trained(path, "data.features={}")[0]["val_mse"] > 1.0
    few = (
        "data.features={polynomial: 9}",
        "data.split={type: random, train: 0.1, val: 0.9, test: 0}",
    )
    over = trained(path, *few)[0]
    held = trained(path, *few, "network.output={kernel_regularizer: {type: l2, l2: 0.01}}")[0]
    assert over["mse"] < 0.01 < over["val_mse"]
    assert held["val_mse"] < over["val_mse"]
    assert held["mse"] > over["mse"]


def test_microchips_need_degree_six(config):
    """27 inputs of two measurements; unregularised the boundary is right where a line is not."""
    random = np.random.default_rng(3)
    x = random.uniform(-1, 1, (118, 2)).round(4)
    passes = (x[:, 0] ** 2 + x[:, 1] ** 2 - 0.3 * x[:, 0] * x[:, 1]) < 0.5
    rows = [f"{a},{b},{('no', 'yes')[int(p)]}" for (a, b), p in zip(x, passes, strict=True)]
    path = config(
        "data:", "  path: chips.csv", "  target: passes", "  split: none",
        "  features: {polynomial: {degree: 6, of: [test_1, test_2]}}",
        "network: {hidden: [], output: {kernel_regularizer: {type: l2, l2: 0.001}}}",
        "optimizer: lbfgs", "training: {epochs: 100, batch_size: full}",
        chips=["test_1,test_2,passes", *rows],
    )  # fmt: skip
    found, built, _ = trained(path)
    assert built.network.inputs == 27  # and the bias: the exercise's 28
    assert built.preprocessing.inputs[-1] == "test_2^6"
    assert found["accuracy"] > 0.95
    assert trained(path, "data.features={}")[0]["accuracy"] < 0.75
