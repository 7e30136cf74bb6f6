"""Schedules: the factor of the learning rate at hand-worked points."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_part_cases import SCHEDULES as CASES

from nncli.parts.schedules import (
    Constant,
    Exponential,
    PlateauState,
    ReduceOnPlateau,
)
from nncli.registry import members

SCHEDULES = list(members("schedule").values())
EXAMPLES = [example for examples in CASES.values() for example in examples]
every_example = pytest.mark.parametrize(
    ("schedule", "total", "expected"), EXAMPLES, ids=[part.name for part, *_ in EXAMPLES]
)
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda cls: cls.name)


@every_example
def test_factor_follows_its_formula(schedule, total, expected):
    for t, factor in expected.items():
        assert schedule.factor(t, total) == pytest.approx(factor, rel=1e-15, abs=1e-15)


@every_schedule
@pytest.mark.parametrize("total", [0, 1, 2])
def test_the_shortest_runs_have_a_factor(schedule, total):
    for t in range(total + 1):
        assert 0.0 <= schedule().factor(t, total) <= 1.0


@every_schedule
@settings(max_examples=50)
@given(total=st.integers(1, 10**6), share=st.floats(0, 1), warmup=st.integers(0, 100))
def test_the_factor_is_between_zero_and_one(schedule, total, share, warmup):
    factor = schedule(warmup=warmup).factor(int(share * total), total)
    assert 0.0 <= factor <= 1.0


@every_schedule
def test_warmup_rises_in_equal_steps_and_the_formula_starts_after_it(schedule):
    plain, warmed = schedule(), schedule(warmup=4)
    assert [warmed.factor(t, 20) for t in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert [warmed.factor(t + 4, 20) for t in range(16)] == [plain.factor(t, 16) for t in range(16)]


def test_only_a_constant_without_warmup_is_constant():
    assert Constant().is_constant
    assert not Constant(warmup=3).is_constant
    assert not Exponential().is_constant


@pytest.mark.parametrize("warmup", [0, 4])
@every_example
def test_the_code_of_a_factor_gives_the_schedules_own_values(schedule, total, expected, warmup):
    schedule, space = replace(schedule, warmup=warmup), {}
    if not schedule.code:
        assert schedule.name == "reduce_on_plateau"  # whose factor is no function of t
        return
    exec(schedule.function_code(total), space)
    values = [space["factor"](t) for t in range(total)]
    assert values == pytest.approx([schedule.factor(t, total) for t in range(total)], rel=1e-12)


def observed(schedule, values):
    """The factor in force after each observed value."""
    state, factors = PlateauState(), []
    for value in values:
        state = schedule.observe(state, value)
        factors.append(state.factor)
    return factors


def test_plateau_divides_after_patience_epochs_without_improvement():
    schedule = ReduceOnPlateau(gamma=0.5, patience=2)
    # 3 is the best; 4 and 3 don't beat it: half.  2 does; 2 and 2 don't: a quarter
    assert observed(schedule, [3, 4, 3, 2, 2, 2]) == [1, 1, 0.5, 0.5, 0.5, 0.25]


def test_an_improvement_starts_the_waiting_again():
    schedule = ReduceOnPlateau(gamma=0.5, patience=2)
    assert observed(schedule, [3, 4, 2, 4, 1, 4]) == [1] * 6


def test_an_improvement_of_min_delta_at_most_does_not_count():
    schedule = ReduceOnPlateau(gamma=0.5, patience=1, min_delta=0.25)
    # 2.75 is better than 3 by 0.25 only; 2.5 by more
    assert observed(schedule, [3, 2.75, 2.5]) == [1, 0.5, 0.5]


def test_the_plateau_factor_stops_at_its_least():
    schedule = ReduceOnPlateau(gamma=0.1, patience=1, min_factor=0.05)
    assert observed(schedule, [1, 1, 1, 1]) == pytest.approx([1, 0.1, 0.05, 0.05])
