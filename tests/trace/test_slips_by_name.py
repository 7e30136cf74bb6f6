"""Slips: each of them leads from its question to its number, and back to its name."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.trace import wrong_formulas
from nncli.trace.question import questions
from nncli.trace.slips import SLIPS, slips
from nncli.trace.traced_steps import trace

NETWORK = """\
seed: 3
data: {dataset: {type: inline, x: [[1, 2], [3, -1], [0.5, 2]], y: [[1, 0], [2, 0.5], [4, 1]]}}
network: {hidden: [{type: dense, units: 2, activation: sigmoid}], output: {activation: tanh}}
loss: mse
optimizer: {type: gd, learning_rate: 0.3}
training: {epochs: 2}
"""
CLASSES = """\
seed: 3
data: {dataset: {type: inline, x: [[1, 2], [3, -1], [0.5, 2]], y: [a, b, c]}}
network:
  hidden:
    - {type: dense, units: 2, activation: sigmoid, kernel_regularizer: {type: l2, l2: 0.1}}
optimizer: {type: adam, learning_rate: 0.3}
training: {epochs: 2}
"""
MOMENTUM = ("optimizer={type: gd, learning_rate: 0.3, momentum: 0.9}",)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The questions of the second step, by config and cell."""
    folder = tmp_path_factory.mktemp("slips")

    def of(text, sets=()):
        path = folder / "config.yaml"
        path.write_text(text)
        shown = trace(load_network(path, sets), 2)
        found = questions(shown.steps[1], shown.steps[0])
        return {(each.tensor.name, *each.index): each for each in found}

    half = ("loss=half_sse", "data.dataset={type: inline, x: [[1, 2]], y: [[1, 0]]}")
    return {
        "net": of(NETWORK),
        "classes": of(CLASSES),
        "momentum": of(NETWORK, MOMENTUM),
        "half": of(NETWORK, half),
    }


def operand(asked, name):
    return asked.operands[name]


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def before(q):
    return q.before, float(q.operands["g"][q.index])


