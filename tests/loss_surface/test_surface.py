"""The loss surface: the path is that of training, and the losses are those of its plane."""

import numpy as np
import pytest

from nncli.engine.evaluator import Evaluator
from nncli.engine.trainer import train
from nncli.errors import UserError
from nncli.loss_surface import surface as module
from nncli.loss_surface.path import Path, main_directions, path_of
from nncli.loss_surface.surface import surface_of

LINE = (
    "data: {dataset: {type: linear_regression, samples: 50, coefficients: [2]}, "
    "preprocessing: none, split: none}",
    "network: {hidden: [], output: {units: 1, activation: identity}}",
    "loss: half_mse",
    "optimizer: {type: gd, learning_rate: 0.5}",
    "training: {epochs: 5}",
)
IRIS = ("data: {dataset: iris}", "network: {hidden: [3]}", "training: {epochs: 4}")


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Fewer places than a picture has."""
    monkeypatch.setattr(module, "STEPS", 7)


def loss_at(job, theta):
    return Evaluator(job.network, theta, job.train, job.decode, {}).run()


def test_two_weights_are_the_axes_and_the_path_is_that_of_training(declared):
    job = declared(*LINE).built.job
    found = surface_of(job)
    state, thetas = job.start(), []
    losses = [report.loss for report in train(job, state) if thetas.append(state.theta.copy()) or 1]
    assert found.names == ("output/W[0,0]", "output/b[0]")
    assert found.path.tolist() == np.array(thetas).tolist()
    assert found.values == pytest.approx(losses, rel=1e-12)
    assert (found.others, found.rows, found.diverged) == (0, 50, False)
    theta = np.array([found.x[2], found.y[5]])
    assert found.losses[5, 2] == pytest.approx(loss_at(job, theta), rel=1e-12)


def test_other_weights_are_held_as_they_are_at_the_end(declared):
    job = declared(*IRIS).built.job
    found = surface_of(job, ("hidden_1/W[3, 2]", "output/b[1]"))
    end = path_of(job).thetas[-1]
    views = job.network.layout.views(end)
    assert found.path[-1] == pytest.approx([views["hidden_1/W"][3, 2], views["output/b"][1]])
    views["hidden_1/W"][3, 2], views["output/b"][1] = found.x[0], found.y[6]
    assert found.losses[6, 0] == pytest.approx(loss_at(job, end), rel=1e-12)
    assert found.others == job.network.layout.trainable - 2


def test_more_weights_have_the_plane_of_the_main_directions_through_the_end(declared):
    job = declared(*IRIS, "output: {log_every: 1}").built.job
    found = surface_of(job)
    path = path_of(job)
    (u, v), shares = main_directions(path, job.network.layout.trainable)
    assert found.path[-1] == pytest.approx([0, 0], abs=1e-12)
    assert [u @ u, v @ v, u @ v] == pytest.approx([1, 1, 0], abs=1e-9)
    assert shares[0] > shares[1] > 0
    assert shares.sum() <= 1 + 1e-12
    assert found.names[0].startswith("direction 1 (")
    theta = path.thetas[-1] + found.x[1] * u + found.y[4] * v
    assert found.losses[4, 1] == pytest.approx(loss_at(job, theta), rel=1e-9)


def test_a_path_along_a_line_has_a_second_direction_all_the_same():
    straight = Path(np.arange(3), np.outer([0, 1, 3], [3.0, 4.0, 0.0]), False)
    (u, v), shares = main_directions(straight, 3)
    assert np.abs(u) == pytest.approx([0.6, 0.8, 0])
    assert [v @ v, u @ v] == pytest.approx([1, 0], abs=1e-9)
    assert shares == pytest.approx([1, 0], abs=1e-12)
    still = Path(np.arange(2), np.ones((2, 3)), False)
    assert np.isfinite(main_directions(still, 3)[0]).all()


def test_training_that_diverges_has_the_path_before(declared):
    lines = [*LINE[:3], "optimizer: {type: gd, learning_rate: 1e200}", LINE[4]]
    found = surface_of(declared(*lines).built.job)
    assert found.diverged
    assert len(found.path) == 1 or np.isfinite(found.path).all()


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (("hidden_1/W", "output/b[0]"), "expected a weight as hidden_1/W[0,0], found 'hidden_1/W'"),
        (
            ("hiden_1/W[0,0]", "output/b[0]"),
            "no trained weights 'hiden_1/W'; known: hidden_1/W, hidden_1/b",
        ),
        (("hidden_1/W[4,0]", "output/b[0]"), "hidden_1/W is 4 x 3, from 0 on: it has no"),
        (("hidden_1/W[0]", "output/b[0]"), "hidden_1/W is 4 x 3"),
        (("output/b[0]", "output/b[0]"), "expected two different weights"),
    ],
)
def test_weights_that_are_not_there_are_said(declared, weights, words):
    with pytest.raises(UserError, match="--weights") as error:
        surface_of(declared(*IRIS).built.job, weights)
    assert words in str(error.value)


def test_a_network_of_one_weight_has_no_surface(declared):
    one = "network: {hidden: [], output: {units: 1, activation: identity, bias: false}}"
    with pytest.raises(UserError, match="a surface takes two weights"):
        surface_of(declared(LINE[0], one, *LINE[2:]).built.job)


def test_the_command_draws_a_config_or_a_run_and_leaves_no_run(nncli, train, write, folder):
    config = write("line.yaml", *LINE)
    done = nncli("plot-surface", config, "-o", "a.svg")
    assert (done.code, done.out, done.err) == (0, "a.svg\n", "")
    assert b"with the path from" in (folder / "a.svg").read_bytes()
    assert not (folder / "runs").exists()
    run = train(config).path
    of_run = nncli("plot-surface", run, "--weights", "output/b[0]", "output/W[0,0]")
    assert of_run.out == "line-001-surface.png\n"
    wrong = nncli("plot-surface", config, "--weights", "a", "b")
    assert wrong.code == 2
    assert "line.yaml: --weights: expected a weight as output/W[0,0], found 'a'" in wrong.err
