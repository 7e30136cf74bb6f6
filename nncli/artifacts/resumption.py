"""Resumption: whether a run that came to its end is taken up again, by what it is told now."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nncli.artifacts.run_reader import RunReader
from nncli.engine.epoch_monitor import EpochReport, wait_anew
from nncli.engine.settings import Training
from nncli.engine.state import TrainState
from nncli.engine.stop_reason import IN_WORDS
from nncli.errors import NothingLeft, UserError

MORE_EPOCHS, MORE_PATIENCE = "training.epochs", "training.early_stopping.patience"
MAY_CHANGE = (MORE_EPOCHS, MORE_PATIENCE)


def patience_of(training: Training) -> int | None:
    """How long early stopping waits; None without it."""
    return training.early_stopping.patience if training.early_stopping else None


def until(reader: RunReader, state: TrainState) -> Mapping[str, Any]:
    """What environment.json keeps of a resumption: where a run had got to, and what it was told."""
    told = reader.recorded.training
    return {"step": state.step, "epochs": told.epochs, "patience": patience_of(told)}


def resumed_report(
    reader: RunReader, last: EpochReport, state: TrainState, *, is_ended: bool
) -> EpochReport:
    """The last report as it is seen now that the run is told what it is; the state waits anew.

    is_ended: whether the run has its summary; without it, it may have been killed right before.
    Raises NothingLeft for a run that has come to its end, UserError for one that was stopped and is
    told fewer epochs than it has made.
    """
    job = reader.built.job
    _refuse_fewer(reader, last, state.epoch)
    seen = _as_seen_now(last, state, reader.recorded.training, job.training)
    if seen.stopped is None:
        wait_anew(job, state)
    elif is_ended or seen.epoch > job.training.epochs:
        ended = f"{IN_WORDS[seen.stopped]} after epoch {last.epoch}"
        if seen.stopped == "epochs":
            ended = f"{last.epoch} epochs are done"
        more = (
            MORE_EPOCHS
            if seen.stopped != "early_stopping"
            else f"{MORE_PATIENCE}=N or {MORE_EPOCHS}"
        )
        raise NothingLeft(
            f"{reader.run.path}: nothing left to do: {ended} (to go on: --set {more}=N, for a "
            "larger N)"
        )
    return seen


def _refuse_fewer(reader: RunReader, last: EpochReport, made: int) -> None:
    """made: epochs of the state, which may be ahead of the last report."""
    epochs = reader.built.job.training.epochs
    if last.stopped is None and epochs <= made:
        report = "" if last.epoch == made else f" (the last report is of epoch {last.epoch})"
        raise UserError(
            f"{reader.run.path}: {MORE_EPOCHS}: expected more than the {made} that are made "
            f"already{report}, found {epochs}: --set {MORE_EPOCHS}=N, for N > {made}"
        )


def _as_seen_now(
    last: EpochReport, state: TrainState, before: Training, now: Training
) -> EpochReport:
    """More epochs than before take any run up, more patience one that early stopping has ended."""
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
