"""Scores at fixed parameters: in chunks, without chance, without a trace."""

import numpy as np
import pytest
from engine_jobs import make_job

from nncli.engine import cost
from nncli.engine.evaluator import EvaluationSet, Evaluator
from nncli.parts.activations import Softmax
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import CrossEntropy, HalfMse
from nncli.parts.metrics import Accuracy, F1Macro
from nncli.parts.regularizers import L2


@pytest.fixture
def job():
    hidden = [Dense(8, kernel_regularizer=L2(0.1)), BatchNorm(), Dropout(0.5)]
    metrics = {"accuracy": Accuracy(), "f1_macro": F1Macro()}
    return make_job(hidden, Dense(3, Softmax()), CrossEntropy(), rows=50, metrics=metrics)


def make_evaluator(job, theta):
    return Evaluator(job.network, theta, job.train, job.decode, job.metrics)


@pytest.mark.parametrize("rows_at_once", [1, 7, 25, 50])
def test_chunks_score_as_all_rows_at_once(job, monkeypatch, rows_at_once):
    theta = job.start().theta
    whole = make_evaluator(job, theta)
    expected = whole.score()
    monkeypatch.setattr(cost, "CHUNK_NUMBERS", 8 * rows_at_once)  # 8: the widest layer
    chunked = make_evaluator(job, theta)
    found = chunked.score()
    assert chunked.forward.workspace.rows == rows_at_once
    assert found.loss == pytest.approx(expected.loss, rel=1e-13)
    assert found.metrics == expected.metrics
    np.testing.assert_allclose(chunked.outputs, whole.outputs, rtol=1e-13)


def test_scores_follow_the_parameters(job):
    theta = job.start().theta
    evaluator = make_evaluator(job, theta)
    before = evaluator.score()
    theta *= 1.5
    assert evaluator.score().loss != before.loss


def test_scoring_leaves_the_parameters_as_they_are(job):
    theta = job.start().theta
    make_evaluator(job, theta).score()
    np.testing.assert_array_equal(theta, job.start().theta)


def test_scoring_twice_gives_the_same_score(job):
    evaluator = make_evaluator(job, job.start().theta)
    assert evaluator.score() == evaluator.score()


def test_a_row_s_outputs_do_not_depend_on_the_other_rows(job):
    theta = job.start().theta
    evaluator = make_evaluator(job, theta)
    evaluator.run()
    train = job.train
    some = EvaluationSet({"x": train.x[10:20]}, train.targets[10:20], truth=train.truth[10:20])
    part = Evaluator(job.network, theta, some, job.decode, job.metrics)
    part.run()
    np.testing.assert_allclose(part.outputs, evaluator.outputs[10:20], rtol=1e-13)
    np.testing.assert_allclose(part.outputs.sum(axis=1), 1.0, rtol=1e-13)


def test_a_loss_over_rows_is_the_mean_of_their_losses():
    job = make_job([], loss=HalfMse(), rows=2)
    evaluator = make_evaluator(job, job.start().theta)
    loss = evaluator.run()
    (first,), (second,) = evaluator.outputs - job.train.targets
    assert loss == pytest.approx((first**2 + second**2) / (2 * 2), rel=1e-14)
