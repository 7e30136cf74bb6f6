"""What other libraries are told in place of each part."""

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.equivalent import LIBRARIES, Equivalent, unsupported
from nncli.explain import keras, pytorch
from nncli.explain.explain import folded
from nncli.parts.activations import Activation, Relu
from nncli.parts.layers import ActivationLayer, Layer
from nncli.parts.schedules import Constant, InverseTime
from nncli.registry import members

IRIS = Path(__file__).parents[2] / "configs" / "iris.yaml"
ASKED = ("layer", "activation", "loss", "optimizer", "schedule", "initializer", "regularizer")
BUILT_IN = [
    cls for kind in ASKED for cls in members(kind).values() if cls.__module__.startswith("nncli.")
]
NEEDS_NONE = {Constant, ActivationLayer}  # nothing to be told, and what its function is told
REQUIRED = {
    "values": [[1.0]],
    "units": 3,
    "path": Path("weights.npz"),
    "filters": 8,
    "kernel_size": 3,
    "layers": [4],
    "shape": [2, 3],
}
GIVEN = {  # by the libraries, whatever they ask about
    "learning_rate": 0.1,
    "steps": 7,
    "total": 20,
    "mode": "min",
    "epochs": 3,
    "clip": "",
    "reduction": "",
    "times": 1.0,
    "alpha": 0.1,
    "scaled_rate": 0.1,
    "scaled_epsilon": 1e-8,
    "inputs": 4,
    "more_keys": "",
    "W": "W",
    "tensor": "W",
    "tensor_name": "hidden_1/W",
    "transposed": ".T",
    "tensor_shape": (4, 3),
}


def made(cls):
    """The part with its defaults."""
    keys = {field.name for field in fields(cls) if field.default is MISSING}
    return cls(**{key: REQUIRED[key] for key in keys})


def is_asked(cls, library):
    if cls.kind == "layer" and not issubclass(cls, Layer):
        return False  # input and output stand for others
    if library == "scikit-learn":
        return cls.kind != "initializer"
    return cls not in NEEDS_NONE


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("cls", BUILT_IN, ids=lambda cls: f"{cls.kind}-{cls.name}")
def test_every_built_in_part_says_what_it_is_called_elsewhere(library, cls):
    if is_asked(cls, library):
        found = made(cls).equivalent(library, **GIVEN)
        assert found.code or found.notes
        assert not any(note.startswith("no equivalent known") for note in found.notes)


@pytest.mark.parametrize("cls", BUILT_IN, ids=lambda cls: f"{cls.kind}-{cls.name}")
def test_a_part_names_no_library_that_there_is_not(cls):
    assert set(cls.equivalents) <= set(LIBRARIES)


class Steep(Activation):
    """a = slope * z: a part of another package."""

    name = "steep"
    slope = 3.0
    equivalents = {"keras": Equivalent("layers.Steep()", "{name} is steep"), "pytorch": "Steep()"}


def test_a_plain_string_is_code_without_a_note():
    assert Steep().equivalent("pytorch") == Equivalent("Steep()")


def test_code_and_notes_have_the_parts_keys_and_what_the_library_gives():
    class Scaled(Relu):
        name = "scaled"
        equivalents = {
            "keras": Equivalent("Scaled({negative_slope}, {of})", "not {negative_slope}")
        }

    found = Scaled().equivalent("keras", negative_slope=0.5, of="z")
    assert found == Equivalent("Scaled(0.5, z)", "not 0.5")


def test_a_part_that_says_nothing_has_no_known_equivalent_whatever_its_base_says():
    class Other(Relu):
        name = "other"

    found = Other().equivalent("pytorch")
    assert (found.code, found.notes) == ("", ("no equivalent known: activation other",))


def test_what_a_library_lacks_of_a_whole_kind_it_lacks_of_a_part_that_says_nothing():
    note = "steep; activations are identity, logistic, tanh and relu"
    assert Steep().equivalent("scikit-learn") == unsupported(note)


@pytest.mark.parametrize("library", [keras, pytorch])
def test_a_schedule_that_says_only_its_code_is_a_function_of_t(monkeypatch, library):
    monkeypatch.setattr(InverseTime, "equivalents", {})
    built = load_network(IRIS, ["schedule={type: inverse_time, rate: 0.25}"]).built
    code = library.equivalent(built).code
    assert "    return 1 / (1 + 0.25 * t)" in code
    assert "LambdaLR(optimizer, factor)" in code or "* factor(epoch)" in code


def test_two_equivalents_are_one_after_the_other_with_no_note_twice():
    both = Equivalent("a", "x", "y") + unsupported("z") + Equivalent("b", "y")
    assert both == Equivalent("a\nb", "x", "y", "no equivalent: z")


def test_a_long_call_is_folded_after_a_comma_and_means_the_same():
    code = f"total = sum(({', '.join(map(str, range(60)))}))"
    space: dict = {}
    exec(folded(code), space)
    assert space["total"] == sum(range(60))
    assert max(map(len, folded(code).splitlines())) <= 90


@pytest.mark.parametrize(
    ("shape", "softmax", "is_noted"),
    [([8], 1, False), ([4, 2], -1, True), ([2, 2, 2], 1, False), ([1, 2, 2, 2], -1, True)],
)
def test_the_axis_of_features_is_the_last_in_pytorch_too(write, shape, softmax, is_noted):
    hidden = f"[{{type: reshape, shape: {shape}}}, {{type: activation, function: softmax}}, prelu]"
    data = "{type: inline, x: [[1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]], y: [0, 1]}"
    path = write(
        "a.yaml",
        f"data: {{dataset: {data}, task: binary, split: none}}",
        f"network: {{hidden: {hidden[:-1]}, flatten]}}",
    )
    found = pytorch.model(load_network(path).built)
    assert f"nn.Softmax(dim={softmax})" in found.code
    assert (pytorch.OTHER_AXIS in found.notes) == is_noted
