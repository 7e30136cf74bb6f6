"""Metrics: every one of them held against scikit-learn's, and the corners by hand."""

import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from sklearn.preprocessing import label_binarize

from nncli.parts.metrics import (
    DEFAULTS,
    R2,
    Accuracy,
    AveragePrecision,
    BalancedAccuracy,
    Brier,
    F1Macro,
    LogLoss,
    MatthewsCorrcoef,
    PrecisionMacro,
    RecallMacro,
    RocAuc,
    RootMeanSquaredError,
)
from nncli.registry import members

METRICS = list(members("metric").values())
BY_TASK = {
    task: [cls for cls in METRICS if task in cls.tasks]
    for task in ("binary", "classification", "multilabel", "regression")
}


def by_label(score, **options):
    """A score of predicted labels."""
    return lambda p, t: score(t, p.argmax(axis=1), **options)


def precision_averaged(p, t):
    """Over the classes that have rows; scikit-learn counts the others 0."""
    present = np.unique(t)
    if len(present) < 2:
        return np.nan
    if p.shape[1] == 2:
        return sklearn_metrics.average_precision_score(t, p[:, 1])
    truth = label_binarize(t, classes=range(p.shape[1]))[:, present]
    return sklearn_metrics.average_precision_score(truth, p[:, present], average="macro")


def correlated(p, t):
    if len(np.unique(t)) < 2:
        return np.nan
    return sklearn_metrics.matthews_corrcoef(t, p.argmax(axis=1))


SCIKIT_LEARN = {
    "accuracy": by_label(sklearn_metrics.accuracy_score),
    "balanced_accuracy": by_label(sklearn_metrics.balanced_accuracy_score),
    "precision_macro": by_label(sklearn_metrics.precision_score, average="macro", zero_division=0),
    "recall_macro": by_label(sklearn_metrics.recall_score, average="macro", zero_division=0),
    "f1_macro": by_label(sklearn_metrics.f1_score, average="macro", zero_division=0),
    "average_precision": precision_averaged,
    "matthews_corrcoef": correlated,
    "log_loss": lambda p, t: sklearn_metrics.log_loss(t, p, labels=range(p.shape[1])),
    "brier": lambda p, t: sklearn_metrics.brier_score_loss(t, p[:, 1], pos_label=1),
    "roc_auc": lambda p, t: sklearn_metrics.roc_auc_score(t, p[:, 1]),
    "mse": lambda p, t: sklearn_metrics.mean_squared_error(t, p),
    "rmse": lambda p, t: sklearn_metrics.root_mean_squared_error(t, p),
    "mae": lambda p, t: sklearn_metrics.mean_absolute_error(t, p),
    "median_absolute_error": lambda p, t: sklearn_metrics.median_absolute_error(t, p),
    "max_error": lambda p, t: sklearn_metrics.max_error(t.ravel(), p.ravel()),
    "r2": lambda p, t: sklearn_metrics.r2_score(t, p),
}


def of_labels(score, **options):
    """A score of decided labels."""
    return lambda p, t: score(t, (p > 0.5).astype(int), **options)


def label_losses(p, t):
    """scikit-learn's log_loss, a label at a time."""
    losses = [sklearn_metrics.log_loss(*both, labels=[0, 1]) for both in zip(t.T, p.T, strict=True)]
    return np.mean(losses)


def label_precision_averaged(p, t):
    """NaN, as scikit-learn's roc_auc, and not 0, where a label has no rows."""
    if (t.sum(axis=0) == 0).any():
        return np.nan
    return sklearn_metrics.average_precision_score(t, p, average="macro")


OF_LABELS = {
    "accuracy": of_labels(sklearn_metrics.accuracy_score),
    "hamming_loss": of_labels(sklearn_metrics.hamming_loss),
    "log_loss": label_losses,
    "roc_auc": lambda p, t: sklearn_metrics.roc_auc_score(t, p, average="macro"),
    "average_precision": label_precision_averaged,
    **{
        f"{name}_{average}": of_labels(
            getattr(sklearn_metrics, f"{name}_score"), average=average, zero_division=0
        )
        for name in ("precision", "recall", "f1")
        for average in ("macro", "micro")
    },
}


