"""Runs that went astray without leaving the finite numbers, or never got anywhere."""

import numpy as np
import pytest
from doctor_runs import DIABETES, IRIS, MOONS, check, examined, layers, trained

from nncli.artifacts.open_model import trained_model
from nncli.doctor.diagnose import diagnose
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.report.model_document import document_of

RAW = "data.preprocessing=none"
BLOWN_UP = {
    "diabetes": (
        DIABETES,
        [RAW, "network.hidden=[8, 8]", "optimizer={type: sgd, learning_rate: 1.0}"],
    ),
    "iris": (
        IRIS,
        [RAW, "network.hidden=[16, 16]", "optimizer={type: sgd, learning_rate: 1000}"],
    ),
}
TOO_SLOW = [RAW, "network.hidden=[4]", "optimizer={type: sgd, learning_rate: 1.0e-4}"]
FIRST_STEP = "not enough alone; train with it and ask again"


def share_left(folder, config, *assignments):
    return DiagnosedRun.of_run(trained(folder, config, *assignments)).share


@pytest.mark.parametrize("name", BLOWN_UP)
def test_a_loss_that_blew_up_without_overflowing_is_a_divergence_and_its_edit_a_fix(tmp_path, name):
    config, assignments = BLOWN_UP[name]
    report = examined(tmp_path, config, *assignments)
    [finding] = report.findings
    assert (finding.check, finding.edit.key) == ("divergence", "optimizer.learning_rate")
    assert " at epoch 0 to " in finding.message
    assert " at epoch 1; at the end it was " in finding.message
    assert " is too large" in finding.message
    assert share_left(tmp_path, config, *assignments, str(finding.edit)) < 0.9


def test_an_edit_that_ends_worse_than_guessing_is_no_fix(tmp_path):
    """Scaling alone leaves 3,540 times the loss of guessing: better than the run, and no use."""
    config, assignments = BLOWN_UP["diabetes"]
    scaled = "data.preprocessing={numeric: {scale: standard}}"
    run = trained(tmp_path, config, *assignments)
    before = DiagnosedRun.of_run(run).share
    assert 1 < share_left(tmp_path, config, *assignments, scaled) < before
    assert all(str(finding.edit) != scaled for finding in diagnose(run).findings)


def test_where_no_edit_is_enough_alone_the_first_step_is_given_as_such(tmp_path):
    config, assignments = BLOWN_UP["diabetes"]
    report = examined(tmp_path, config, *assignments, "training.epochs=1")
    [finding] = report.findings
    assert finding.edit.key == "optimizer.learning_rate"
    assert finding.tried.endswith(f"after 10 steps: {FIRST_STEP}")
    assert "times the loss of guessing" in finding.message


def test_a_divergence_that_does_not_come_again_is_no_clean_bill(tmp_path, monkeypatch):
    run = trained(tmp_path, DIABETES, "optimizer={type: sgd, learning_rate: 100}")
    monkeypatch.setattr("nncli.doctor.divergence.recurrence", lambda run: None)
    first = diagnose(run).findings[0]
    assert first.message.startswith("it diverged, but does not here: ")
    assert first.edit.key == "optimizer.learning_rate"


def test_rates_are_lowered_until_one_is_sane(tmp_path):
    """From 1e9 the fourth power of ten below is as hopeless."""
    huge = "optimizer={type: sgd, learning_rate: 1.0e+9}"
    report = examined(tmp_path, IRIS, "network.hidden=[16, 16]", huge)
    first = report.findings[0]
    assert first.edit.key == "optimizer.learning_rate"
    assert float(first.edit.value) <= 1.0
    assert first.tried.endswith(" steps")


@pytest.mark.parametrize("epochs", [1, 3])
def test_worse_than_guessing_is_never_a_clean_bill(tmp_path, epochs):
    assignments = [*TOO_SLOW, f"training.epochs={epochs}"]
    report = examined(tmp_path, IRIS, *assignments)
    first = report.findings[0]
    assert first.edit.key == "optimizer.learning_rate"
    before = share_left(tmp_path, IRIS, *assignments)
    assert share_left(tmp_path, IRIS, *assignments, str(first.edit)) < before / 2


def test_a_run_of_one_epoch_is_told_that_its_steps_are_too_few(tmp_path):
    assignments = ["network.hidden=[16]", "optimizer={type: sgd, learning_rate: 0.01}"]
    report = examined(tmp_path, IRIS, *assignments, "training={epochs: 1, batch_size: full}")
    first = report.findings[0]
    assert (first.check, first.edit.key) == ("guessing", "training.epochs")
    assert first.message.startswith("worse than guessing: ")
    assert first.message.endswith("likely cause: 1 step is too few")


def test_every_trial_says_of_what_it_left_a_share(tmp_path):
    config, assignments = BLOWN_UP["diabetes"]
    report = examined(tmp_path, config, *assignments, "training.epochs=1")
    assert "that loss" not in report.findings[0].message + report.findings[0].tried


def test_gradients_that_are_rounding_do_not_vanish(tmp_path):
    """All weights 0 and classes balanced: the output's gradient is a sum that cancels."""
    zeros = layers(1, units=8, activation="tanh", kernel_initializer="zeros")
    config = "data: {dataset: {type: moons, samples: 120}, split: {type: none}}\n"
    output = "network.output={kernel_initializer: zeros}"
    report = examined(tmp_path, config, zeros, output, "training.epochs=10")
    assert {finding.check for finding in report.findings} == {"twin units"}
    assert check(report, "gradients").result.endswith("which may be 0, rounded")


def test_gradients_that_do_vanish_are_not_taken_for_rounding(tmp_path):
    deep = layers(20, units=8, activation="sigmoid")
    report = examined(tmp_path, MOONS, deep, "training.dtype=float32")
    assert report.findings[0].check == "gradients"


def test_what_is_said_of_the_initial_weights_and_of_the_first_steps_differs_by_name(tmp_path):
    config, assignments = BLOWN_UP["diabetes"]
    report = examined(tmp_path, config, *assignments, "training.epochs=1")
    assert report.layers[0].gradient_norm_early == 0  # the median, after the first step killed it
    assert check(report, "gradients").result.startswith("at the initial weights 153 in hidden_1")
    largest = float(check(report, "steps").result.rpartition(" ")[2])
    assert largest > 1e6, "one of the steps blew up the weights"


def test_rows_learned_by_heart_are_not_taken_for_a_small_learning_rate(tmp_path):
    """The weights kept are those of epoch 0, as noise is no better told by any later ones."""
    cells = np.random.default_rng(0).normal(size=(60, 120))
    lines = [",".join([*(f"c{n}" for n in range(120)), "t"])]
    lines += [",".join([*(f"{c:.2f}" for c in row), "ab"[n % 2]]) for n, row in enumerate(cells)]
    (tmp_path / "noise.csv").write_text("\n".join(lines) + "\n")
    config = (
        "data: {path: noise.csv, target: t}\nnetwork: {hidden: [32]}\n"
        "optimizer: {type: adam, learning_rate: 0.01}\n"
        "training: {epochs: 12, early_stopping: {patience: 20}}\n"
    )
    run = trained(tmp_path, config)
    [finding] = [each for each in diagnose(run).findings if each.check == "guessing"]
    assert "it fell to 0.0" in finding.message
    assert finding.edit.key == "network.hidden"
    assert any(
        "untrained weights" in warning for warning in document_of(trained_model(run)).warnings
    )
