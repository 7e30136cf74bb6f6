"""Slips of worked examples: the number each leads to, worked out here by other means."""

from pathlib import Path

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.trace.reworked import reworked
from nncli.trace.slips import is_close, slips
from nncli.trace.traced_steps import trace
from nncli.trace.worksheet import Worksheet

MAZUR = Path(__file__).parents[2] / "configs" / "lessons" / "mazur.yaml"
THREE_ROWS = """
seed: 3
data: {dataset: {type: inline, x: [[1, 2], [3, -1], [0, 2]], y: [1, 2, 4]}}
network:
  hidden: [{type: dense, units: 2, activation: tanh, kernel_regularizer: {type: l2, l2: 0.1}}]
loss: mse
optimizer: {type: gd, learning_rate: 0.1}
"""


def expected(shown):
    """(cell, slip) -> what the slip makes of the cell's number."""
    found = {}
    for asked in reworked(Worksheet(shown), {}):
        for name, value in slips(asked.question):
            found.setdefault((asked.blank.cell, name), []).append(value)
    return found


@pytest.fixture(scope="module")
def mazur():
    return expected(trace(load_network(MAZUR)))


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    config = tmp_path_factory.mktemp("slips") / "three.yaml"
    config.write_text(THREE_ROWS)
    shown = trace(load_network(config))
    return expected(shown), {each.name: each.values for each in shown.steps[0].tensors}


W1, W2 = np.array([[0.15, 0.25], [0.2, 0.3]]), np.array([[0.4, 0.5], [0.45, 0.55]])
X, T = np.array([0.05, 0.1]), np.array([0.01, 0.99])
Z1 = X @ W1 + 0.35
A1 = 1 / (1 + np.exp(-Z1))
A2 = 1 / (1 + np.exp(-(A1 @ W2 + 0.6)))
DZ2 = (A2 - T) * A2 * (1 - A2)
NEW2 = W2 - 0.5 * np.outer(A1, DZ2)
MAZURS = {
    ("output/da[0,0]", "sign"): T[0] - A2[0],
    ("loss", "forgot the 1/2"): ((A2 - T) ** 2).sum(),
    ("loss", "forgot the square"): (A2 - T).sum() / 2,
    ("hidden_1/z[0,0]", "transposed"): X @ W1[0] + 0.35,
    ("hidden_1/z[0,0]", "forgot the bias"): X @ W1[:, 0],
    ("hidden_1/a[0,1]", "forgot the activation"): Z1[1],
    ("output/dz[0,1]", "forgot the slope of the activation"): A2[1] - T[1],
    ("output/dz[0,1]", "the slope alone"): A2[1] * (1 - A2[1]),
    ("hidden_1/dz[0,0]", "the slope at z for that at a"): (W2 @ DZ2)[0] * Z1[0] * (1 - Z1[0]),
    ("hidden_1/da[0,0]", "the weights after the step"): NEW2[0] @ DZ2,
    ("output/W/after[0,0]", "the number before the step"): 0.4,
    ("output/W/after[0,0]", "the change alone"): 0.5 * A1[0] * DZ2[0],
    ("output/W/after[0,0]", "sign"): 0.4 + 0.5 * A1[0] * DZ2[0],
    ("output/W/after[0,0]", "forgot the learning rate"): 0.4 - A1[0] * DZ2[0],
    ("output/a[0,0]", "another place's number"): A2[1],
    ("output/a[0,0]", "the decimal point"): A2[0] / 10,
}


@pytest.mark.parametrize(("cell", "name"), MAZURS)
def test_what_a_slip_makes_of_mazur_s_numbers(mazur, cell, name):
    found = np.array(mazur[cell, name])
    assert np.abs(found - MAZURS[cell, name]).min() == pytest.approx(0, abs=1e-12)


def test_what_a_slip_makes_of_a_batch_s_numbers(batch):
    found, its = batch
    x, dz = its["input"], its["hidden_1/dz"]
    one = found["hidden_1/dW[0,1]", "one row alone"]
    penalty = 2 * 0.1 * its["hidden_1/W"][0, 1]
    assert one == pytest.approx([x[row, 0] * dz[row, 1] + penalty for row in range(3)])
    assert found["output/db[0]", "one row alone"] == pytest.approx(its["output/da"][:, 0])
    assert found["hidden_1/dW[0,1]", "forgot the penalty"] == pytest.approx([(x.T @ dz)[0, 1]])
    (halved, *_) = found["output/da[1,0]", "forgot the factor 2"]
    assert 2 * halved == pytest.approx(its["output/da"][1, 0])
    assert found["hidden_1/dz[0,0]", "forgot 1/n"] == pytest.approx([3 * its["hidden_1/dz"][0, 0]])
    assert ("hidden_1/dz[0,0]", "1/n once too often") in found


def test_what_is_nearly_right_was_rounded_on_the_way():
    assert is_close(0.52, 0.5, 0.0)
    assert not is_close(0.53, 0.5, 0.0)
    assert not is_close(0.52, 0.5, 0.4), "of an update it is the change that counts"
