"""Weights that a config takes from a file are in the code of other libraries as well."""

from types import SimpleNamespace

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.cli.model_summary import model_summary
from nncli.explain import keras, pytorch, scikit_learn

FILE = "{type: from_file, path: w.%s}"
KERNEL = np.arange(24.0).reshape(2, 4, 1, 3)  # height, width, channels, filters


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_keras_is_given_the_tensors_of_the_file(tmp_path, suffix):
    tensors = {"hidden_2/W": np.ones((3, 2)), "output/W": np.ones((2, 1)), "output/b": np.ones(1)}
    if suffix == "npz":
        np.savez(tmp_path / "w.npz", **tensors)
    else:
        pytest.importorskip("safetensors.numpy").save_file(tensors, tmp_path / "w.safetensors")
    given = FILE % suffix
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {dataset: {type: inline, x: [[1, 2], [3, 4]], y: [1, 2]}}\n"
        "network:\n"
        "  hidden:\n"
        "    - {type: dense, units: 3, activation: silu}\n"
        f"    - {{type: dense, units: 2, activation: elu, kernel_initializer: {given}}}\n"
        f"  output: {{kernel_initializer: {given}, bias_initializer: {given}}}\n"
    )
    found = keras.model(load_network(path).built)
    lines = found.code.splitlines()
    inside = lines[lines.index("model = keras.Sequential([") + 2 : lines.index("])")]
    load = "np.load" if suffix == "npz" else "load_file"
    module = "import numpy as np" if suffix == "npz" else "from safetensors.numpy import load_file"
    assert lines[0] == module
    places = {}
    for line in lines[lines.index("])") + 1 :]:
        target, _, source = line.partition(".assign(")
        place = int(target.partition("[")[2].partition("]")[0])
        places[source] = inside[place].split("(")[1].split(",")[0], target.rpartition(".")[2]
    assert places == {
        f"{load}('w.{suffix}')[\"hidden_2/W\"])": ("2", "kernel"),
        f"{load}('w.{suffix}')[\"output/W\"])": ("1", "kernel"),
        f"{load}('w.{suffix}')[\"output/b\"])": ("1", "bias"),
    }
    assert not any("from_file" in note for note in found.notes)


def test_numbers_of_the_config_are_in_the_code_as_they_are(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {dataset: {type: inline, x: [[1, 2], [3, 4]], y: [1, 2]}}\n"
        "network:\n"
        "  hidden: []\n"
        "  output:\n"
        "    kernel_initializer: {type: values, values: [[0.25], [3]]}\n"
        "    bias_initializer: {type: values, values: [-1]}\n"
    )
    built = load_network(path).built
    code = keras.model(built).code.splitlines()
    assert "model.layers[0].kernel.assign([[0.25], [3.0]])" in code
    assert "model.layers[0].bias.assign([-1.0])" in code
    code = pytorch.model(built).code.splitlines()
    assert "model[0].weight.data = torch.tensor([[0.25], [3.0]]).T" in code
    assert "model[0].bias.data = torch.tensor([-1.0])" in code


class Tensor(np.ndarray):
    """An array with the method of PyTorch's tensors that code for kernels calls."""

    def permute(self, *axes):
        return self.transpose(axes)

    def numel(self):
        return self.size


TORCH = SimpleNamespace(
    tensor=lambda values: np.array(values).view(Tensor),
    linspace=lambda *arguments: np.linspace(*arguments).view(Tensor),
)


@pytest.mark.parametrize(
    "given",
    ["linspace", FILE % "npz", f"{{type: values, values: {KERNEL.tolist()}}}"],
    ids=["rule", "file", "config"],
)
def test_kernels_of_conv2d_are_turned_as_pytorch_has_them(tmp_path, given, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("w.npz", **{"hidden_1/W": KERNEL})
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {dataset: digits}\n"
        "network:\n"
        "  hidden:\n"
        "    - {type: conv2d, filters: 3, kernel_size: [2, 4], kernel_initializer: "
        f"{given}}}\n"
        "    - flatten\n"
    )
    built = load_network(path).built
    line = next(each for each in pytorch.model(built).code.splitlines() if ".weight.data" in each)
    weight = SimpleNamespace(data=np.empty((3, 1, 2, 4)).view(Tensor))
    weight.numel = weight.data.numel
    exec(line, {"torch": TORCH, "np": np, "model": [SimpleNamespace(weight=weight)]})
    start = built.network.nodes[0].layer.kernel_initializer
    kernel = start(KERNEL.shape, np.random.default_rng(0), "hidden_1/W")
    assert np.array_equal(weight.data, np.moveaxis(kernel, (3, 2), (0, 1)))


def test_alpha_of_an_image_has_the_axes_that_keras_shares(tmp_path):
    alpha = "{type: prelu, alpha_initializer: {type: values, values: %s}}"
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {dataset: digits}\n"
        "network:\n"
        "  hidden:\n"
        "    - {type: conv2d, filters: 2, kernel_size: 8}\n"
        f"    - {alpha % [0.1, 0.2]}\n"
        "    - flatten\n"
        f"    - {alpha % [0.3, 0.4]}\n"
    )
    code = keras.model(load_network(path).built).code.splitlines()
    assert "model.layers[1].alpha.assign([[[0.1, 0.2]]])" in code
    assert "model.layers[3].alpha.assign([0.3, 0.4])" in code


def test_a_tensor_frozen_alone_is_so_in_other_libraries(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {dataset: {type: inline, x: [[1, 2], [3, 4]], y: [1, 2]}}\n"
        "network:\n"
        "  hidden: [{type: dense, units: 2, trainable: {W: false}}]\n"
        "  output: {trainable: {b: false}}\n"
    )
    built = load_network(path).built
    code = keras.model(built).code.splitlines()
    assert "model.layers[0].kernel.trainable = False" in code
    assert "model.layers[1].bias.trainable = False" in code
    code = pytorch.model(built).code.splitlines()
    assert "model[0].weight.requires_grad_(False)" in code
    assert "model[2].bias.requires_grad_(False)" in code
    assert (
        "no equivalent: layers without bias, or frozen ones" in scikit_learn.equivalent(built).notes
    )
    rows = [line.split() for line in model_summary(built).splitlines()]
    assert ["hidden_1", "dense,", "relu", "2", "->", "2", "6", "(W", "frozen)"] in rows
    assert ["parameters", "4", "trained"] in rows  # two of hidden_1/b, two of output/W
