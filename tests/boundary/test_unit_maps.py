"""plot-boundary --units: what each unit of a hidden layer says, in numbers and as a picture."""

import numpy as np
import pytest

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.boundary import grid, unit_activations_plot
from nncli.boundary.unit_activations import units_of


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Fewer places than a picture has."""
    monkeypatch.setattr(grid, "STEPS", 120)


@pytest.fixture
def reader(train, write):
    """reader(hidden): a run of two features, read."""

    def call(hidden="[3, {type: dense, units: 2, activation: tanh}]", *lines):
        config = write(
            "some.yaml",
            "data: {dataset: {type: moons, samples: 40}, preprocessing: none}",
            f"network: {{hidden: {hidden}}}",
            "training: {epochs: 1}",
            *lines,
        )
        return RunReader(RunDirectory.open(train(config).path))

    return call


def test_activations_are_those_of_the_layer_at_each_place(reader):
    run = reader()
    w = run.model.network.layout.views(run.theta)
    first, second = (units_of(run, None, layer) for layer in ("first", "hidden_2"))
    x, y = first.axes
    place = np.array([x.values[7], y.values[100]])
    z = place @ w["hidden_1/W"] + w["hidden_1/b"]
    assert first.layer == "hidden_1"
    assert first.activations.shape == (120, 120, 3)
    assert first.scores[100, 7] == pytest.approx(z)
    assert first.activations[100, 7] == pytest.approx(np.maximum(z, 0))
    deeper = np.tanh(np.maximum(z, 0) @ w["hidden_2/W"] + w["hidden_2/b"])
    assert second.activations[100, 7] == pytest.approx(deeper)


def test_a_layer_without_scores_has_maps_all_the_same(reader):
    units = units_of(reader("[3, dropout]"), None, "hidden_2")
    assert units.scores is None
    assert units.activations.shape[-1] == 3


def test_many_units_are_folded_and_said(reader, nncli, monkeypatch):
    monkeypatch.setattr(unit_activations_plot, "MAX_UNITS", 3)
    run = reader("[5]")
    figure = unit_activations_plot._figure(units_of(run, None, "first"))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["1", "2", "3", ""]  # the colour bar
    assert "2 more units aren't drawn" in figure._supxlabel.get_text()
    done = nncli("plot-boundary", run.run.path, "--units", "-o", "units.svg")
    assert (done.code, done.out, done.err) == (0, "units.svg\n", "")


def test_over_one_feature_units_are_curves_and_others_are_held(nncli, iris, folder):
    done = nncli("plot-boundary", iris.path, "--units", "hidden_1", "--features", "petal_width")
    assert (done.code, done.out) == (0, "iris-001-hidden_1.png\n")
    units = units_of(RunReader(RunDirectory.open(iris.path)), "petal_width", "first")
    assert units.activations.shape[0] == 120
    assert "sepal_width" in units.held
    assert "held at their median" in unit_activations_plot._figure(units)._supxlabel.get_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--units", "hiden_2"), "--units: unknown layer 'hiden_2' (did you mean 'hidden_2'?)"),
        (("--units", "output"), "--units: unknown layer 'output'; known: hidden_1, hidden_2"),
        (("--units", "--target", "y"), "--target is for predictions: a hidden unit has none"),
    ],
)
def test_what_is_no_hidden_layer_is_said(reader, nncli, arguments, words):
    done = nncli("plot-boundary", reader().run.path, *arguments)
    assert done.code == 2
    assert words in done.err


def test_a_network_without_hidden_layers_says_so(nncli, train, gate):
    done = nncli("plot-boundary", train(gate).path, "--units")
    assert done.code == 2
    assert "this network has no hidden layer" in done.err
