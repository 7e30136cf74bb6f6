"""Any engine trains that makes epochs: the trainer asks a stepper for nothing else."""

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.steppers import choice
from nncli.engine.steppers.protocol import Stepper
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.errors import Diverged


class Listed(Stepper):
    """An engine of another package: each epoch moves every parameter by the next number."""

    def __init__(self, state, moves):
        self.state, self.moves = state, iter(moves)
        self.windows, self.is_closed = [], False

    def epochs(self, last, stop, seconds):
        self.windows.append(last)
        while self.state.epoch < last:
            if stop.requested:
                return False
            self.state.theta += next(self.moves)
            self.state.epoch += 1
            self.state.step += 1
        return True

    def close(self):
        self.is_closed = True


@pytest.fixture
def listed(monkeypatch):
    """What to call with the moves of an engine; returns the steppers it will have made."""

    def use(moves, cls=Listed):
        made = []
        monkeypatch.setattr(
            choice, "stepper", lambda job, state, ranks: made.append(cls(state, moves)) or made[0]
        )
        return made

    return use


def test_an_engine_of_one_method_trains_and_is_closed(listed):
    made, job = listed([0.1, 0.2, 0.4]), make_job(epochs=3)
    start = job.start().theta
    trained = run_job(job)
    assert [report.epoch for report in trained.reports] == [0, 1, 2, 3]
    assert trained.last.stopped == "epochs"
    np.testing.assert_allclose(trained.state.theta - start, 0.7, rtol=1e-12)
    assert made[0].is_closed


def test_an_engine_is_asked_for_epochs_up_to_the_next_report(listed):
    made = listed([0.1] * 5)
    trained = run_job(make_job(epochs=5, log_every=2))
    assert made[0].windows == [2, 4, 5]
    assert [report.epoch for report in trained.reports] == [0, 2, 4, 5]


def test_an_engine_that_hands_back_early_is_asked_again(listed):
    class Hasty(Listed):
        def epochs(self, last, stop, seconds):
            return super().epochs(min(last, self.state.epoch + 1), stop, seconds)

    listed([0.1] * 4, Hasty)
    trained = run_job(make_job(epochs=4, log_every=4))
    assert [(report.epoch, report.is_logged) for report in trained.reports] == [
        (0, True),
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]


def test_an_engine_at_a_minimum_has_converged(listed):
    class Minimizer(Listed):
        @property
        def is_at_minimum(self):
            return self.state.epoch == 2

    listed([0.1] * 9, Minimizer)
    trained = run_job(make_job(epochs=9))
    assert (trained.last.epoch, trained.last.stopped) == (2, "converged")


def test_an_engine_that_a_stop_reaches_is_closed_without_a_further_report(listed):
    made, job, stop = listed([0.1] * 9), make_job(epochs=9), Stop()
    for report in train(job, job.start(), stop):
        stop.requested = report.epoch == 2
    assert report.epoch == 2
    assert made[0].is_closed


def test_an_engine_that_can_t_tell_where_it_diverged_is_blamed_for_the_loss(listed):
    made, job = listed([0.1, np.nan]), make_job(epochs=5)
    state = job.start()
    with pytest.raises(Diverged) as caught:
        run_job(job, state)
    assert (caught.value.epoch, caught.value.step, caught.value.tensor) == (2, 2, "loss")
    assert (state.epoch, state.step) == (1, 1)
    assert made[0].is_closed


def test_an_engine_may_move_the_state_to_find_out_where_it_diverged(listed):
    class Knowing(Listed):
        def located(self, error):
            self.state.theta[...] = np.inf
            return Diverged(error.epoch, error.step, "output/W")

    listed([0.1, np.nan], Knowing)
    job = make_job(epochs=5)
    state = job.start()
    with pytest.raises(Diverged, match="output/W"):
        run_job(job, state)
    np.testing.assert_allclose(state.theta - job.start().theta, 0.1, rtol=1e-12)
