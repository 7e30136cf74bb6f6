"""`nncli train --folds`: cross-validation."""

import sys
from pathlib import Path
from typing import Any

from nncli.artifacts.cross_validation import FoldScore, score_fold, summarize
from nncli.artifacts.learning_curves import BackgroundPlotter
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.assembly.build import assemble
from nncli.assembly.split_table import split_table
from nncli.cli.options import print_json
from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo, echo_err, echo_line, warn
from nncli.cli.summary import model_summary
from nncli.cli.text_table import figure, table
from nncli.cli.train_run import train_to_end
from nncli.config.load import load
from nncli.errors import escaped


def cross_validate(
    config: Path,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    count: int,
    signals: StopOnSignal,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train and score `count` folds; the exit code.

    Every fold is built before the first one trains, so that what is wrong is found at once.
    """
    experiment, source = load(config, assignments)
    whole = split_table(experiment, source, n_folds=count)
    for fold in reversed(whole.folds):  # one in memory at a time; the first is kept
        first = assemble(experiment, source, fold)
    if not quiet:
        echo_err(model_summary(first))
        echo_err(f"{count} folds, this is the first; all rows: {len(first.table):,}\n")
    for warning in first.warnings:
        warn(warning)
    signals.is_preparing = False
    parent = RunDirectory.create(
        runs_dir or Path(first.experiment.output.dir), f"{first.experiment.name}-folds"
    )
    scores: list[FoldScore] = []
    for number, fold in enumerate(whole.folds, 1):
        built = first if number == 1 else assemble(experiment, source, fold)
        with RunDirectory.create_at(parent.path / f"fold-{number}") as run:
            recorder = RunRecorder(run, built, built.job.start())
            recorder.runs_to_come = count - number
            recorder.begin(source.text, config, sys.argv[1:])
            is_finished = _train(recorder, signals)
        if not is_finished:
            echo_err(escaped(f"stopped in fold {number}; the folds so far: {parent.path}"))
            return signals.exit_code
        scores.append(score_fold(run, built, recorder.state, recorder.chosen))
        if not quiet:
            said = ", ".join(f"{name} {figure(v)}" for name, v in scores[-1].metrics.items())
            echo_err(escaped(f"fold {number}/{count}  {said}"))
    summary = summarize(parent, scores, len(whole.rows.test))
    parent.unlock()
    if as_json:
        print_json(summary)
    else:
        _print_result(summary)
    return 0


def _train(recorder: RunRecorder, signals: StopOnSignal) -> bool:
    """Train one fold; whether it came to its end. Raises Diverged."""
    with BackgroundPlotter() as plotter:
        if recorder.built.experiment.output.plots:
            plotter.start()
        result = train_to_end(recorder, plotter, signals, quiet=True)
    for warning in recorder.warnings:
        echo_err(f"warning: {recorder.run.name}: {warning}")
    if result.diverged:
        raise result.diverged
    return result.finished


def _print_result(summary: dict[str, Any]) -> None:
    """Every metric on the held-out rows, fold by fold, and over all."""
    folds = summary["folds"]
    header = ["held out", *(fold["run"].removeprefix("fold-") for fold in folds), "mean", "std"]
    rows = [
        [
            name,
            *(f"{fold['metrics'][name]:.4g}" for fold in folds),
            f"{mean:.4g}",
            f"± {summary['std'][name]:.2g}",
        ]
        for name, mean in summary["mean"].items()
    ]
    echo(table([header, *rows]))
    if aside := summary["test_rows_kept_aside"]:
        echo(f"\n{aside:,} test rows are in no fold: they stay unseen")
    echo()
    echo_line(f"run: {summary['run']}")
