"""`nncli train --folds` and `--seeds`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts.study_directory import Kind
from nncli.cli.model_summary import model_summary
from nncli.cli.run_study import StudyOptions, run_study, say_end
from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo, echo_err, warn
from nncli.cli.text_table import figure, from_to, plus_minus, table
from nncli.errors import NothingLeft
from nncli.study import repeats

MAX_RUN_COLUMNS = 6  # beside the mean


def train_repeats(
    config: Path,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    kind: Kind,
    count: int,
    vary: Sequence[str],
    signals: StopOnSignal,
    options: StudyOptions,
) -> int:
    """Train and score `count` folds or seeds; returns the exit code."""
    with options.executor(signals) as executor:
        study, first = repeats.begin(config, assignments, runs_dir, kind, count, vary)
        if not options.quiet:
            echo_err(model_summary(first))
            what = "folds" if kind == "folds" else f"runs with other seeds ({', '.join(vary)})"
            echo_err(f"{count} {what}, this is the first; all rows: {len(first.table):,}\n")
        for warning in first.warnings:
            warn(warning)
        del first
        return run_study(study, executor, signals, print_result, "train", options)


def resume_repeats(
    path: Path, more: int | None, signals: StopOnSignal, options: StudyOptions
) -> int:
    """Resume a study of folds or seeds; returns the exit code."""
    with options.executor(signals) as executor:
        try:
            study = repeats.resume(path, more)
        except NothingLeft as end:
            return say_end(path, end, options)
        return run_study(study, executor, signals, print_result, "train", options)


def print_result(result: dict[str, Any]) -> None:
    """Print each metric by run, and its mean with a 95% interval."""
    is_folds = "folds" in result
    runs = result["folds" if is_folds else "seeds"]
    if not runs:
        echo("no run came to its end\n")
        return
    shown = runs if len(runs) <= MAX_RUN_COLUMNS else []
    numbers = [run["run"].rpartition("-")[2] for run in shown]
    header = ["held out" if is_folds else "seed", *numbers, "mean", "std", "95% interval"]
    rows = [
        [
            name,
            *(figure(run["metrics"][name], 4) for run in shown),
            figure(mean, 4),
            plus_minus(result["std"][name]),
            from_to(result["interval"][name]),
        ]
        for name, mean in result["mean"].items()
    ]
    echo(table([header, *rows]))
    if aside := result.get("test_rows_kept_aside"):
        echo(f"\n{aside:,} test rows are in no fold: they stay unseen")
    echo()
