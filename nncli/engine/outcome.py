"""Outcome: a warning if a finished run learned nothing, or was stopped too soon."""

from collections.abc import Mapping

from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.job import Job

SMALLER_DELTA = "a smaller training.early_stopping.min_delta, or more patience, goes on"


def outcome_warning(
    job: Job, first: Mapping[str, float], best: EpochReport, last: EpochReport
) -> str:
    """One line with the key that likely helps; empty if nothing is wrong.

    first: the columns of epoch 0.  best: the best report.  last: the last one, with its stop
    reason.
    """
    if last.epoch == 0 or last.stopped is None:
        return ""
    stopping = job.training.early_stopping
    is_best_kept = stopping is not None and stopping.restore_best_weights
    used = best if is_best_kept else last
    if best.epoch == 0:
        kept = ", so the untrained weights are kept" if is_best_kept else ""
        change = _change(job.monitor, first, last)
        found = f"no epoch was better by {job.best_by} than epoch 0 ({change}){kept}"
        return f"{found}: {_fix(job, first, last)}"
    if _value(used, "loss") > first["loss"]:
        return f"{_change('loss', first, used)}, so training made it worse: {_rate(job)}"
    before, after = _value(best, job.monitor), _value(last, job.monitor)
    if last.stopped == "early_stopping" and job.gain(job.monitor, before, after) > 0:
        found = f"early stopping ended the run while {job.monitor} still got better"
        gain = f"{before:.4g} in epoch {best.epoch}, the best by {job.best_by}, {after:.4g} now"
        return f"{found} ({gain}): {SMALLER_DELTA}"
    return ""


def _fix(job: Job, first: Mapping[str, float], last: EpochReport) -> str:
    """What likely helps if no epoch was better than epoch 0."""
    gained = job.gain(job.monitor, first[job.monitor], _value(last, job.monitor))
    if gained > 0:  # less than min_delta
        return SMALLER_DELTA
    if _value(last, "loss") >= first["loss"]:
        return _rate(job)
    if job.is_score(job.monitor):
        return "training.early_stopping.monitor: a loss moves sooner than a score does"
    return "the training rows' loss fell: more rows, or a smaller network, may carry over"


def _rate(job: Job) -> str:
    if job.optimizer.has_learning_rate:
        return "a smaller optimizer.learning_rate usually helps"
    return "nncli doctor looks for the cause"


def _change(column: str, first: Mapping[str, float], last: EpochReport) -> str:
    before, after = first[column], _value(last, column)
    verb = "rose" if after > before else "fell" if after < before else "stayed"
    way = f"from {before:.4g} to {after:.4g}" if after != before else f"at {before:.4g}"
    return f"{column} {verb} {way}"


def _value(report: EpochReport, column: str) -> float:
    value = report.columns()[column]
    assert value is not None
    return value
