"""Inputs that don't lie in memory: the same training, bit for bit, a chunk or a batch at a time."""

from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, on_disk, run_job

from nncli.engine import cost, passes
from nncli.engine.evaluator import Evaluator
from nncli.errors import Diverged
from nncli.parts.activations import Identity, Softmax, Tanh
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import CrossEntropy, HalfMse
from nncli.parts.metrics import Accuracy
from nncli.parts.optimizers import Adam, Lbfgs, Sgd

CHUNK = 7


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(cost, "CHUNK_NUMBERS", 6 * CHUNK)  # 6: the widest layer


def make_classifier(**settings):
    hidden = [Dense(6, Tanh()), BatchNorm(), Dropout(0.3)]
    settings = {"optimizer": Adam(0.01), "val_rows": 10, "rows": 20, **settings}
    output, metrics = Dense(3, Softmax()), {"accuracy": Accuracy()}
    return make_job(hidden, output, CrossEntropy(), metrics=metrics, **settings)


def assert_equal_runs(job):
    expected, stored = run_job(job), on_disk(job)
    found = run_job(stored)
    np.testing.assert_array_equal(found.thetas, expected.thetas)
    for one, other in zip(found.reports, expected.reports, strict=True):
        assert replace(one, seconds=0) == replace(other, seconds=0)
    assert max(stored.train.x.reads) == max(job.batch_rows, CHUNK)
    if stored.val is not None:
        assert max(stored.val.x.reads) == CHUNK


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sampling", ["shuffle", "without_replacement", "with_replacement"])
@pytest.mark.parametrize("batch_size", [6, 20, "full"])
def test_training_is_the_same(sampling, batch_size, dtype):
    assert_equal_runs(make_classifier(sampling=sampling, batch_size=batch_size, dtype=dtype))


def test_weighted_training_is_the_same():
    job = make_classifier(batch_size=6)
    assert_equal_runs(replace(job, train=replace(job.train, weights=np.linspace(0.5, 1.5, 20))))


def test_lbfgs_is_the_same():
    assert_equal_runs(make_job([Dense(5, Tanh())], optimizer=Lbfgs(), epochs=10, inputs=6))


def test_a_run_that_was_stopped_goes_on_the_same():
    job = make_classifier(batch_size=6)
    stored = on_disk(job)
    state = run_job(stored, stop=StopAfter(6)).state
    run_job(stored, state)
    np.testing.assert_array_equal(state.theta, run_job(job).state.theta)


def test_divergence_is_found_the_same():
    def message(job):
        with pytest.raises(Diverged) as found:
            run_job(job)
        return str(found.value)

    job = make_job([], Dense(1, Identity()), HalfMse(), optimizer=Sgd(1e200), batch_size=6)
    assert message(on_disk(job)) == message(job)


def test_all_rows_in_one_step_are_read_once():
    stored = on_disk(make_classifier(batch_size="full", epochs=4))
    run_job(stored)
    assert stored.train.x.reads.count(20) == 1


def test_chunks_of_one_size_are_recorded_once(monkeypatch):
    recorded, forward = [], passes.forward

    def count(network, values):
        recorded.append(len(values[0].x))
        forward(network, values)

    monkeypatch.setattr(passes, "forward", count)
    job = make_classifier(rows=30)
    stored = on_disk(job)
    Evaluator(job.network, job.start().theta, stored.train, job.decode, {})
    assert recorded == [CHUNK, 30 % CHUNK]
    assert not stored.train.x.reads


def test_a_score_reads_each_row_once_in_its_order():
    job = make_classifier(rows=30)
    stored = on_disk(job)
    theta = job.start().theta
    found, expected = (
        Evaluator(job.network, theta, rows, job.decode, job.metrics)
        for rows in (stored.train, job.train)
    )
    assert found.score() == expected.score()
    np.testing.assert_array_equal(found.outputs, expected.outputs)
    assert stored.train.x.reads == [7, 7, 7, 7, 2]
