"""A run that learned nothing, or ended too soon, says so in one line with the likely key."""

import pytest
from engine_jobs import make_job

from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.outcome import outcome_warning
from nncli.engine.training_settings import EarlyStopping
from nncli.parts.metrics import Accuracy
from nncli.parts.optimizers import Lbfgs

FIRST = {"loss": 1.0, "val_loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.5}


def report(epoch, loss, val_loss, val_accuracy=0.5, stopped=None):
    metrics = {"accuracy": 0.5, "val_accuracy": val_accuracy}
    return EpochReport(epoch, loss, val_loss, metrics, 0.1, 0.0, stopped=stopped)


def warning(best, last, monitor="val_loss", optimizer=None, **stopping):
    early = EarlyStopping(monitor, **stopping) if monitor else None
    metrics = {"accuracy": Accuracy()}
    job = make_job(val_rows=5, metrics=metrics, early_stopping=early, optimizer=optimizer)
    return outcome_warning(job, FIRST, best, last)


UNTRAINED = report(0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("last", "settings", "said"),
    [
        ((4, 9.0, 8.0), {}, "val_loss rose from 1 to 8), so the untrained weights are kept: a sm"),
        ((4, 9.0, 8.0), {}, "a smaller optimizer.learning_rate"),
        ((4, 9.0, 8.0), {"optimizer": Lbfgs()}, "nncli doctor"),
        ((4, 0.5, 8.0), {}, "the training rows' loss fell"),
        ((4, 0.9, 0.9), {"min_delta": 0.2}, "val_loss (min_delta 0.2) than epoch 0"),
        ((4, 0.9, 0.9), {"min_delta": 0.2}, "a smaller training.early_stopping.min_delta"),
        ((4, 0.9, 0.9), {"monitor": "val_accuracy"}, "(val_accuracy stayed at 0.5)"),
        ((4, 0.9, 0.9), {"monitor": "val_accuracy"}, "early_stopping.monitor: a loss moves"),
    ],
)
def test_best_epoch_of_0_names_what_happened_and_the_likely_key(last, settings, said):
    line = warning(UNTRAINED, report(*last, stopped="early_stopping"), **settings)
    assert said in line
    assert "\n" not in line


def test_best_epoch_of_0_is_told_without_early_stopping_too():
    line = warning(UNTRAINED, report(4, 1e108, 1e108, stopped="epochs"), monitor=None)
    assert "val_loss rose from 1 to 1e+108): a smaller optimizer.learning_rate" in line


def test_loss_that_rose_is_told_though_an_epoch_was_better():
    line = warning(report(1, 0.9, 0.9), report(9, 4e197, 2.0, stopped="epochs"), monitor=None)
    assert "loss rose from 1 to 4e+197, so training made it worse: a smaller opt" in line


def test_stop_while_the_monitor_still_got_better_names_min_delta():
    last = report(9, 0.4, 0.45, stopped="early_stopping")
    line = warning(report(5, 0.5, 0.5), last, min_delta=0.1)
    assert "while val_loss still got better (0.5 in epoch 5, the best by val_loss (min" in line
    assert line.endswith("min_delta, or more patience, goes on")


@pytest.mark.parametrize("stopped", [None, "epochs", "early_stopping", "converged"])
def test_run_that_got_better_has_no_warning(stopped):
    assert warning(report(5, 0.5, 0.5), report(9, 0.4, 0.6, stopped=stopped)) == ""
