"""early_stopping, converged and reduce_on_plateau, on made-up curves and in training."""

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.epoch_monitor import EpochMonitor, EpochReport
from nncli.engine.trainer import train
from nncli.engine.training_settings import Converged, EarlyStopping
from nncli.errors import UndefinedMonitor
from nncli.parts.layers import Dense
from nncli.parts.metrics import Accuracy
from nncli.parts.optimizers import Adam
from nncli.parts.schedules import ReduceOnPlateau


@pytest.fixture
def watch_curve():
    """watch_curve(values, ...): the epoch and reason of the stop on a made-up curve, and the state.

    The weights of epoch e are all e.
    """

    def follow(values, *, monitor="loss", metrics=None, **settings):
        job = make_job(val_rows=5, epochs=100, metrics=metrics, **settings)
        state = job.start()
        watch = EpochMonitor(job, state)
        for epoch, value in enumerate(values):
            state.theta[:] = epoch
            columns = {"loss": 1.0, "val_loss": 1.0, "metrics": {}}
            columns |= {monitor: value} if monitor in columns else {"metrics": {monitor: value}}
            report = watch.observe(
                EpochReport(epoch=epoch, learning_rate=0.1, seconds=0.0, **columns)
            )
            if report.stopped:
                return epoch, report.stopped, state
        return None, None, state

    return follow


# ---- early stopping


def test_early_stopping_waits_for_patience_epochs_without_improvement(watch_curve):
    values = [5, 4, 3, 4, 4, 2, 3, 3, 3, 3]  # 2 waits after the 3, then a new best at epoch 5
    stopping = EarlyStopping("val_loss", patience=3)
    epoch, reason, state = watch_curve(values, monitor="val_loss", early_stopping=stopping)
    assert (epoch, reason) == (8, "early_stopping")
    assert (state.best.value, state.best.epoch) == (2, 5)


def test_early_stopping_ends_with_the_best_epoch_s_weights(watch_curve):
    stopping = EarlyStopping("val_loss", patience=2)
    _, _, state = watch_curve([5, 1, 3, 3], monitor="val_loss", early_stopping=stopping)
    assert set(state.weights) == {1.0}


def test_early_stopping_ends_with_the_last_weights_when_asked_to(watch_curve):
    stopping = EarlyStopping("val_loss", patience=2, restore_best_weights=False)
    _, _, state = watch_curve([5, 1, 3, 3], monitor="val_loss", early_stopping=stopping)
    assert set(state.weights) == {3.0}


def test_an_improvement_within_min_delta_does_not_count(watch_curve):
    values = [5.0, 4.0, 3.9, 3.8, 3.7]  # 3.9 and 3.8 are within 0.2 of 4.0
    stopping = EarlyStopping("loss", patience=2, min_delta=0.2)
    epoch, _, state = watch_curve(values, early_stopping=stopping)
    assert (epoch, state.best.epoch) == (3, 1)


def test_slow_improvements_add_up_to_min_delta(watch_curve):
    values = [5.0, 4.9, 4.7, 4.6, 4.4, 4.3]  # every second one beats the best by more than 0.2
    stopping = EarlyStopping("loss", patience=2, min_delta=0.2)
    assert watch_curve(values, early_stopping=stopping)[0] is None


def test_a_score_improves_upwards(watch_curve):
    stopping = EarlyStopping("val_accuracy", patience=2)
    epoch, _, state = watch_curve(
        [0.5, 0.9, 0.8, 0.7],
        monitor="val_accuracy",
        metrics={"accuracy": Accuracy()},
        early_stopping=stopping,
    )
    assert (epoch, state.best.epoch) == (3, 1)


def test_any_number_improves_on_no_number_where_nothing_is_watched(watch_curve):
    _, _, state = watch_curve([np.nan, 3, 2, 4, 4], monitor="val_loss")
    assert (state.best.value, state.best.epoch) == (2, 2)


@pytest.mark.parametrize(
    "settings",
    [
        {"early_stopping": EarlyStopping("val_loss")},
        {"converged": Converged("val_loss")},
        {"schedule": ReduceOnPlateau("val_loss")},
    ],
    ids=lambda each: next(iter(each)),
)
def test_watched_value_that_is_nan_is_an_error_and_changes_nothing(watch_curve, settings):
    with pytest.raises(UndefinedMonitor, match=r"monitor: val_loss is NaN in epoch 2"):
        watch_curve([3, 2, np.nan, 1], monitor="val_loss", **settings)


def test_run_is_back_at_the_last_report_when_a_watched_value_is_nan():
    class Fails(Accuracy):
        def __call__(self, predictions, truth):
            return float("nan") if next(calls) > 3 else 0.5  # once an epoch, from 0 on

    calls = iter(range(100))
    metrics, stopping = {"accuracy": Fails()}, EarlyStopping("accuracy")
    job, reports = make_job(epochs=9, metrics=metrics, early_stopping=stopping), []
    state = job.start()
    with pytest.raises(UndefinedMonitor):
        reports.extend(train(job, state))
    assert (state.epoch, state.best.waited) == (3, 3)


def test_early_stopping_in_training_keeps_the_weights_of_the_lowest_val_loss():
    job = make_job(
        [Dense(30)],
        val_rows=10,
        epochs=300,
        optimizer=Adam(0.03),
        early_stopping=EarlyStopping("val_loss", patience=10),
    )
    trained = run_job(job)
    losses = [report.val_loss for report in trained.reports]
    best = int(np.argmin(losses))
    assert trained.last.stopped == "early_stopping"
    assert trained.last.epoch == best + 10
    np.testing.assert_array_equal(trained.state.weights, trained.thetas[best])


# ---- converged


def test_converged_compares_each_epoch_with_the_one_before(watch_curve):
    values = [8, 4, 2, 1.9, 1.85]  # the first change of at most 0.1 is 2 -> 1.9
    epoch, reason, _ = watch_curve(values, converged=Converged("loss", tolerance=0.1 + 1e-12))
    assert (epoch, reason) == (3, "converged")


def test_converged_looks_at_the_size_of_a_change_not_at_its_sign(watch_curve):
    assert watch_curve([1, 2, 3], converged=Converged("loss", tolerance=0.5))[0] is None
    assert watch_curve([1, 2, 2.25], converged=Converged("loss", tolerance=0.5))[0] == 2


def test_converged_stops_training():
    trained = run_job(make_job(epochs=5000, converged=Converged(tolerance=1e-6)))
    losses = [report.loss for report in trained.reports]
    changes = np.abs(np.diff(losses))
    assert trained.last.stopped == "converged"
    assert changes[-1] <= 1e-6 < changes[:-1].min()


# ---- reduce_on_plateau


def test_reduce_on_plateau_lowers_the_rate_after_patience_epochs(watch_curve):
    plateau = ReduceOnPlateau("loss", gamma=0.5, patience=2)
    values = [9, 5, 4, 4, 4, 4, 4, 3]  # epoch 0 isn't watched; epochs 3, 4 and 5, 6 are flat
    factors = [
        watch_curve(values[:length], schedule=plateau)[2].plateau.factor
        for length in range(1, len(values) + 1)
    ]
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_reduce_on_plateau_stops_at_min_factor(watch_curve):
    plateau = ReduceOnPlateau("loss", gamma=0.1, patience=1, min_factor=0.05)
    assert watch_curve([1.0] * 10, schedule=plateau)[2].plateau.factor == 0.05
