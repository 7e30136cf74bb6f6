"""Resumption: whether a run can continue, given its new epochs and patience."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nncli.artifacts.run_reader import RunReader
from nncli.engine.epoch_monitor import EpochReport, wait_anew
from nncli.engine.state import TrainState
from nncli.engine.stop_reason import IN_WORDS
from nncli.engine.training_settings import Training
from nncli.errors import NothingLeft, UserError

EPOCHS, PATIENCE = "training.epochs", "training.early_stopping.patience"
MAY_CHANGE = (EPOCHS, PATIENCE)


def patience_of(training: Training) -> int | None:
    """The patience of early stopping; None without it."""
    return training.early_stopping.patience if training.early_stopping else None


def resumption_record(reader: RunReader, state: TrainState) -> Mapping[str, Any]:
    """The `until` record of environment.json: step reached, epochs and patience before now."""
    before = reader.recorded.training
    return {"step": state.step, "epochs": before.epochs, "patience": patience_of(before)}


def resumed_report(
    reader: RunReader, last: EpochReport, state: TrainState, *, is_ended: bool
) -> EpochReport:
    """The last report, its stop reason judged by the new settings; resets the patience counter.

    is_ended: whether the run has a summary; a run killed just before it has none.
    Raises NothingLeft for a run that stays ended, UserError if the new epochs are fewer than those
    already trained.
    """
    job = reader.built.job
    _refuse_fewer(reader, last, state.epoch)
    seen = _rejudged(last, state, reader.recorded.training, job.training)
    if seen.stopped is None:
        wait_anew(job, state)
    elif is_ended or seen.epoch > job.training.epochs:
        ended = f"{IN_WORDS[seen.stopped]} after epoch {last.epoch}"
        if seen.stopped == "epochs":
            ended = f"{last.epoch} epochs are done"
        more = EPOCHS if seen.stopped != "early_stopping" else f"{PATIENCE}=N or {EPOCHS}"
        raise NothingLeft(
            f"{reader.run.path}: nothing left to do: {ended} (to go on: --set {more}=N, for a "
            "larger N)"
        )
    return seen


def _refuse_fewer(reader: RunReader, last: EpochReport, made: int) -> None:
    """Raises UserError for too few epochs. made: of the state; `last` may be older."""
    epochs = reader.built.job.training.epochs
    if last.stopped is None and epochs <= made:
        report = "" if last.epoch == made else f" (the last report is of epoch {last.epoch})"
        raise UserError(
            f"{reader.run.path}: {EPOCHS}: expected more than the {made} that are made "
            f"already{report}, found {epochs}: --set {EPOCHS}=N, for N > {made}"
        )


def _rejudged(last: EpochReport, state: TrainState, before: Training, now: Training) -> EpochReport:
    """Clear the stop reason if there are more epochs now, or more patience after early stopping."""
    stopped = last.stopped
    if last.epoch >= now.epochs:
        stopped = stopped or "epochs"
    elif (
        stopped == "epochs"
        or now.epochs > before.epochs
        or (stopped == "early_stopping" and state.best.waited < (patience_of(now) or 0))
    ):
        stopped = None
    return dataclasses.replace(last, stopped=stopped)
