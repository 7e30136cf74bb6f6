"""`nncli train` of a config with an `ensemble`."""

from pathlib import Path
from typing import Any

from nncli.cli.model_summary import model_summary
from nncli.cli.run_study import StudyOptions, run_study, say_end
from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo, echo_err, warn
from nncli.cli.text_table import figure, plus_minus, table
from nncli.engine.duration import Duration, duration
from nncli.engine.metric_columns import metric_of
from nncli.engine.threads import free_cores
from nncli.errors import NothingLeft
from nncli.operating_system import give_back_memory
from nncli.study import ensemble

MIN_PARALLEL_SECONDS = 6.0  # of training in all, to be worth worker processes


def train_ensemble(
    config: Path,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    signals: StopOnSignal,
    options: StudyOptions,
) -> int:
    """Train an ensemble; returns the exit code."""
    prepared = ensemble.prepare(config, assignments)
    first, count = prepared.first, prepared.members
    workers = 1 if options.on else options.workers
    if workers is None or not options.quiet:
        took = duration(first.job)
        workers = workers or _useful_workers(count, took.likely)
    if not options.quiet:
        by = "each stopped by its own validation rows" if prepared.folds else "with other seeds"
        echo_err(model_summary(first))
        echo_err(f"{count} such networks, {by}; this is the first")
        echo_err(f"{_in_words(count, took, workers, is_known=options.on is None)}\n")
    for warning in first.warnings:
        warn(warning)
    del first
    with options.executor(signals, default=workers) as executor:
        study = prepared.begin(runs_dir)
        del prepared
        give_back_memory()  # of the first member's inputs, while the members train
        return run_study(study, executor, signals, print_result, "train", options)


def _useful_workers(count: int, seconds: float) -> int:
    """The number of workers: as many as free cores, if that saves more than starting them."""
    return min(free_cores(), count) if seconds * count > MIN_PARALLEL_SECONDS else 1


def _in_words(count: int, each: Duration, workers: int, *, is_known: bool) -> str:
    """The estimated time and the number of workers."""
    rounds = -(-count // workers)
    likely, most = _rounded(rounds * each.likely), _rounded(rounds * each.most)
    long = f"about {likely}, at most {most}" if likely != most else f"about {likely}"
    if not is_known:
        return f"of one worker: {long}"
    return f"{long}, with {workers} at a time (--workers N)"


def _rounded(seconds: float) -> str:
    """`20 s`, `3 min`, `2 h`.

    >>> [_rounded(seconds) for seconds in (0.2, 23, 140, 9000)]
    ['1 s', '23 s', '2 min', '2 h']
    """
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{round(seconds / 3600)} h"


def resume_ensemble(path: Path, signals: StopOnSignal, options: StudyOptions) -> int:
    """Resume an ensemble; returns the exit code."""
    with options.executor(signals) as executor:
        try:
            study = ensemble.resume(path)
        except NothingLeft as end:
            return say_end(path, end, options)
        return run_study(study, executor, signals, print_result, "train", options)


def print_result(result: dict[str, Any]) -> None:
    """Print each metric of the members and of the ensemble, on held-out rows."""
    if not result["members"]:
        echo("no member came to its end\n")
        return
    together = result.get("metrics", {}).get("val", {})
    rows = [["held out", "mean of members", "std", "all rows"]]
    rows += [
        [
            metric_of(name),
            figure(value, 4),
            plus_minus(result["std"][name]),
            figure(together[metric_of(name)], 4),
        ]
        for name, value in result["mean"].items()
        if metric_of(name) in together
    ]
    echo(table(rows))
    echo()
