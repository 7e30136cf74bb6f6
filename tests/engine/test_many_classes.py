"""Very many classes: targets by index and outputs chunk by chunk, and the same bits."""

import tracemalloc

import numpy as np
import pytest
from engine_jobs import run_job

from nncli.artifacts.loaded_network import load_network
from nncli.assembly import memory_check
from nncli.data.one_hot import OneHotRows
from nncli.engine import cost
from nncli.engine.evaluator import Evaluator
from nncli.errors import UserError
from nncli.evaluation import scoring
from nncli.parts.decision import LIKELIEST
from nncli.parts.metrics import Metric
from nncli.parts.metrics.class_predictions import ClassPredictions
from nncli.registry import members

IRIS = "data: {dataset: iris}\nnetwork: {hidden: [5]}\n"
TRAINING = "training: {epochs: 3, %s}\n"


@pytest.fixture
def built(tmp_path):
    def make(config):
        path = tmp_path / "it.yaml"
        path.write_text(config)
        return load_network(path).built

    return make


@pytest.fixture
def nothing_is_kept(monkeypatch):
    """Three classes are very many."""

    def begin():
        monkeypatch.setattr(cost, "KEPT_BYTES", 0)
        monkeypatch.setattr(cost, "KEPT_OUTPUTS", 2)

    return begin


@pytest.mark.parametrize(("off", "on"), [(0.0, 1.0), (0.025, 0.925)])
def test_rows_of_indices_are_those_of_a_one_hot_table(off, on):
    y = np.array([2, 0, 3, 3, 1])
    rows, table = OneHotRows(y, 4, off, on, "float32"), np.full((5, 4), off, "float32")
    table[np.arange(5), y] = on
    assert (len(rows), rows.shape, rows.dtype) == (5, (5, 4), np.float32)
    for piece in (slice(0, 5), slice(1, 3), slice(4, 9)):
        np.testing.assert_array_equal(rows[piece], table[piece])
    out, index = np.full((3, 4), np.nan, "float32"), np.array([4, 0, 4])
    rows.take(index, 0, out, "clip")
    np.testing.assert_array_equal(out, table[index])


@pytest.mark.parametrize(
    "loss",
    [
        "cross_entropy",
        "{type: cross_entropy, label_smoothing: 0.1}",
        "focal",
        "mse",
        "{type: binary_cross_entropy, label_smoothing: 0.1}",
    ],
)
@pytest.mark.parametrize(
    "keys",
    [
        "batch_size: 16",
        "batch_size: full, dtype: float32",
        "batch_size: 8, sampling: with_replacement, class_weight: {setosa: 2}",
    ],
)
def test_training_by_index_gives_the_bits_of_one_hot_targets(built, nothing_is_kept, loss, keys):
    config = IRIS + f"loss: {loss}\n" + TRAINING % keys
    dense = built(config)
    expected = run_job(dense.job)
    nothing_is_kept()
    sparse = built(config)
    assert isinstance(dense.job.train.targets, np.ndarray)
    assert isinstance(sparse.job.train.targets, OneHotRows)
    found = run_job(sparse.job)
    np.testing.assert_array_equal(found.thetas, expected.thetas)
    assert [each.loss for each in found.reports] == [each.loss for each in expected.reports]
    assert [each.metrics for each in found.reports] == [each.metrics for each in expected.reports]


@pytest.mark.parametrize("keys", ["engine: compiled", "epochs: 100000"])
def test_the_compiled_engine_trains_from_them_too(built, nothing_is_kept, keys):
    nothing_is_kept()
    found = built(IRIS + f"training: {{{keys}}}")
    assert found.job.training.engine == "compiled"
    assert isinstance(found.job.train.targets, OneHotRows)
    assert not found.warnings


CLASSES, ROWS = 3000, 6000  # one-hot in float32: 72 MB


@pytest.fixture
def many(tmp_path, built):
    random = np.random.default_rng(1)
    lines = [f"{random.random():.3f},c{row % CLASSES:04d}" for row in range(ROWS)]
    (tmp_path / "many.csv").write_text("\n".join(["a,target", *lines]))
    data = "data: {path: many.csv, target: target, split: none}\nnetwork: {hidden: [4]}\n"
    return lambda: built(data + "training: {epochs: 1, dtype: float32, steps_per_epoch: 2}")


def test_the_memory_of_an_epoch_does_not_grow_with_rows_times_classes(many, monkeypatch):
    monkeypatch.setattr(memory_check, "available", lambda: 40 << 20)
    tracemalloc.start()
    try:
        [*reports] = run_job(many().job).reports
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.isfinite([each.loss for each in reports]).all()
    assert {"accuracy", "f1_macro", "log_loss"} <= reports[-1].metrics.keys()
    assert peak < 40 << 20


class Unlikely(Metric):
    """The mean of the smallest probability: of another package, and in need of all of them."""

    name = "unlikely"

    def __call__(self, predictions, truth):
        return float(predictions.min(axis=1).mean())


def test_a_metric_that_needs_all_probabilities_gets_them(built, nothing_is_kept):
    job = built(IRIS).job
    nothing_is_kept()
    theta = job.start().theta
    few, all_ = (
        Evaluator(job.network, theta, job.train, job.decode, metrics)
        for metrics in (job.metrics, {**job.metrics, "unlikely": Unlikely()})
    )
    scores = few.score(), all_.score()
    assert isinstance(few.class_predictions, ClassPredictions)
    assert all_.class_predictions is None
    assert 0 < scores[1].metrics.pop("unlikely") < 1 / 3
    assert scores[0] == scores[1]


METRICS = [cls for cls in members("metric").values() if cls.takes_class_predictions]


@pytest.mark.parametrize("metric", METRICS, ids=lambda cls: cls.name)
def test_a_metric_of_class_predictions_is_that_of_their_probabilities(metric):
    random = np.random.default_rng(2)
    truth, predictions = random.integers(4, size=30), random.dirichlet(np.ones(5), 30)
    kept = ClassPredictions.empty(30, 5, predictions.dtype)
    for rows in (slice(0, 17), slice(17, 30)):
        kept.note(rows, predictions[rows], truth[rows])
    assert metric()(kept, truth) == metric()(predictions, truth)


def test_predicted_classes_are_the_most_probable_ones(built, nothing_is_kept):
    whole = built(IRIS)
    theta, inputs = whole.job.start().theta, whole.job.train.inputs
    expected = whole.model.predict(theta, inputs).argmax(axis=1)
    np.testing.assert_array_equal(whole.model.predict_classes(theta, inputs, LIKELIEST), expected)


def test_a_report_that_memory_cannot_hold_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(scoring, "available", lambda: 1 << 30)
    scoring._refuse_too_many(1000, 100)
    with pytest.raises(UserError, match="a report of 30,000 rows and 100,000 classes would take"):
        scoring._refuse_too_many(30_000, 100_000)
