"""`nncli sweep`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import CONFIG, RUN, json_option, set_option
from nncli.cli.run_study import StudyOptions, run_study, say_end, workers_options
from nncli.cli.streams import echo, echo_err, warn
from nncli.cli.text_table import figure, from_to, plus_minus, table
from nncli.errors import NothingLeft, counted

if TYPE_CHECKING:
    from nncli.cli.signals import StopOnSignal


@click.command(name="sweep")
@click.argument("config", type=CONFIG, required=False)
@set_option
@click.option("--runs-dir", type=RUN, help="The folder for the study [output.dir].")
@click.option(
    "--over",
    metavar="KEY=VALUES",
    help="Try these values of one key instead of the config's sweep, as in --over "
    "training.batch_size=8,16,32, and draw the result.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Runs of each trial, with other initial weights, shuffling and dropout.",
)
@click.option("--resume", type=RUN, metavar="STUDY", help="Continue a sweep that was stopped.")
@workers_options
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No summary and no progress.")
def command(
    config: Path | None,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    over: str | None,
    seeds: int | None,
    resume: Path | None,
    workers: int | None,
    on: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Search for better values of some keys of CONFIG.

    The keys and their values are in the config's `sweep.space`. Trial 0 is the config as given.
    Trials are judged by validation rows; the best one and the first are then trained again with
    other seeds. The same trials come out for any number of workers.
    """
    if config is None and resume is None:
        raise click.UsageError("expected a CONFIG to search, or --resume STUDY to go on with one")
    if resume is not None and runs_dir is not None:
        raise click.UsageError("--runs-dir is for a new study: a resumed one stays where it is")
    if resume is not None and (over is not None or seeds is not None):
        raise click.UsageError("--over and --seeds are for a new study: a resumed one has its own")
    from nncli.cli.signals import StopOnSignal
    from nncli.engine.stop import Stop

    tried = _over(over)
    assignments += (*tried, *([f"sweep.seeds={seeds}"] if seeds else []))
    options = StudyOptions(workers, on, as_json, quiet)
    with StopOnSignal(Stop(), is_preparing=True) as signals:
        if resume is not None:
            return _resume(resume, config, assignments, signals, options)
        assert config is not None
        with _naming_over(over, tried):
            return _begin(config, assignments, runs_dir, signals, options)


@contextmanager
def _naming_over(over: str | None, tried: tuple[str, ...]) -> Iterator[None]:
    """Report errors in the values of `--over` at that option."""
    from nncli.config.nodes import OVERRIDE
    from nncli.config.source_text import place_of
    from nncli.errors import ConfigError

    try:
        yield
    except ConfigError as error:
        own = {place_of(OVERRIDE, each): place_of("--over", over or "") for each in tried}
        problems = [replace(each, where=own.get(each.where, each.where)) for each in error.problems]
        raise ConfigError(dict.fromkeys(problems)) from None


def _over(over: str | None) -> tuple[str, ...]:
    """The assignments of a one-key study: a grid over all values, without confirmation."""
    if over is None:
        return ()
    key, equals, text = over.partition("=")
    if not (equals and key.strip() and text.strip()):
        raise click.UsageError(f"--over: expected KEY=VALUE,VALUE,..., found '{over}'")
    space = f"{{{json.dumps(key.strip())}: {_values(text)}}}"
    return f"sweep.space={space}", "sweep.method=grid", "sweep.confirm=0"


def _values(text: str) -> str:
    """`8, 16`, `[8, 16]` or a range as a value of `sweep.space`."""
    from nncli.config.overrides import read_assignment
    from nncli.errors import ConfigError

    try:
        _, given = read_assignment(f"over=[{text}]")
    except ConfigError:
        raise click.UsageError(f"--over: can't read the values '{text}'") from None
    values = given.value if isinstance(given.value, list) else []
    is_whole = len(values) == 1 and isinstance(values[0].value, list | dict)
    return text if is_whole else f"[{text}]"


def _begin(
    config: Path,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    signals: "StopOnSignal",
    options: StudyOptions,
) -> int:
    from nncli.cli.model_summary import model_summary
    from nncli.study import sweep

    with options.executor(signals, _workers()) as executor:
        study, first, notes = sweep.begin(config, assignments, runs_dir)
        if not options.quiet:
            echo_err(model_summary(first))
            notes = [f"{counted(study.facts.trials, 'trial')}, this is the first", *notes]
            echo_err("\n".join(notes) + "\n")
        for warning in first.warnings:
            warn(warning)
        del first
        return run_study(study, executor, signals, print_result, "sweep", options)


def _resume(
    path: Path,
    config: Path | None,
    assignments: tuple[str, ...],
    signals: "StopOnSignal",
    options: StudyOptions,
) -> int:
    from nncli.study import sweep

    with options.executor(signals, _workers()) as executor:
        try:
            study, notes = sweep.resume(path, config, assignments)
        except NothingLeft as end:
            return say_end(path, end, options)
        for note in notes:
            echo_err(f"note: {note}")
        return run_study(study, executor, signals, print_result, "sweep", options)


def _workers() -> int:
    """The default number of workers: one per core."""
    from nncli.engine.threads import allowed_cores

    return allowed_cores()


def print_result(result: dict[str, Any]) -> None:
    """Print the best and the first trial, and their confirmed scores."""
    states = ", ".join(f"{count} {state}" for state, count in result["trials"].items())
    first, best = result["first"], result["best"]
    if best is None:
        echo(f"no trial completed: {states}")
        return
    echo(f"trials: {states}; judged by {result['objective']}\n")
    columns = list({first["run"]: first, best["run"]: best}.values())
    keys = dict.fromkeys(key for each in columns for key in each["keys"])
    rows = [["", *("as given" if each is first else each["run"] for each in columns)]]
    rows += [[key, *(each["keys"].get(key, "") for each in columns)] for key in keys]
    rows += [[result["objective"], *(figure(each["value"]) for each in columns)]]
    echo(table(rows))
    if again := result["confirmed"]:
        echo(f"\n{_confirmed(again, first['run'])}")
    echo(f"\nbest config: {result['run']}/best.yaml")
    if (plot := Path(result["run"]) / "plots" / "values.png").exists():
        echo(f"picture: {plot}")


def _confirmed(again: dict[str, Any], first: str) -> str:
    """The confirmed scores, of new seeds. first: the run of the config as given."""
    trials = again["trials"]
    if not trials:
        return "trained again with new seeds: no run completed"
    count = min(each["n"] for each in trials.values())
    lines = [f"trained again with {counted(count, 'new seed')}:"]
    rows = [["", "mean", "std", "95% interval"]]
    rows += [
        [
            "as given" if name == first else name,
            figure(each["mean"]),
            plus_minus(each["std"]),
            from_to(each["interval"]),
        ]
        for name, each in trials.items()
    ]
    lines.append(table(rows))
    if better := again["better_by"]:
        which, mean, ends = "the best", better["mean"], better["interval"]
        if mean <= 0:
            which, mean = "with these seeds the config as given", -mean
            ends = ends and [-end for end in reversed(ends)]
        how = f"better by {mean:.4g}" if mean else "as good"
        lines.append(f"{which} is {how}{f' ({from_to(ends)})' if ends else ''}")
    return "\n".join(lines)
