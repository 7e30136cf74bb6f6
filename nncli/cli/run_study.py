"""Run a study from the command line: options, output, signals and exit code."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import print_json
from nncli.cli.streams import echo_err, echo_line
from nncli.errors import NothingLeft, escaped
from nncli.frozen import frozen
from nncli.operating_system import shell_word

if TYPE_CHECKING:
    from nncli.artifacts.trial_records import TrialRecord
    from nncli.cli.signals import StopOnSignal
    from nncli.study.executors import TrialExecutor
    from nncli.study.study import Study


def workers_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--workers N` and `--on ENGINE`."""
    command = click.option(
        "--on",
        metavar="ENGINE",
        help="Where the runs of a study are trained: dask:ADDRESS, or mpi (under mpiexec).",
    )(command)
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes that train the runs of a study at the same time.",
    )(command)


@frozen
class StudyOptions:
    """The options of a command that runs a study."""

    workers: int | None
    on: str | None
    as_json: bool
    quiet: bool

    def executor(
        self, signals: "StopOnSignal", default: int = 1
    ) -> "AbstractContextManager[TrialExecutor]":
        """Open the executor, before anything is written. Raises UserError."""
        from nncli.study.executors import open_executor

        return open_executor(self.workers or default, self.on, signals.stop)


def run_study(
    study: "Study",
    executor: "TrialExecutor",
    signals: "StopOnSignal",
    say_result: Callable[[dict[str, Any]], None],
    command: str,
    options: StudyOptions,
) -> int:
    """Run a study to its end or a stop, and print its result; returns the exit code."""
    from nncli.cli.model_summary import where_to_look
    from nncli.cli.study_progress import StudyProgress

    signals.is_preparing = False
    progress = StudyProgress(study, executor.workers, signals.stop, quiet=options.quiet)
    try:
        result = study.run(executor, signals.stop, progress)
    finally:
        progress.close()
        study.directory.unlock()
    path = study.directory.path
    if result is None:
        ended = sum(not trial.is_open for trial in study.trials)
        echo_err(escaped(f"stopped with {ended} of {study.facts.trials} runs done: {path}"))
        echo_err(escaped(f"go on with: nncli {command} --resume {shell_word(path)}"))
        return signals.exit_code
    if options.as_json:
        print_json(result)
    else:
        say_result(result)
        echo_line(f"{'ensemble' if study.facts.kind == 'ensemble' else 'study'}: {path}")
        if not options.quiet:
            echo_err(where_to_look(path))
    return exit_code(study.trials)


def say_end(path: Path, end: NothingLeft, options: StudyOptions) -> int:
    """Report that a study has already ended, and print its result; returns the exit code."""
    from nncli.artifacts.study_directory import StudyDirectory

    for line in end.lines():
        echo_err(line)
    if options.as_json:
        print_json(StudyDirectory.open(path).facts().result)
    return end.exit_code


def exit_code(trials: "list[TrialRecord]") -> int:
    """0 if any trial completed or was pruned; 5 if all diverged, 70 otherwise."""
    states = {trial.state for trial in trials}
    if states & {"completed", "pruned"}:
        return 0
    return 5 if "diverged" in states else 70
