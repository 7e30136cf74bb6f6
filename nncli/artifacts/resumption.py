"""Resumption: continues a run from its last checkpoint, perhaps with more epochs or patience."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts import run_directory as names
from nncli.artifacts.environment import describe
from nncli.artifacts.files import to_json
from nncli.artifacts.fingerprints import Fingerprints
from nncli.artifacts.metrics_log import MetricsLog
from nncli.artifacts.numbered_directory import FILES
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.config.dump import to_yaml
from nncli.engine.epoch_monitor import EpochReport, wait_anew
from nncli.engine.state import TrainState
from nncli.engine.stop_reason import IN_WORDS
from nncli.engine.training_settings import Training
from nncli.errors import CorruptRun, NothingLeft, UserError
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

EPOCHS, PATIENCE = "training.epochs", "training.early_stopping.patience"
MAY_CHANGE = (EPOCHS, PATIENCE)


def patience_of(training: Training) -> int | None:
    """The patience of early stopping; None without it."""
    return training.early_stopping.patience if training.early_stopping else None


def resumed_recorder(reader: RunReader, arguments: Sequence[str] = ()) -> RunRecorder:
    """The recorder of a run that continues from its last checkpoint.

    arguments: of the command line.
    Raises NothingLeft for an ended run, UserError for one that can't be resumed, CorruptRun for a
    damaged one.
    """
    run = reader.run
    run.recover()
    built, is_ended = reader.built, names.SUMMARY in run.manifest()
    if not is_ended:
        _refuse_unresumable(reader)
    state, beside = reader.checkpoint()
    try:
        last, best = (read_as(beside[name], EpochReport, name) for name in ("last", "best"))
    except (LookupError, TypeError, Malformed) as error:
        raise CorruptRun(f"{run.path}: its checkpoint lacks the last report: {error}") from None
    last = resumed_report(reader, last, state, is_ended=is_ended)
    _refuse_unresumable(reader)
    lines, prints = (_lines(reader, name) for name in (names.METRICS, names.FINGERPRINTS))
    resolved = to_yaml(built.experiment, lambda path: _as_kept(run.path, path))
    environment = _environment(reader, state, arguments)
    files = {names.RESOLVED: [resolved.encode()], names.ENVIRONMENT: [to_json(environment)]}
    run.commit(files, outdated=[names.SUMMARY])
    if state.step == 0:  # not trained yet: epoch 0 is reported again
        recorder = RunRecorder(run, built, built.job.start())
    else:
        recorder = RunRecorder(run, built, state)
        recorder.log = MetricsLog(lines)
        recorder.fingerprints = Fingerprints(built.network.layout, state.theta, prints)
        recorder.last, recorder.best = last, best
        recorder.seconds_before = last.seconds
    recorder.listen(environment, resolved)
    return recorder


def _refuse_unresumable(reader: RunReader) -> None:
    if not (optimizer := reader.built.job.optimizer).is_resumable:
        path = reader.run.path
        raise UserError(f"{path}: {optimizer.name} keeps its memory to itself: train anew")


def _lines(reader: RunReader, name: str) -> list[str]:
    """The lines of a log. Raises CorruptRun if it isn't UTF-8."""
    try:
        return reader.run.read(name).decode().splitlines(keepends=True)
    except UnicodeDecodeError:
        raise CorruptRun(f"{reader.run.path / name}: not UTF-8 text") from None


def _as_kept(run: Path, path: Path) -> str:
    """A path as a resumed run's config writes it: relative to the run, or absolute."""
    inside = path.resolve().parent == (run / FILES).resolve()
    return f"{FILES}/{path.name}" if inside else str(path)


def _environment(reader: RunReader, state: TrainState, arguments: Sequence[str]) -> dict[str, Any]:
    """The content of environment.json, with a record of this resumption."""
    built, before, found = reader.built, reader.recorded.training, reader.environment()
    described = {
        "until": {"step": state.step, "epochs": before.epochs, "patience": patience_of(before)},
        **describe(built.table, built.experiment, arguments, reader.run.path),
    }
    return {**found, "resumed": [*found.get("resumed", []), described]}


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