def scikit_learn(metric, predictions, truth):
    """Its score, without what it warns of: classes without rows, and such."""
    of_task = OF_LABELS if "multilabel" in metric.tasks and truth.ndim == 2 else SCIKIT_LEARN
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return of_task[metric.name](predictions, truth)


@st.composite
def classified(draw, classes):
    """Probabilities with many ties, zeros and ones among them, and true classes, some missing."""
    rows = draw(st.integers(1, 12))
    weights = draw(
        st.lists(st.sampled_from([0, 0, 1, 2, 5]), min_size=rows * classes, max_size=rows * classes)
    )
    weights = np.array(weights, float).reshape(rows, classes)
    weights[weights.sum(axis=1) == 0] = 1.0
    truth = draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    return weights / weights.sum(axis=1, keepdims=True), np.array(truth)


@st.composite
def labelled(draw):
    """Probabilities of several labels with ties, halves, zeros and ones, and which are there."""
    shape = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    cells = shape[0] * shape[1]
    shares = st.sampled_from([0.0, 0.25, 0.5, 0.5000001, 0.75, 1.0])
    predictions = draw(st.lists(shares, min_size=cells, max_size=cells))
    truth = draw(st.lists(st.integers(0, 1), min_size=cells, max_size=cells))
    return np.reshape(predictions, shape), np.reshape(truth, shape).astype(float)


@st.composite
def regressed(draw):
    """Eighths, whose sums are exact, so that a column without spread has exactly none."""
    rows, targets = draw(st.integers(2, 12)), draw(st.integers(1, 3))
    eighths = st.lists(
        st.integers(-40, 40).map(lambda n: n / 8),
        min_size=rows * targets,
        max_size=rows * targets,
    ).map(lambda values: np.array(values).reshape(rows, targets))
    return draw(eighths), draw(eighths)


def assert_scores_agree(metric, predictions, truth):
    with np.errstate(all="raise", under="ignore"):
        found = metric()(predictions, truth)
    assert type(found) is float
    expected = scikit_learn(metric, predictions, truth)
    close = pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    assert found == close, (predictions, truth)
    low, high = metric.bounds
    assert np.isnan(found) or low - 1e-12 <= found <= high + 1e-12


EVEN = np.full((3, 2), 0.5)
BY_HAND = {
    "binary": [
        (EVEN, np.array([0, 1, 1])),  # nothing but ties
        (EVEN, np.array([1, 1, 1])),  # one class only
        (EVEN, np.array([0, 0, 0])),
    ],
    "classification": [],
    "multilabel": [
        (EVEN, np.eye(3)[:, :2]),  # nothing but ties, no label predicted
        (np.ones((3, 2)), np.zeros((3, 2))),  # no row has any label
    ],
    "regression": [(np.ones((2, 1)), np.ones((2, 1))), (np.zeros((2, 1)), np.ones((2, 1)))],
}
DRAWN = {
    "binary": classified(2),
    "classification": st.integers(2, 5).flatmap(classified),
    "multilabel": labelled(),
    "regression": regressed(),
}


@cache
def cases(task):
    """(predictions, truth) of a task: some by hand, and 60 drawn, once for all of its metrics."""
    found = list(BY_HAND[task])

    @settings(max_examples=60)
    @given(DRAWN[task])
    def keep(case):
        found.append(case)

    keep()
    return found


