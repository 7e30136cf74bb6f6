"""Decisions and the choice of a threshold: the rule at ties, and that no threshold is better."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

import nncli
from nncli.parts.decision import LIKELIEST, Decision
from nncli.parts.metrics import (
    Accuracy,
    BalancedAccuracy,
    F1Macro,
    MatthewsCorrcoef,
    RocAuc,
    confusion,
)
from nncli.parts.threshold_choice import SCORES, ChosenThreshold, Costs, choose_threshold
from nncli.untrusted_files.array_headers import Malformed

METRICS = {
    "accuracy": Accuracy(),
    "balanced_accuracy": BalancedAccuracy(),
    "f1_macro": F1Macro(),
    "matthews_corrcoef": MatthewsCorrcoef(),
}
GOALS = [*SCORES, Costs(false_positive=1.0, false_negative=5.0)]


def probabilities(second):
    second = np.asarray(second)
    return np.column_stack([1 - second, second])


def worth(goal, second, is_true, threshold):
    """What a threshold is worth by the metrics that the rest of the program has."""
    predictions, truth = probabilities(second), is_true.astype(int)
    decision = Decision(threshold)
    if goal == "f1":
        return f1_score(truth, decision(predictions), zero_division=0)
    if isinstance(goal, Costs):
        (_, fp), (fn, _) = confusion(predictions, truth, decision)
        return -(goal.false_positive * fp + goal.false_negative * fn) / len(truth)
    return METRICS[goal].deciding(decision)(predictions, truth)


@st.composite
def rows(draw):
    """Probabilities with ties, zeros and ones among them, and rows of both classes."""
    truth = draw(st.lists(st.booleans(), min_size=2, max_size=12))
    truth[:2] = [True, False]
    grid = st.sampled_from([0.0, 0.1, 0.25, 0.5, np.nextafter(0.5, 1), 0.75, 1.0])
    second = draw(st.lists(grid, min_size=len(truth), max_size=len(truth)))
    return np.array(second), np.array(truth)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal if isinstance(goal, str) else "costs")
@settings(max_examples=80)
@given(data=rows())
@example(data=(np.array([0.0, 0.0]), np.array([True, False])))
@example(data=(np.array([1.0, 1.0]), np.array([True, False])))
def test_no_threshold_is_better_than_the_chosen_one(goal, data):
    second, is_true = data
    made = choose_threshold(second, is_true, goal)
    sign = -1 if isinstance(goal, Costs) else 1
    assert 0 <= made.threshold <= 1
    assert worth(goal, second, is_true, made.threshold) == pytest.approx(sign * made.value)
    assert worth(goal, second, is_true, 0.5) == pytest.approx(sign * made.at_half)
    others = np.concatenate([second, np.nextafter(second, 1), np.linspace(0, 1, 41)])
    decided = {Decision(other)(probabilities(second)).tobytes(): other for other in others}
    best = max(worth(goal, second, is_true, other) for other in decided.values())
    assert sign * made.value >= best - 1e-12


def test_nothing_else_decides():
    """A class that is the likeliest of a row is an argmax along an axis; one-hot rows are none."""
    deciding = [
        path.name
        for path in sorted(Path(nncli.__file__).parent.rglob("*.py"))
        if "argmax(axis=" in path.read_text()
    ]
    scripts = ["answers.py", "data.py"]  # of PyTorch, without nncli; one-hot targets of NumPy's
    assert sorted(deciding) == [*scripts, "decision.py"]


def test_a_probability_that_equals_the_threshold_is_the_first_class():
    assert Decision(0.3)(probabilities([0.2, 0.3, 0.4])).tolist() == [0, 0, 1]
    even = probabilities([0.5, 0.5 - 2**-54, 0.5 + 2**-53])
    assert Decision(0.5)(even).tolist() == LIKELIEST(even).tolist() == [0, 0, 1]


def test_float32_probabilities_do_not_round_the_threshold():
    low, high = np.float32(0.3), np.nextafter(np.float32(0.3), np.float32(1))
    second, is_true = np.array([low, high]), np.array([False, True])
    made = choose_threshold(second, is_true, "f1")
    assert float(low) < made.threshold < float(high)
    assert Decision(made.threshold)(probabilities(second)).tolist() == [0, 1]
    next_to = np.array([0.3, np.nextafter(0.3, 1)])  # nothing lies between them
    assert choose_threshold(next_to, is_true, "f1").threshold == 0.3


def test_of_thresholds_that_are_worth_the_same_the_nearest_to_a_half_is_chosen():
    second, is_true = np.array([0.1, 0.2, 0.9]), np.array([False, False, True])
    assert choose_threshold(second, is_true, "f1").threshold == 0.5
    assert choose_threshold(second * 0.5, is_true, "f1").threshold == pytest.approx(0.275)
    even = np.array([0.1, 0.2]), np.array([True, False])  # balanced accuracy 0.5 or less
    assert choose_threshold(*even, "balanced_accuracy").threshold == 0.5


def test_costs_of_calibrated_probabilities_part_them_where_theory_does():
    random = np.random.default_rng(0)
    second = random.random(200_000)
    is_true = random.random(200_000) < second
    for costs in (
        Costs(false_positive=1, false_negative=5),
        Costs(false_positive=3.0, false_negative=1.0),
    ):
        made = choose_threshold(second, is_true, costs)
        theory = costs.false_positive / (costs.false_positive + costs.false_negative)
        assert costs.calibrated == theory
        assert made.threshold == pytest.approx(theory, abs=0.02)
        assert made.value < made.at_half


def test_probabilities_that_are_not_finite_leave_the_threshold_at_a_half():
    made = choose_threshold(np.array([np.nan, 0.2]), np.array([True, False]), "f1")
    assert made == ChosenThreshold(0.5, None, None, 2)


def test_metrics_of_classes_follow_the_decision_and_those_of_ranks_do_not():
    predictions, truth = probabilities([0.1, 0.3, 0.4, 0.2]), np.array([0, 1, 1, 0])
    assert Accuracy()(predictions, truth) == 0.5
    assert Accuracy().deciding(Decision(0.25))(predictions, truth) == 1.0
    assert RocAuc().deciding(Decision(0.25))(predictions, truth) == RocAuc()(predictions, truth)
    assert Accuracy().deciding(Decision(0.25)) == Accuracy()  # as a part it is what it was


@pytest.mark.parametrize(
    "change",
    [{"threshold": 1.5}, {"threshold": "0.5"}, {"threshold": True}, {"rows": 1.5}, {"value": []}],
)
def test_a_recorded_threshold_of_another_kind_is_refused(change):
    value = dataclasses.asdict(ChosenThreshold(0.3, 0.8, 0.7, 10))
    assert ChosenThreshold.from_json({**value, "maximize": "f1"}).threshold == 0.3
    with pytest.raises(Malformed):
        ChosenThreshold.from_json({**value, **change})
    with pytest.raises(Malformed):
        ChosenThreshold.from_json([])