CASES = {  # name of the slip: (config, cell, what is written)
    "sign": ("net", "output/W/after", lambda q: before(q)[0] + 0.3 * before(q)[1]),
    "forgot 1/n": ("net", "output/da", lambda q: 6 * q.right),
    "1/n once too often": ("net", "output/dW", lambda q: q.right / 3),
    "forgot the factor 2": ("net", "output/da", lambda q: q.right / 2),
    "forgot the target": ("net", "output/da", lambda q: q.operands["a"][q.index] / 3),
    "forgot the square": (
        "net",
        "output/dz",
        lambda q: q.operands["da"][q.index] * (1 - q.operands["a"][q.index]),
    ),
    "forgot the slope of the activation": ("net", "output/dz", lambda q: q.operands["da"][q.index]),
    "times the slope once more": (
        "classes",
        "output/dz",
        lambda q: q.right * q.operands["a"][q.index] * (1 - q.operands["a"][q.index]),
    ),
    "half of the slope of sigmoid": (
        "net",
        "hidden_1/dz",
        lambda q: q.operands["da"][q.index] * (1 - q.operands["a"][q.index]),
    ),
    "the slope at z for that at a": (
        "net",
        "output/dz",
        lambda q: q.operands["da"][q.index] * (1 - q.operands["z"][q.index] ** 2),
    ),
    "the slope alone": ("net", "output/dz", lambda q: 1 - q.operands["a"][q.index] ** 2),
    "forgot the activation": ("net", "hidden_1/a", lambda q: q.operands["z"][q.index]),
    "exp(z) for exp(-z)": (
        "net",
        "hidden_1/a",
        lambda q: sigmoid(-q.operands["z"][q.index]),
    ),
    "forgot to divide by the sum": (
        "classes",
        "output/a",
        lambda q: math.exp(q.operands["z"][q.index]),
    ),
    "logarithm to base 10": (
        "classes",
        "loss",
        lambda q: (q.right - q.operands["penalty"]) / math.log(10) + q.operands["penalty"],
    ),
    "forgot the bias": ("net", "output/z", lambda q: q.right - q.operands["b"][q.index[1]]),
    "transposed": (
        "net",
        "output/z",
        lambda q: (q.operands["x"] @ q.operands["W"].T)[q.index] + q.operands["b"][q.index[1]],
    ),
    "the weights after the step": (
        "net",
        "hidden_1/da",
        lambda q: (q.operands["dz"] @ q.updated["W2"].T)[q.index],
    ),
    "the weights of the step before": (
        "net",
        "hidden_1/z",
        lambda q: (q.operands["x"] @ q.outdated["W1"] + q.outdated["b1"])[q.index],
    ),
    "the number before the step": ("net", "output/W/after", lambda q: q.before),
    "forgot the learning rate": ("net", "output/W/after", lambda q: before(q)[0] - before(q)[1]),
    "the change alone": ("net", "output/W/after", lambda q: 0.3 * before(q)[1]),
    "forgot the penalty": (
        "classes",
        "hidden_1/dW",
        lambda q: (q.operands["x"].T @ q.operands["dz"])[q.index],
    ),
    "forgot the bias correction": (
        "classes",
        "hidden_1/W/after",
        lambda q: (
            q.before - 0.3 * q.operands["m"][q.index] / (math.sqrt(q.operands["s"][q.index]) + 1e-8)
        ),
    ),
    "forgot the optimizer's memory": (
        "momentum",
        "output/W/velocity",
        lambda q: 0.3 * q.operands["g"][q.index],
    ),
    "one factor alone": (
        "net",
        "output/dW",
        lambda q: q.operands["dz"][:, q.index[1]].sum(),
    ),
    "one row alone": (
        "net",
        "output/dW",
        lambda q: q.operands["x"][1, q.index[0]] * q.operands["dz"][1, q.index[1]],
    ),
    "a term left out": (
        "net",
        "hidden_1/da",
        lambda q: q.operands["dz"][q.index[0], 1] * q.operands["W"][q.index[1], 1],
    ),
    "the sign of one term": (
        "net",
        "hidden_1/z",
        lambda q: q.right - 2 * (q.operands["x"][q.index[0], 0] * q.operands["W"][0, q.index[1]]),
    ),
    "another place's number": ("net", "output/a", lambda q: math.tanh(q.operands["z"][1, 0])),
    "rounded on the way": (
        "net",
        "output/dW",
        lambda q: (np.round(q.operands["x"], 2).T @ np.round(q.operands["dz"], 2))[q.index],
    ),
    "rounded too far": ("net", "hidden_1/a", lambda q: round(q.right, 1)),
    "cut off, not rounded": ("net", "output/W/after", lambda q: math.trunc(q.right * 1e5) / 1e5),
    "the decimal point": ("net", "output/z", lambda q: q.right / 10),
    "forgot the 1/2": ("half", "loss", lambda q: 2 * q.right),
}


def test_every_slip_has_its_case():
    assert {each.name for each in SLIPS} == set(CASES)


@pytest.mark.parametrize("slip", CASES)
def test_a_slip_is_told_by_the_number_it_leads_to(asked, slip):
    config, cell, written = CASES[slip]
    question = next(each for (name, *_), each in asked[config].items() if name == cell)
    number = float(written(question))
    names = [name for name, value in slips(question) if value == pytest.approx(number, rel=1e-9)]
    assert names[:1] == [slip], slips(question)


def test_no_slip_is_the_right_number_and_none_stands_twice(asked):
    for question in (each for of in asked.values() for each in of.values()):
        values = [value for _, value in slips(question)]
        assert question.right not in values
        assert len(set(values)) == len(values)
        assert np.isfinite(values).all()


def test_a_number_that_ends_in_2_is_no_factor_of_2():
    tensor = SimpleNamespace(template="0.22 * {velocity} + 2 * {g}")
    question = SimpleNamespace(tensor=tensor, value=lambda template: template)
    assert [*wrong_formulas.no_factor_2(question)] == ["0.22 * {velocity} + {g}"]
