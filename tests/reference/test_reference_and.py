"""configs/and_gate_long.yaml and and_float.yaml: a line that separates, and a corner."""

import numpy as np
import pytest
from config_runs import run

from nncli.engine.evaluator import Evaluator


@pytest.fixture(scope="module")
def gate():
    return run("and_gate_long")


@pytest.mark.parametrize(
    ("updates", "loss"),
    [(10_001, 0.06687091), (20_002, 0.03468915), (50_005, 0.01393988), (100_010, 0.00692871)],
)
def test_the_gate_s_loss_falls_as_in_the_reference(gate, updates, loss):
    # small random starts differ by one or two updates' worth of loss
    reached = next(report.loss for report in gate.reports if report.epoch == updates)
    assert reached == pytest.approx(loss, rel=5e-4)


def test_the_gate_ends_at_the_reference_weights(gate):
    assert gate.last.epoch == 100_011
    np.testing.assert_allclose(gate.tensors["output/W"], [[9.2726], [9.2726]], atol=2e-4)
    np.testing.assert_allclose(gate.tensors["output/b"], [-14.0789], atol=2e-4)


def test_the_gate_s_predictions_are_the_reference_s(gate):
    job = gate.built.job
    evaluator = Evaluator(job.network, gate.state.weights, job.train, job.decode, job.metrics)
    evaluator.run()
    rows_00_01_10_11 = evaluator.outputs.ravel()
    expected = [7.7e-07, 0.00811, 0.00811, 0.98864]
    np.testing.assert_allclose(rows_00_01_10_11, expected, rtol=0, atol=5e-6)
    assert rows_00_01_10_11[0] == pytest.approx(7.7e-07, rel=0.01)


def test_one_sigmoid_unit_recognizes_nine_of_ten_points_held_back():
    assert mean_accuracy("network.hidden=[]") >= 0.90


def test_a_hidden_layer_recognizes_nearly_all_points_held_back():
    assert mean_accuracy() > 0.97


def mean_accuracy(*assignments):
    """Of and_float's test rows, over some seeds."""
    runs = [run("and_float", *assignments, f"seed={seed}") for seed in range(8)]
    return np.mean([each.accuracy("test") for each in runs])
