"""The report on several labels: averages, calibration, pictures, and a linear model for each."""

import numpy as np
import pytest
from report_samples import report
from sklearn.linear_model import LogisticRegression

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.rows import X
from nncli.evaluation import class_plots
from nncli.evaluation.label_scores import averages, drawn, per_label
from nncli.evaluation.linear_model import STRENGTH, linear_model

NAMES = ("a", "b", "c")


def sample(rows=200, shares=(0.5, 0.2, 0.0)):
    """(predictions, truth): the third label has no rows."""
    random = np.random.default_rng(0)
    truth = (random.random((rows, len(shares))) < shares).astype(float)
    return np.clip(0.3 + 0.4 * truth + 0.3 * random.standard_normal(truth.shape), 0, 1), truth


def test_shares_of_nothing_are_zero_and_undefined_areas_no_numbers():
    predictions, truth = sample()
    scores = per_label(np.minimum(predictions, [1, 1, 0.4]), truth, NAMES)["c"]
    assert (scores.precision, scores.recall, scores.f1, scores.rows) == (0, 0, 0, 0)
    assert np.isnan(scores.roc_auc)
    assert np.isnan(scores.average_precision)
    assert scores.accuracy == 1.0


def test_averages_of_two_rows_match_hand_worked_values():
    predictions, truth = np.array([[0.9, 0.8], [0.7, 0.1]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    found = averages(predictions, truth)
    # label 1: tp 1, fp 1; label 2: fp 1
    assert (found["macro"].precision, found["micro"].precision) == (1 / 4, 1 / 3)
    assert (found["macro"].recall, found["micro"].recall) == (1 / 2, 1)
    assert found["macro"].accuracy == found["micro"].accuracy == 2 / 4
    assert found["macro"].rows == found["micro"].rows == 1


def test_curves_are_drawn_of_labels_that_vary():
    assert [name for name, *_ in drawn(*sample(), NAMES)] == ["a", "b"]


def test_calibration_is_that_of_all_labels_together():
    predictions, truth = sample()
    bins = report(predictions, truth, labels=NAMES).calibration
    assert bins.rows.sum() == truth.size
    assert (bins.share * bins.rows).sum() == pytest.approx(truth.sum())


@pytest.mark.parametrize("draw", [class_plots.roc, class_plots.precision_recall])
def test_pictures_name_labels(draw):
    predictions, truth = sample()
    axes = draw(report(predictions, truth, labels=NAMES), "run-001").axes[0]
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [entry.split()[-1] for entry in entries[:2]] == ["a", "b"]
    assert axes.get_legend().get_title().get_text().endswith("label")
    assert draw(report(predictions, truth * 0, labels=NAMES), "run-001") is None


def test_each_label_has_a_linear_model_of_its_own():
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((60, 2)), sample(60)[1]
    rows = EvaluationSet({X: x}, truth, truth=truth)
    found = linear_model(rows, rows, 0, has_labels=True, seed=0).predictions
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    for label in (0, 1):
        model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(scaled, truth[:, label])
        np.testing.assert_allclose(found[:, label], model.predict_proba(scaled)[:, 1], rtol=1e-6)
    assert (found[:, 2] == 0).all()  # which no training row has