@pytest.mark.parametrize(
    ("task", "metric"),
    [(task, metric) for task, all_ in BY_TASK.items() for metric in all_],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_metrics_agree_with_scikit_learn(task, metric):
    found = cases(task)
    assert len(found) >= 60
    for predictions, truth in found:
        assert_scores_agree(metric, predictions, truth)


def test_every_metric_is_held_against_scikit_learn():
    assert {cls.name for cls in METRICS} == SCIKIT_LEARN.keys() | OF_LABELS.keys()
    assert {cls.name for cls in BY_TASK["multilabel"]} == OF_LABELS.keys()
    assert all(cls.tasks for cls in METRICS)
    assert all(np.isfinite(cls.bounds).any() for cls in METRICS)


# six rows of three classes; the class 2 is never true, the class 1 is predicted once
PREDICTED, TRUE = [0, 0, 0, 0, 1, 2], [0, 0, 0, 1, 1, 1]
PROBABILITIES = np.eye(3)[PREDICTED]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Accuracy(), 4 / 6),
        (BalancedAccuracy(), (3 / 3 + 1 / 3) / 2),  # over the classes that have rows
        (PrecisionMacro(), (3 / 4 + 1 / 1 + 0) / 3),
        (RecallMacro(), (3 / 3 + 1 / 3 + 0) / 3),
        (F1Macro(), (6 / 7 + 2 / 4 + 0) / 3),  # 2 tp / (2 tp + fp + fn)
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_class_metrics_match_hand_worked_values(metric, expected):
    assert metric(PROBABILITIES, np.array(TRUE)) == pytest.approx(expected)


# four rows of two labels: the first is told right in three rows, the second in two
LABEL_PROBABILITIES = np.array([[0.9, 0.2], [0.8, 0.6], [0.4, 0.7], [0.6, 0.5]])
LABELS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 2 / 4),  # rows 1 and 3
        ("hamming_loss", 3 / 8),  # 0.6 for 0, 0.6 for 0, and 0.5, which is no more likely than not
        ("f1_macro", (4 / 5 + 2 / 4) / 2),  # tp 2, fp 1, fn 0; tp 1, fp 1, fn 1
        ("f1_micro", 6 / 9),  # tp 3, fp 2, fn 1
        ("precision_micro", 3 / 5),
        ("recall_micro", 3 / 4),
        ("roc_auc", (4 / 4 + 3 / 4) / 2),  # of 2 x 2 pairs each
        ("average_precision", (1 + (1 / 1 + 2 / 3) / 2) / 2),  # 1, 1; 0.7 first, 0.5 third
    ],
)
def test_label_metrics_match_hand_worked_values(name, expected):
    metric = members("metric")[name]()
    assert metric(LABEL_PROBABILITIES, LABELS) == pytest.approx(expected)


def test_roc_auc_of_a_label_that_never_varies_is_not_a_number_and_says_why():
    truth = np.array([[1, 0], [0, 0]])
    assert np.isnan(RocAuc()(np.full((2, 2), 0.5), truth))
    assert RocAuc().undefined(truth) == "all of them, or none, have a label"
    assert AveragePrecision().undefined(truth) == "none has one label"
    assert not RocAuc().undefined(LABELS)
    assert not AveragePrecision().undefined(LABELS)


def test_ranking_metrics_match_hand_worked_values():
    score = np.array([0.1, 0.4, 0.4, 0.8])
    predictions, truth = np.column_stack([1 - score, score]), np.array([0, 1, 0, 1])
    # of the 2 x 2 pairs: 0.4 > 0.1, 0.4 = 0.4 counts a half, 0.8 is above both
    assert RocAuc()(predictions, truth) == pytest.approx(3.5 / 4)
    # (0.01 + 0.36 + 0.16 + 0.04) / 4
    assert Brier()(predictions, truth) == pytest.approx(0.57 / 4)
    # -(ln 0.9 + ln 0.4 + ln 0.6 + ln 0.8) / 4
    assert LogLoss()(predictions, truth) == pytest.approx(-np.log(0.9 * 0.4 * 0.6 * 0.8) / 4)


