"""Residual blocks in the code of other libraries: it computes what the network does.

Neither library is needed: the few calls of the code are made with NumPy here.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.engine.evaluator import Forward
from nncli.explain import keras, pytorch, scikit_learn
from nncli.export.pytorch import layers as exported

CONFIG = """\
data: {dataset: iris}
network:
  hidden:
    - {type: residual, layers: [4]}
    - {type: dense, units: 6, activation: tanh, kernel_regularizer: {type: l2, l2: 0.01}}
    - type: residual
      layers:
        - {type: dense, units: 6, activation: relu}
        - {type: residual, layers: [{type: dense, units: 6, activation: tanh}, {type: dense,
            units: 6, activation: identity, trainable: {b: false}}]}
"""
FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    None: lambda z: z,
}


@pytest.fixture
def built(tmp_path):
    path = tmp_path / "it.yaml"
    path.write_text(CONFIG)
    return load_network(path).built


@pytest.fixture
def theta(built):
    return np.random.default_rng(0).normal(size=built.network.layout.size)


@pytest.fixture
def scores(built, theta):
    """What the network answers."""
    decode = built.model.coding.decode
    return decode(Forward(built.network, theta, built.job.train.inputs)())


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class Module:
    def __call__(self, x):
        return self.forward(x)


class Sequential(Module):
    def __init__(self, *layers):
        self.layers = layers

    def __getitem__(self, place):
        return self.layers[place]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Linear(Module):
    def __init__(self, inputs, units):
        self.shape = inputs, units

    def forward(self, x):
        assert self.weight.shape == self.shape
        return x @ self.weight + self.bias


def test_pytorch_adds_what_its_blocks_make_of_their_input(built, theta, scores):
    found = pytorch.model(built)
    nn = SimpleNamespace(
        Module=Module,
        Sequential=Sequential,
        Linear=Linear,
        Tanh=lambda: FUNCTIONS["tanh"],
        ReLU=lambda: FUNCTIONS["relu"],
    )
    code = found.code[found.code.index("class Residual") : found.code.index("nn.init")]
    names = {"nn": nn}
    exec(code, names)
    tensors = built.network.layout.views(theta)
    for node, module in pytorch.modules(built):
        own = eval(module, names)
        own.weight, own.bias = (tensors[f"{node.name}/{name}"] for name in "Wb")
    np.testing.assert_allclose(softmax(names["model"](built.job.train.inputs["x"])), scores)
    assert "nn.init.xavier_uniform_(model[3].layers[2].layers[0].weight)" in found.code
    assert "model[3].layers[2].layers[2].bias.requires_grad_(False)" in found.code
    assert "value = value + 0.01 * model[1].weight.square().sum()" in pytorch.training(built).code


def test_pytorch_has_the_blocks_that_are_exported(built):
    """But for the comments: the exported script names its layers, this code the scores."""
    lines = pytorch.model(built).code.replace("\n    ", "\n").splitlines()
    told = [line.partition(",  #")[0].removesuffix(",") for line in lines]
    for module in exported.modules(built.network)[:-1]:
        first, *rest = (line.removesuffix(",") for line in module.code.splitlines())
        start = told.index(first)
        assert told[start : start + 1 + len(rest)] == [first, *rest]
        told = told[start + 1 + len(rest) :]


def test_keras_adds_what_its_blocks_make_of_their_input(built, theta, scores):
    found, x = keras.model(built), built.job.train.inputs["x"]
    tensors = built.network.layout.views(theta)
    nodes = iter([node for node in built.network.nodes if not node.block])

    def dense(units, activation=None, **_):
        node = next(nodes)
        weights, bias = (tensors[f"{node.name}/{name}"] for name in "Wb")
        assert weights.shape[1] == units
        return lambda x: FUNCTIONS[activation](x @ weights + bias)

    library = SimpleNamespace(
        Input=lambda shape: x,
        Model=lambda inputs, outputs: outputs,
        regularizers=SimpleNamespace(L2=float),
        initializers=SimpleNamespace(VarianceScaling=lambda *_: None),
    )
    names = {"keras": library, "layers": SimpleNamespace(Dense=dense, Add=lambda: sum)}
    code = found.code[found.code.index("def scaling") : found.code.index("\nmodel.layers")]
    exec(code, names)
    np.testing.assert_allclose(softmax(names["model"]), scores)
    # before it: the Input, an inner layer with the end of its block, and three layers
    assert "model.layers[6].bias.trainable = False" in found.code.splitlines()


def test_scikit_learn_has_none(built):
    found = scikit_learn.equivalent(built)
    assert not found.code
    assert "no equivalent: residual blocks" in found.notes
