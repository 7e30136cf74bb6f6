"""The doctor's numbers, against arithmetic done here."""

import json
import math

import numpy as np
import pytest
from doctor_runs import DIABETES, IRIS, MOONS, check, examined, layers, trained
from engine_jobs import make_job
from safetensors.numpy import load_file

from nncli.doctor import candidates
from nncli.doctor.diagnose import diagnose
from nncli.doctor.diagnosed_run import MAX_ROWS, DiagnosedRun
from nncli.doctor.forward import BaselineLosses, loss_of, perfect_guess
from nncli.doctor.step_statistics import stopped_weights
from nncli.engine.training_settings import EarlyStopping
from nncli.parts.activations import Relu, Sigmoid

GATE = "data: {dataset: and_gate}\nnetwork: {hidden: []}\ntraining: {epochs: 1}\n"


def test_the_ratio_of_plain_descent_is_rate_times_gradient_over_weights(tmp_path):
    run = trained(tmp_path, GATE, "optimizer={type: gd, learning_rate: 0.25}")
    # after one epoch, one step: W <- W - 0.25 g, so what moved is 0.25 |g| / |W|
    [layer] = diagnose(run).layers
    start = DiagnosedRun.of_run(run).start.theta
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    a = 1 / (1 + np.exp(-(x @ start[:2] + start[2])))
    dz = (a - [0, 0, 0, 1]) / 4
    gradient = np.append(x.T @ dz, dz.sum())
    expected = 0.25 * np.linalg.norm(gradient) / np.linalg.norm(start)
    assert layer.moved == pytest.approx(expected, rel=1e-12)


def test_outputs_that_start_at_zero_cost_ln_of_the_classes(tmp_path):
    report = examined(tmp_path, IRIS, "network.output.kernel_initializer=zeros")
    assert check(report, "loss at the start").result == (
        f"{math.log(3):.4g} at epoch 0, against ln 3 = {math.log(3):.4g}"
    )


FOCAL = "loss={type: binary_focal, gamma: 2, alpha: 0.3}"
SMOOTHED = "loss={type: focal, label_smoothing: 0.1}"


def test_an_even_guess_of_a_focal_loss_is_called_that(tmp_path):
    report = examined(tmp_path, MOONS, FOCAL, "network.output.kernel_initializer=zeros")
    # 60 rows each of (0.3 + 0.7) / 2 (1 - 1/2)^2 ln 2
    cost = f"{0.125 * math.log(2):.4g}"
    found = check(report, "loss at the start").result
    assert found.endswith(f"at epoch 0, against the {cost} of an even guess")


@pytest.mark.parametrize("loss", [FOCAL, SMOOTHED, "loss={type: bce, label_smoothing: 0.2}"])
def test_no_constant_answer_costs_less_than_the_best_and_none_more_than_all(tmp_path, loss):
    config = "data: {dataset: iris}" if "focal, label" in loss else MOONS
    run = DiagnosedRun.of_run(trained(tmp_path, config, loss, "training.epochs=1"))
    part, rows = run.network.loss, run.rows
    known = BaselineLosses.of(part, rows)
    grid = np.linspace(0.02, 0.98, 97)[:, None]
    answers = (
        grid if part.matched is Sigmoid else [[p, (1 - p) / 2, (1 - p) / 2] for p in grid[:, 0]]
    )
    costs = [loss_of(part, np.array([answer]), rows) for answer in answers]
    assert known.mean <= min(costs) + 1e-9
    assert min(costs) < 1.01 * known.mean
    one = rows.at(np.array([0]))
    of_one = [loss_of(part, np.array([answer]), one) for answer in answers]
    perfect = loss_of(part, perfect_guess(part, one.targets), one)
    assert perfect <= min(of_one) + 1e-9


