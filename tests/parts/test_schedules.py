"""Schedules: the factor of the learning rate at hand-worked points."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.parts.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    PlateauState,
    ReduceOnPlateau,
    Step,
)
from nncli.registry import find, members

SCHEDULES = list(members("schedule").values())
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda cls: cls.name)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), {0: 1.0, 7: 1.0}),
        (Exponential(rate=0.5), {0: 1.0, 1: math.exp(-0.5), 4: math.exp(-2.0)}),
        (Step(step_size=3, gamma=0.5), {0: 1.0, 2: 1.0, 3: 0.5, 5: 0.5, 6: 0.25, 9: 0.125}),
        (InverseTime(rate=0.5), {0: 1.0, 2: 1 / 2, 6: 1 / 4}),
        # T = 12: a quarter way (1 + cos 45 deg) / 2, half way 1/2, at the end 0
        (Cosine(), {0: 1.0, 3: (1 + math.sqrt(0.5)) / 2, 6: 0.5, 12: 0.0, 15: 0.0}),
        # 0.2 + 0.8 of the above
        (Cosine(floor=0.2), {0: 1.0, 4: 0.2 + 0.8 * 0.75, 6: 0.6, 12: 0.2}),
        (ReduceOnPlateau(), {0: 1.0, 11: 1.0}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_factor_follows_its_formula(schedule, expected):
    for t, factor in expected.items():
        assert schedule.factor(t, 12) == pytest.approx(factor, abs=1e-15)


def test_one_cycle_rises_to_one_and_falls_to_its_end():
    # T = 13, so t / (T - 1) runs over twelfths; it rises over the first quarter: t = 0, ..., 3
    schedule = OneCycle(rise=0.25, start_divisor=5.0, end_divisor=100.0)
    # a third and two thirds up: 1 - 0.8 (1 + cos 60 deg) / 2 = 0.4, 1 - 0.8 (1 + cos 120 deg) / 2
    rising = [schedule.factor(t, 13) for t in range(4)]
    assert rising == pytest.approx([0.2, 0.4, 0.8, 1.0])
    # a third, two thirds and all the way down from 1 to 0.01
    falling = [schedule.factor(t, 13) for t in (6, 9, 12)]
    assert falling == pytest.approx([0.01 + 0.99 * 0.75, 0.01 + 0.99 * 0.25, 0.01])


@every_schedule
@pytest.mark.parametrize("total", [0, 1, 2])
def test_the_shortest_runs_have_a_factor(schedule, total):
    for t in range(total + 1):
        assert 0.0 <= schedule().factor(t, total) <= 1.0


@every_schedule
@settings(deadline=None, derandomize=True, max_examples=50)
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
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("constant", {}),
        ("exponential", {"rate": 0.3}),
        ("step", {"step_size": 3, "gamma": 0.5}),
        ("inverse_time", {"rate": 0.2}),
        ("cosine", {"floor": 0.1}),
        ("one_cycle", {"rise": 0.4}),
    ],
)
def test_the_code_of_a_factor_gives_the_schedules_own_values(name, keys, warmup):
    schedule, space = find("schedule", name)(**keys, warmup=warmup), {}
    exec(schedule.function_code(20), space)
    values = [space["factor"](t) for t in range(20)]
    assert values == pytest.approx([schedule.factor(t, 20) for t in range(20)], rel=1e-12)


def test_every_schedule_but_plateau_has_its_code():
    without = {cls.name for cls in SCHEDULES if not cls().function_code(9)}
    assert without == {"reduce_on_plateau"}


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
