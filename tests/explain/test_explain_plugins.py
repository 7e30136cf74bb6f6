"""A layer of another package is explained as far as it says what it is called elsewhere."""

import ast

import numpy as np
import pytest

from nncli import registry
from nncli.artifacts.loaded_network import load_network
from nncli.equivalent import Equivalent
from nncli.explain import keras, pytorch, scikit_learn
from nncli.explain.explain import equivalents
from nncli.parts.initializers import Ones
from nncli.parts.layers import Layer

IRIS = """\
data: {dataset: iris}
network: {hidden: [4, scale]}
"""


@pytest.fixture
def scale(monkeypatch):
    """A layer y = factor * x, known to configs until the test ends."""
    known = registry._families["layer"]
    copy = registry._Family(dict(known.classes), dict(known.aliases))
    monkeypatch.setitem(registry._families, "layer", copy)

    @registry.part("scale")
    class Scale(Layer):
        """y = factor * x."""

        def param_shapes(self, shape):
            return {"factor": shape}

        def initializers(self):
            return {"factor": Ones()}

        def forward(self, buffers):
            np.multiply(buffers.x, buffers.params["factor"], out=buffers.y)

    return Scale


@pytest.fixture
def built(scale, tmp_path):
    path = tmp_path / "scaled.yaml"
    path.write_text(IRIS, encoding="utf-8")
    return load_network(path).built


@pytest.mark.parametrize("library", [keras, pytorch, scikit_learn])
def test_a_layer_that_says_nothing_leaves_a_gap_with_its_name(built, library):
    found = library.equivalent(built)
    ast.parse(found.code)
    assert "no equivalent known: layer scale" in found.notes
    assert "no equivalent: scale" in found.code or not found.code


def test_the_start_of_a_tensor_that_a_gap_does_not_have_is_not_set(built):
    found = pytorch.equivalent(built)
    assert "factor" not in found.code
    assert "no equivalent: the start of hidden_2/factor" in found.notes


def test_a_layer_that_says_what_it_is_stands_in_the_model(built, scale):
    scale.equivalents = {
        "keras": Equivalent("mine.Scale()", "{name} is its own"),
        "pytorch": "mine.Scale({inputs})",
    }
    found = equivalents(built, ["keras", "pytorch"])
    assert "    mine.Scale()," in found["keras"].code
    assert "scale is its own" in found["keras"].notes
    assert "    mine.Scale(4)," in found["pytorch"].code
