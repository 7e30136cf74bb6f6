"""What a check is made of: numbers and their limits, candidates, and the one that is chosen."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnose import CHECKS
from nncli.doctor.edit import Edit

EDIT = Edit("training.epochs", "10", cause="likely cause: too few steps")
POOR, GOOD = SimpleNamespace(learned_little=True), SimpleNamespace(learned_little=False)


def first(run, edits, measured):
    return Fix(edits[0], f"tried at {measured}")


CRITERION = Criterion(
    number=lambda measured: measured,
    message=lambda measured: f"it is {measured}",
    candidates=lambda run: [EDIT],
    choose=first,
    least=1.0,
    most=2.0,
)


def ask(measured, *criteria, run=POOR, is_explained=False):
    check = Check("size", "Is it between 1 and 2?", Rank.CAUSE, lambda run: measured, criteria)
    return check.ask(run, is_explained=is_explained)


@pytest.mark.parametrize("number", [1.0, 1.5, 2.0])
def test_a_number_within_its_limits_is_in_order(number):
    assert ask(number, CRITERION).finding is None


@pytest.mark.parametrize("number", [0.99, 2.01, math.inf, math.nan])
def test_a_number_beyond_a_limit_is_a_finding_with_the_chosen_edit(number):
    result = ask(number, CRITERION)
    assert result.result == str(number)
    finding = result.finding
    assert (finding.check, finding.edit, finding.tried) == ("size", EDIT, f"tried at {number}")
    assert finding.message == f"it is {number}; likely cause: too few steps"
    assert str(finding.value) == str(number)


def test_limits_may_be_measured_as_well():
    criterion = replace(CRITERION, most=lambda measured: measured + 1)
    assert ask(3.0, criterion).finding is None


def test_a_number_that_tells_nothing_violates_nothing():
    assert ask(3.0, replace(CRITERION, number=lambda measured: None)).finding is None


def test_what_matters_where_little_was_learned_is_in_order_elsewhere():
    criterion = replace(CRITERION, where_little_learned=True)
    assert ask(3.0, criterion, run=POOR).finding is not None
    assert ask(3.0, criterion, run=GOOD).finding is None


def test_the_first_violated_criterion_that_can_be_mended_is_told():
    hopeless = replace(CRITERION, choose=lambda run, edits, measured: None)
    other = replace(CRITERION, message=lambda measured: "told", value=lambda measured: 7)
    finding = ask(3.0, hopeless, other, CRITERION).finding
    assert finding.message.startswith("told; ")
    assert finding.value == 7


def test_of_what_is_explained_no_edit_is_tried():
    def choose(run, edits, measured):
        raise AssertionError

    result = ask(3.0, replace(CRITERION, choose=choose), is_explained=True)
    assert (result.result, result.finding) == ("3.0", None)


def test_where_there_is_nothing_to_measure_the_answer_is_the_reason():
    result = ask("skipped: no numbers", CRITERION)
    assert (result.result, result.finding) == ("skipped: no numbers", None)


def test_checks_have_names_and_questions_of_their_own_and_end_with_symptoms():
    assert len({check.name for check in CHECKS}) == len({check.question for check in CHECKS})
    assert all("?" in check.question for check in CHECKS)
    ranks = [check.rank for check in CHECKS if check.name != "overfitting"]
    assert ranks == sorted(ranks, key=list(Rank).index)
