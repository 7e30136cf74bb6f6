"""`nncli train` of a config with an `ensemble`: its members, and what they reach together."""

from pathlib import Path
from typing import Any

from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo, echo_err, warn
from nncli.cli.study import How, run_study, say_end
from nncli.cli.summary import model_summary
from nncli.cli.text_table import plus_minus, table
from nncli.errors import NothingLeft
from nncli.study import ensemble


def train_ensemble(
    config: Path,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    signals: StopOnSignal,
    how: How,
) -> int:
    """Train the members that the config asks for; the exit code."""
    with how.engine(signals) as engine:
        study, first = ensemble.begin(config, assignments, runs_dir)
        if not how.quiet:
            echo_err(model_summary(first))
            by = "each stops by a part of its own" if study.facts.folds else "with other seeds"
            echo_err(f"{study.facts.trials} such networks, {by}; this is the first\n")
        for warning in first.warnings:
            warn(warning)
        del first
        return run_study(study, engine, signals, print_result, "train", how)


def resume_ensemble(path: Path, signals: StopOnSignal, how: How) -> int:
    """Go on with one; the exit code."""
    with how.engine(signals) as engine:
        try:
            study = ensemble.resume(path)
        except NothingLeft as end:
            return say_end(path, end, how)
        return run_study(study, engine, signals, print_result, "train", how)


def print_result(result: dict[str, Any]) -> None:
    """Every metric of the members, and of all together, on the rows held out."""
    if not result["members"]:
        echo("no member came to its end\n")
        return
    together = result.get("metrics", {}).get("val", {})
    rows = [["held out", "mean of members", "std", "all rows"]]
    rows += [
        [
            name.removeprefix("val_"),
            f"{value:.4g}",
            plus_minus(result["std"][name]),
            f"{together[name.removeprefix('val_')]:.4g}",
        ]
        for name, value in result["mean"].items()
        if name.removeprefix("val_") in together
    ]
    echo(table(rows))
    echo()
