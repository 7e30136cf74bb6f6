"""plot-weights: the matrices of a run as maps, and of each unit as a picture."""

import numpy as np
import pytest

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.errors import UserError
from nncli.weight_maps import weight_plots
from nncli.weight_maps.weights import WeightMap, image_shape_of, weight_maps


@pytest.fixture
def reader(iris):
    return RunReader(RunDirectory.open(iris.path))


def test_every_layer_s_matrix_is_there_with_the_names_of_inputs(reader, iris):
    maps = weight_maps(reader)
    assert [each.layer for each in maps] == ["hidden_1", "output"]
    for each in maps:
        assert each.values.tolist() == iris.weights[f"{each.layer}/W"].tolist()
    assert maps[0].inputs == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert maps[1].inputs == ()


def test_sparsity_is_the_share_of_weights_near_0():
    half = WeightMap("output", np.array([[1.0, 0.0], [0.005, -0.5]]))
    assert half.sparsity == 0.5
    assert WeightMap("output", np.zeros((2, 2))).sparsity == 1.0


def test_l1_shows_as_sparsity(train, write):
    lines = ("data: {dataset: iris}", "training: {epochs: 60}", "optimizer: sgd")
    found = []
    for strength in (0.0, 0.1):
        layer = f"{{type: dense, units: 4, kernel_regularizer: {{type: l1, l1: {strength}}}}}"
        run = train(write("it.yaml", *lines, f"network: {{hidden: [{layer}]}}"))
        found.append(weight_maps(RunReader(RunDirectory.open(run.path)))[0].sparsity)
    assert found[1] > found[0]


def test_a_kernel_s_windows_are_rows(train, write):
    run = train(
        write(
            "conv.yaml",
            "data: {dataset: digits, train_rows: 50}",
            "network: {input: {shape: [8, 8, 1]}, "
            "hidden: [{type: conv2d, filters: 3, kernel_size: 3}, flatten]}",
            "training: {epochs: 1}",
        )
    )
    first = weight_maps(RunReader(RunDirectory.open(run.path)))[0]
    assert first.values.shape == (9, 3)
    assert image_shape_of(None, first) == (3, 3)


def test_a_unit_s_picture_has_its_weights_row_by_row(monkeypatch):
    weights = WeightMap("hidden_1", np.arange(12.0).reshape(6, 2))
    figure = weight_plots._unit_images_figure(weights, (2, 3), "it")
    shown = [axes.images[0].get_array().tolist() for axes in figure.axes[:2]]
    assert shown == [[[0, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]
    monkeypatch.setattr(weight_plots, "MAX_UNITS", 1)
    folded = weight_plots._unit_images_figure(weights, (2, 3), "it")
    assert "2 units, 1 more aren't drawn" in folded.get_suptitle()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "has 6 inputs, which are no square: --shape ROWSxCOLUMNS"),
        ("2x4", "--shape: 2 x 4 isn't hidden_1's 6 inputs"),
        ("2,3", "--shape: expected ROWSxCOLUMNS, as 8x8, found '2,3'"),
    ],
)
def test_a_shape_that_inputs_have_not_is_said(shape, words):
    with pytest.raises(UserError) as error:
        image_shape_of(shape, WeightMap("hidden_1", np.zeros((6, 2))))
    assert words in str(error.value)


def test_the_command_draws_maps_or_pictures(nncli, iris, folder):
    done = nncli("plot-weights", iris.path, "-o", "a.svg")
    assert (done.code, done.out, done.err) == (0, "a.svg\n", "")
    assert b"petal_width" in (folder / "a.svg").read_bytes()
    assert nncli("plot-weights", iris.path, "--pictures").out == "iris-001-weights.png\n"
    assert nncli("plot-weights", iris.path, "--layer", "output", "-o", "b.png").code == 0
    wrong = nncli("plot-weights", iris.path, "--layer", "hiden_1")
    assert "no weights of a layer 'hiden_1' (did you mean 'hidden_1'?)" in wrong.err
    assert nncli("plot-weights", iris.path, "--shape", "2x2").code == 2
