"""Epochs that are not logged: scored for what is watched, and whole where they count."""

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.epoch_scorer import completed
from nncli.engine.evaluator import Evaluator
from nncli.engine.trainer import train
from nncli.engine.training_settings import Converged, EarlyStopping
from nncli.errors import Diverged
from nncli.parts.layers import Dense
from nncli.parts.metrics import MeanAbsoluteError
from nncli.parts.optimizers import Adam, Sgd
from nncli.parts.schedules import ReduceOnPlateau

STOPPING = EarlyStopping("val_loss", patience=6)
WATCHES = {
    "early stopping": {"early_stopping": STOPPING},
    "converged": {"converged": Converged("val_loss", 1e-4)},
    "a lower rate": {"schedule": ReduceOnPlateau(monitor="val_loss", patience=2)},
    "two": {"early_stopping": STOPPING, "converged": Converged("val_mae", 1e-5)},
}


def job_of(log_every, **changes):
    options = {
        "hidden": [Dense(6)],
        "epochs": 40,
        "val_rows": 12,
        "optimizer": Adam(0.05),
        "metrics": {"mae": MeanAbsoluteError()},
    }
    return make_job(log_every=log_every, **{**options, **changes})


def without_clock(report):
    return {name: value for name, value in report.columns().items() if name != "seconds"}


@pytest.mark.parametrize("watch", WATCHES)
def test_what_is_logged_and_kept_is_what_it_is_with_every_epoch_logged(watch):
    every, fifth = (run_job(job_of(log_every, **WATCHES[watch])) for log_every in (1, 5))
    assert fifth.last.epoch == every.last.epoch
    assert fifth.last.stopped == every.last.stopped
    for report, known in zip(fifth.reports, every.reports, strict=True):
        if not report.is_partial:
            assert without_clock(report) == without_clock(known)
        assert (report.is_best, report.val_loss) == (known.is_best, known.val_loss)
    for kept in ("weights", "theta"):
        assert np.array_equal(getattr(fifth.state, kept), getattr(every.state, kept))


@pytest.mark.parametrize("watch", WATCHES)
def test_a_report_is_partial_unless_it_is_logged_or_can_not_be_scored_later(watch):
    trained = run_job(job_of(5, **WATCHES[watch]))
    keeps = trained.state.best_theta is not None
    whole = [r.epoch for r in trained.reports if r.is_logged or (r.is_best and not keeps)]
    assert [r.epoch for r in trained.reports if not r.is_partial] == whole
    assert len(whole) < len(trained.reports)


def test_the_best_report_is_completed_from_the_weights_that_are_kept():
    every, fifth = (run_job(job_of(each, early_stopping=STOPPING)) for each in (1, 5))
    best = fifth.reports[fifth.state.best.epoch]
    assert best.is_partial
    whole = completed(best, job_of(5), fifth.state.best_theta)
    assert without_clock(whole) == without_clock(every.reports[best.epoch])
    assert list(whole.columns()) == list(every.last.columns())


@pytest.mark.parametrize(
    "watch",
    [
        {"early_stopping": EarlyStopping("loss", patience=6)},
        {"early_stopping": EarlyStopping("mae", patience=6)},
        {"converged": Converged("loss", 1e-4)},
    ],
)
def test_where_training_rows_are_watched_every_report_has_every_column(watch):
    every, fifth = (run_job(job_of(log_every, **watch)).reports for log_every in (1, 5))
    assert not any(report.is_partial for report in fifth)
    assert [without_clock(report) for report in fifth] == [without_clock(r) for r in every]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "watch",
    [
        {"early_stopping": EarlyStopping("val_loss", patience=500)},
        {"early_stopping": EarlyStopping("val_mae", patience=500, restore_best_weights=False)},
        {"converged": Converged("val_loss", 1e-9)},
        {},
    ],
)
def test_a_run_diverges_in_the_epoch_in_which_it_does_with_every_epoch_logged(
    watch, dtype, monkeypatch
):
    monkeypatch.setattr("nncli.engine.trainer.MAX_SILENCE_SECONDS", 0.0)
    found = []
    for log_every in (1, 7, 100):
        options = {"hidden": (), "optimizer": Sgd(20.0), "batch_size": 16, "dtype": dtype}
        job = job_of(log_every, epochs=150, **options, **watch)
        state = job.start()
        with pytest.raises(Diverged) as error:
            list(train(job, state))
        found.append((str(error.value), state.epoch, state.theta.tolist()))
    assert found[0][1] > 2
    assert found[1:] == found[:1] * 2


def test_an_epoch_that_only_the_clock_shows_is_not_scored(monkeypatch):
    monkeypatch.setattr("nncli.engine.trainer.MAX_SILENCE_SECONDS", 0.0)
    scored, score = [], Evaluator.score
    monkeypatch.setattr(
        Evaluator, "score", lambda self: scored.append(len(self.rows)) or score(self)
    )
    reports = run_job(job_of(5, epochs=10)).reports
    assert [report.epoch for report in reports] == [*range(11)]
    assert [report.epoch for report in reports if not report.is_partial] == [0, 5, 10]
    assert scored == [20, 12] * 3


def test_a_partial_report_is_completed_at_its_weights():
    every, fifth = (run_job(job_of(each, early_stopping=STOPPING)) for each in (1, 5))
    partial = next(report for report in fifth.reports if report.is_partial)
    whole = completed(partial, job_of(5), fifth.thetas[partial.epoch])
    assert without_clock(whole) == without_clock(every.reports[partial.epoch])