@pytest.mark.parametrize(
    ("sure", "truth"), [(np.eye(2), np.array([0, 1])), (np.eye(2), np.eye(2))], ids=["", "labels"]
)
def test_log_loss_of_rows_that_are_sure_and_right_is_0_and_not_minus_0(sure, truth):
    assert str(LogLoss()(sure, truth)) == "0.0"


def test_log_loss_of_an_impossible_class_is_finite():
    assert LogLoss()(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(2.0**-52))


def test_roc_auc_of_one_class_is_not_a_number():
    assert np.isnan(RocAuc()(EVEN, np.ones(3, int)))


@pytest.mark.parametrize("metric", [RocAuc(), AveragePrecision(), MatthewsCorrcoef()])
@pytest.mark.parametrize("only", [0, 1])
def test_what_tells_classes_apart_is_undefined_for_one_and_says_why(metric, only):
    truth = np.full(3, only)
    assert np.isnan(metric(EVEN, truth))
    assert metric.undefined(truth) == "they have one class only"
    assert not metric.undefined(np.array([0, 1, 1]))


def test_average_precision_of_equal_scores_is_the_share_of_the_second_class():
    assert AveragePrecision()(EVEN, np.array([0, 1, 1])) == pytest.approx(2 / 3)


def test_average_precision_matches_a_hand_worked_value():
    score = np.array([0.9, 0.8, 0.8, 0.4])
    predictions, truth = np.column_stack([1 - score, score]), np.array([1, 1, 0, 1])
    # thresholds 0.9, 0.8, 0.4: recall 1/3, 2/3, 3/3 and precision 1/1, 2/3, 3/4
    assert AveragePrecision()(predictions, truth) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_matthews_corrcoef_matches_a_hand_worked_value():
    predictions, truth = np.eye(2)[[1, 1, 1, 0, 0]], np.array([1, 1, 0, 0, 1])
    # tp 2, tn 1, fp 1, fn 1: (2 - 1) / sqrt(3 * 3 * 2 * 2)
    assert MatthewsCorrcoef()(predictions, truth) == pytest.approx(1 / 6)


def test_matthews_corrcoef_of_many_rows_does_not_overflow():
    truth = np.arange(200_000) % 2
    assert MatthewsCorrcoef()(np.eye(2)[truth], truth) == 1.0


def test_r2_of_one_row_is_not_a_number():
    assert np.isnan(R2()(np.ones((1, 1)), np.ones((1, 1))))


@pytest.mark.parametrize(("miss", "expected"), [(0.0, 1.0), (0.5, 0.0)])
def test_r2_of_a_target_without_spread_is_one_or_zero(miss, expected):
    truth = np.full((3, 1), 0.1)  # whose mean is not 0.1 but 0.10000000000000002
    assert R2()(truth + miss, truth) == expected


def test_rmse_averages_the_roots_of_the_targets():
    # targets off by 3 and by 4: (3 + 4) / 2, not sqrt((9 + 16) / 2)
    assert RootMeanSquaredError()(np.array([[3.0, 4.0]]), np.zeros((1, 2))) == 3.5


@pytest.mark.parametrize("metric", METRICS, ids=lambda cls: cls.name)
def test_a_better_prediction_scores_better(metric):
    if "regression" in metric.tasks:
        truth = np.array([[1.0], [2.0], [4.0]])
        better, worse = truth + 0.1, truth[::-1]
    elif metric.tasks == {"multilabel"}:
        truth = np.array([[0, 1], [1, 0], [1, 1]])
        better, worse = truth * 0.8 + 0.1, (1 - truth) * 0.8 + 0.1
    else:
        truth = np.array([0, 1, 1])
        better, worse = np.eye(2)[truth] * 0.8 + 0.1, np.eye(2)[1 - truth] * 0.8 + 0.1
    gain = metric()(better, truth) - metric()(worse, truth)
    assert gain > 0 if metric.is_score else gain < 0


@pytest.mark.parametrize("task", DEFAULTS)
def test_default_metrics_apply_to_their_task(task):
    for metric in DEFAULTS[task]:
        assert task in metric.tasks