def test_dead_units_are_those_that_no_row_switches_on(tmp_path):
    run = trained(tmp_path, MOONS, layers(1, units=32), "optimizer.learning_rate=0.3")
    [hidden, _] = diagnose(run).layers
    weights, diagnosed = load_file(run / "model.safetensors"), DiagnosedRun.of_run(run)
    z = diagnosed.job.train.x @ weights["hidden_1/W"] + weights["hidden_1/b"]
    assert hidden.dead == int((z <= 0).all(axis=0).sum())


def test_saturated_values_have_lost_98_percent_of_their_slope(tmp_path):
    run = trained(tmp_path, MOONS, layers(1, units=16, activation="tanh"), "training.epochs=100")
    [hidden, _] = diagnose(run).layers
    weights, diagnosed = load_file(run / "model.safetensors"), DiagnosedRun.of_run(run)
    z = diagnosed.job.train.x @ weights["hidden_1/W"] + weights["hidden_1/b"]
    assert hidden.saturated == pytest.approx((1 - np.tanh(z) ** 2 < 0.02).mean())


def test_divergence_is_placed_where_training_itself_stopped(tmp_path, capsys):
    run = trained(tmp_path, DIABETES, "optimizer={type: sgd, learning_rate: 100}")
    told = capsys.readouterr().err  # training diverged in epoch 2 at step 17: ...
    report = diagnose(run)
    place = check(report, "divergence").result
    assert place.startswith("training diverged in epoch")
    assert place in told
    assert report.findings[0].value == int(place.partition("step ")[2].partition(":")[0])


def test_weights_that_never_were_finite_are_found_before_the_first_step(tmp_path):
    huge = {"type": "normal", "std": 1e300}
    report = examined(tmp_path, DIABETES, layers(2, units=8, kernel_initializer=huge))
    first = report.findings[0]
    assert (first.check, first.edit.key) == ("divergence", "network.hidden")
    assert first.message.startswith("diverged before the first step")


def test_a_long_table_is_looked_at_in_part_and_that_is_said(tmp_path):
    config = "data: {dataset: {type: linear_regression, samples: 20000}}\n"
    report = examined(tmp_path, config, "training={epochs: 2, batch_size: 1000}")
    assert (report.looked_at, report.rows) == (MAX_ROWS, 14_000)


def test_two_examinations_say_the_same(tmp_path):
    run = trained(tmp_path, MOONS, "optimizer.learning_rate=5")
    first, second = (json.dumps(diagnose(run).to_json()) for _ in range(2))
    assert first == second


def test_a_run_that_is_examined_stays_as_it_is(tmp_path):
    run = trained(tmp_path, MOONS, "network.hidden=[]")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    diagnose(run)
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_trial_ends_where_the_run_s_own_stopping_would_end_it():
    stopping = EarlyStopping("loss", patience=2, min_delta=10.0)
    stops, goes_on = make_job(epochs=50, early_stopping=stopping), make_job(epochs=50)
    kept = stopped_weights(stops, stops.start(), 50)
    np.testing.assert_array_equal(kept, stops.start().theta)  # no epoch is better by 10
    assert not np.array_equal(stopped_weights(goes_on, goes_on.start(), 50), kept)


def test_an_edit_of_layers_is_as_short_as_a_user_would_write_it(tmp_path):
    hidden = (
        "[batch_norm, 8, {type: dense, units: 4, activation: tanh}, {type: dropout, rate: 0.1}]"
    )
    run = trained(tmp_path, MOONS, f"network.hidden={hidden}", "training.epochs=1")
    [edit] = candidates.leaky(DiagnosedRun.of_run(run))
    assert str(edit) == (
        "network.hidden=[batch_norm, {type: dense, units: 8, activation: leaky_relu}, "
        "{type: dense, units: 4, activation: tanh}, {type: dropout, rate: 0.1}]"
    )
    back = candidates.hidden_activation(DiagnosedRun.of_run(run), Relu())
    assert str(back[0]) == "network.hidden=[batch_norm, 8, 4, {type: dropout, rate: 0.1}]"
