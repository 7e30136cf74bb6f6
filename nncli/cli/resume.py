"""`nncli train --resume`: check that only epochs or patience grow, and resume the run."""

import filecmp
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.environment import differences
from nncli.artifacts.resumption import MAY_CHANGE, PATIENCE, resumed_recorder
from nncli.artifacts.run_directory import CONFIG, ENVIRONMENT, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.schedule_end import rate_jump
from nncli.artifacts.study_directory import StudyDirectory, is_study
from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo_err
from nncli.config.changes import changes
from nncli.config.load import load_text
from nncli.config.source_text import problem, read_text
from nncli.errors import ConfigError, CorruptRun, Problem, UserError


def resume_run(
    run: RunDirectory,
    config: Path | None,
    assignments: Sequence[str],
    plotter: BackgroundPlotter,
    signals: StopOnSignal,
) -> RunRecorder:
    """Resume a locked run; `config` and `assignments` may only raise epochs or patience.

    Raises ConfigError with a line for each other key that they change, UserError for epochs of an
    ensemble's member.
    """
    may_change, training = list(MAY_CHANGE), RunReader(run).recorded.training
    if training.early_stopping is None:
        may_change.remove(PATIENCE)
    extending = [each for each in assignments if each.partition("=")[0].strip() in may_change]
    if extending:
        _refuse_member(run.path)
    others = [each for each in assignments if each not in extending]
    reader = RunReader(run, extending)
    if found := list(_refused(reader, config, others)):
        raise ConfigError(found)
    for difference in differences([reader.environment(), *reader.resumptions()], reader.recorded):
        echo_err(f"warning: {difference}: this run may give slightly other numbers than there")
    if reader.recorded.output.plots:
        plotter.start()
    epochs_before = reader.epochs_before
    reader.built  # noqa: B018  # slow, and before anything is written
    signals.is_preparing = False
    recorder = resumed_recorder(reader, sys.argv[1:])
    job, state, last = recorder.built.job, recorder.state, recorder.last
    if last is not None and (jump := rate_jump(job, state, last, epochs_before)):
        echo_err(f"note: {jump}")
    return recorder


def _refuse_member(path: Path) -> None:
    """Raises UserError for a member of an ensemble: its intervals and threshold would be stale."""
    study = path.resolve().parent
    if is_study(study) and StudyDirectory.open(study).facts().kind == "ensemble":
        raise UserError(
            f"{path}: a member of an ensemble, whose held-out predictions have to be of the member "
            "as it is: to train it for longer, resume a copy of its folder elsewhere"
        )


def _refused(reader: RunReader, config: Path | None, others: Sequence[str]) -> Iterator[Problem]:
    """A problem for each key in which the asked config differs from the trained one.

    Both get the run's original `--set`, so that its own command line is no change.
    """
    if config is None and not others:
        return
    where = str(reader.run.path)
    why = f"--resume can change {' and '.join(MAY_CHANGE)} only, by --set"
    text = reader.run.read(CONFIG).decode("utf-8", "replace")
    place, at_first = config or reader.run.path / CONFIG, _assignments(reader)
    recorded, _ = load_text(text, place, at_first)
    asked, _ = load_text(read_text(config) if config else text, place, [*at_first, *others])
    for change in changes(recorded, asked):
        yield problem(where, change.key, f"{change} ({why})")
    table, kept = asked.data.path, reader.recorded.data.path
    if config and table and kept and table.is_file() and not filecmp.cmp(table, kept, False):
        yield problem(where, "data.path", f"{table} is not the table that was recorded ({why})")


def _assignments(reader: RunReader) -> list[str]:
    """The run's original `--set` assignments, from its recorded command."""
    recorded = reader.environment().get("command")
    if not isinstance(recorded, list):
        raise CorruptRun(f"{reader.run.path / ENVIRONMENT}: command: expected a list")
    words = [str(word) for word in recorded if word != "--traceback"][2:]  # after `nncli train`
    train = click.get_current_context().command
    context = train.make_context("train", words, resilient_parsing=True)
    return list(context.params["assignments"] or ())
