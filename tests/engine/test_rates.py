"""The learning rate that is reported is the one that moved the weights.

The gradient of |b - t| is -1 as long as b < t, so every step adds its learning rate to b.
"""

import math

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.evaluator import EvaluationSet
from nncli.parts.activations import Identity
from nncli.parts.layers import Dense
from nncli.parts.losses import Mae
from nncli.parts.optimizers import Sgd
from nncli.parts.schedules import Constant, Cosine, Exponential, ReduceOnPlateau, Step

FAR = EvaluationSet({"x": np.zeros((4, 1))}, np.full((4, 1), 1e9), truth=np.full((4, 1), 1e9))


@pytest.fixture
def follow():
    """follow(schedule, ...): the reported rates, and by how much b grew in each epoch."""

    def run(schedule, **settings):
        job = make_job(
            [],
            Dense(1, Identity()),
            Mae(),
            inputs=1,
            train_rows=FAR,
            optimizer=Sgd(8.0),
            schedule=schedule,
            **{"epochs": 6, **settings},
        )
        trained = run_job(job)
        b = [float(job.network.layout.views(theta)["output/b"][0]) for theta in trained.thetas]
        return [report.learning_rate for report in trained.reports], np.diff(b).tolist()

    return run


def test_a_constant_rate(follow):
    assert follow(Constant()) == ([8.0] * 7, [8.0] * 6)


def test_a_schedule_by_epochs_starts_with_t_0_in_epoch_1(follow):
    rates, steps = follow(Step(step_size=2, gamma=0.5))
    assert rates == [8.0, 8.0, 8.0, 4.0, 4.0, 2.0, 2.0]  # epoch 0 shows the first step's rate
    assert steps == rates[1:]


def test_a_schedule_by_epochs_holds_its_rate_for_all_steps_of_the_epoch(follow):
    rates, growth = follow(Step(step_size=2, gamma=0.5), batch_size=2)  # 2 steps an epoch
    assert growth == [2 * rate for rate in rates[1:]]


def test_a_schedule_by_steps_changes_within_the_epoch(follow):
    rates, growth = follow(Step(step_size=1, gamma=0.5, interval="step"), batch_size=2, epochs=3)
    assert growth == [8.0 + 4.0, 2.0 + 1.0, 0.5 + 0.25]
    assert rates == [8.0, 4.0, 1.0, 0.25]  # each epoch's last step


def test_warmup_rises_linearly_first(follow):
    rates, steps = follow(Step(step_size=1, gamma=0.5, warmup=4))
    assert steps == [2.0, 4.0, 6.0, 8.0, 8.0, 4.0]  # 1/4, 2/4, 3/4, 4/4, then t = 0, 1
    assert rates == [2.0, *steps]


def test_warmup_by_steps(follow):
    _, growth = follow(Constant(interval="step", warmup=4), batch_size=2, epochs=3)
    assert growth == [2.0 + 4.0, 6.0 + 8.0, 8.0 + 8.0]


def test_exponential_decay_is_exp_of_the_epoch(follow):
    rates, steps = follow(Exponential(rate=0.1))
    expected = [8.0 * math.exp(-0.1 * epoch) for epoch in range(6)]
    assert rates[1:] == expected
    assert steps == pytest.approx(expected, rel=1e-12)


def test_cosine_counts_the_steps_of_all_epochs(follow):
    rates, _ = follow(Cosine(interval="step"), batch_size=2, epochs=2)  # T = 4
    assert rates == pytest.approx(
        [8.0, 8.0 * (1 + math.cos(math.pi / 4)) / 2, 8.0 * (1 + math.cos(3 * math.pi / 4)) / 2]
    )


def test_reduce_on_plateau_lowers_the_steps_themselves(follow):
    # the loss falls by 8 an epoch, which is less than min_delta: a plateau from epoch 2 on
    plateau = ReduceOnPlateau("loss", gamma=0.5, patience=2, min_delta=1000.0)
    rates, steps = follow(plateau)
    assert steps == [8.0, 8.0, 8.0, 4.0, 4.0, 2.0]
    assert rates == [8.0, *steps]
