"""The learning-rate range test: rates, losses, and where they tell which rate to take."""

import math

import numpy as np
import pytest

from nncli.engine.plan import Plan
from nncli.lr_finder.range_test import RangeTest, range_test

LINE = (
    "data: {dataset: {type: linear_regression, samples: 64}, preprocessing: none, split: none}",
    "network: {hidden: [], output: {units: 1, activation: identity}}",
    "loss: half_mse",
    "optimizer: {type: gd, learning_rate: 0.3}",
)


def found_of(opened, low=1e-4, high=100.0, steps=60):
    job = opened.built.job
    return range_test(job, job.start().theta, low, high, steps)


def test_rates_grow_by_the_same_factor_and_the_first_loss_is_that_of_the_start(declared):
    opened = declared(*LINE)
    found = found_of(opened)
    job, state = opened.built.job, opened.built.job.start()
    plan = Plan.of(job, state, gather=False)
    plan.record_gradient(64)()
    assert found.losses[0] == plan.loss(64)
    assert found.own == 0.3
    assert found.rates[0] == 1e-4
    ratios = found.rates[1:] / found.rates[:-1]
    assert ratios == pytest.approx(np.full(len(ratios), 1e6 ** (1 / 59)))


def test_each_step_is_one_of_gradient_descent_with_the_rate_of_its_place(declared):
    opened = declared(*LINE)
    found = found_of(opened, high=0.1, steps=10)
    job, state = opened.built.job, opened.built.job.start()
    plan = Plan.of(job, state, gather=False)
    for rate, loss in zip(found.rates, found.losses, strict=True):
        plan.record_gradient(64)()
        assert loss == pytest.approx(plan.loss(64), rel=1e-12)
        state.theta -= rate * plan.gradient


def test_it_ends_where_the_loss_runs_away(declared):
    found = found_of(declared(*LINE))
    assert found.has_risen
    assert found.has_fallen
    assert not found.is_open
    assert len(found.rates) < 60
    # half_mse of a line over standard normal x: steps beyond 2 / curvature grow
    assert 0.1 < found.rates[found.least] < 4
    assert found.rates[found.steepest] < found.rates[found.least]
    assert found.below_least == found.rates[found.least] / 10


def test_the_schedule_momentum_and_seed_are_no_obstacle_and_it_repeats(declared):
    lines = "data: {dataset: iris}", "optimizer: {type: adam}", "schedule: {type: cosine}"
    first, again = (found_of(declared(*lines), steps=30) for _ in range(2))
    assert first.losses.tolist() == again.losses.tolist()
    assert first.has_fallen


def test_a_range_that_ends_too_soon_says_so(declared):
    found = found_of(declared(*LINE), high=0.01)
    assert found.is_open
    assert not found.has_risen


def seen(losses, smoothed=None):
    values = np.array(losses, dtype=float)
    own = values if smoothed is None else np.array(smoothed, dtype=float)
    return RangeTest(np.logspace(-3, 0, len(values)), values, own, 0.1, has_risen=False)


def test_noise_is_no_fall():
    noisy = [1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.2, 0.9]
    assert not seen(noisy, [1.0, 1.0, 1.0, 1.0, 0.99, 0.98, 0.98, 0.98]).has_fallen
    assert not seen([1.0, 1.1, 1.3, 2.0]).has_fallen
    assert seen([1.0, 1.1, 1.3, 2.0]).steepest == 0
    assert seen([1.0, 1.0, 0.9, 0.5]).has_fallen


def test_the_steepest_place_is_within_the_fall():
    dip = [1.0, 0.95, 0.95, 0.9, 0.6, 0.3, 0.2, 0.15, 0.5, 0.1]
    found = seen(dip)
    assert found.steepest in (4, 5)


def test_a_rate_that_was_not_tried_has_no_loss():
    found = seen([1.0, 0.9, 0.5])
    assert found.loss_at(1e-4) is None
    assert found.loss_at(1e-3) == 1.0
    assert math.isclose(found.loss_at(10**-1.5), 0.9)
