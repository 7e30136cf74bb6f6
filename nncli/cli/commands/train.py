"""`nncli train`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from nncli.cli.options import CONFIG, RUN, json_option, print_json, set_option
from nncli.cli.streams import echo, echo_err, echo_line, warn
from nncli.cli.study import How, workers_options
from nncli.cli.text_table import scores
from nncli.errors import NothingLeft
from nncli.operating_system import shell_word

if TYPE_CHECKING:
    from nncli.artifacts.learning_curves import BackgroundPlotter
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_recorder import RunRecorder
    from nncli.assembly.build import Built
    from nncli.cli.signals import StopOnSignal
    from nncli.config.experiment import Experiment
    from nncli.config.load import Source


SEEDS = ("split", "init", "shuffle", "dropout")
VARIED = SEEDS[1:]


@click.command(name="train")
@click.argument("config", type=CONFIG, required=False)
@set_option
@click.option("--runs-dir", type=RUN, help="The folder for the run directory [output.dir].")
@click.option("--resume", type=RUN, metavar="RUN", help="Go on with a run that was stopped.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="K",
    help="Cross-validate: K runs, each on all rows but one part, which is then scored.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train N runs that differ in their seeds only: the config's own, then others.",
)
@click.option(
    "--vary",
    metavar="NAMES",
    help="Which seeds --seeds varies: init,shuffle,dropout by default; split too if asked.",
)
@workers_options
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No summary and no progress.")
def command(
    config: Path | None,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    resume: Path | None,
    folds: int | None,
    seeds: int | None,
    vary: str | None,
    workers: int | None,
    on: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train the network that CONFIG declares and leave a run directory."""
    repeats = Repeats.of(folds, seeds, vary)
    _check_request(config, runs_dir, resume, repeats)
    from nncli.artifacts.learning_curves import BackgroundPlotter
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_recorder import RunRecorder
    from nncli.artifacts.study_directory import is_study
    from nncli.cli.signals import StopOnSignal
    from nncli.config.load import load
    from nncli.engine.stop import Stop

    with StopOnSignal(Stop(), is_preparing=True) as signals, BackgroundPlotter() as plotter:
        how = How(workers, on, as_json, quiet)
        if repeats is not None or (resume is not None and is_study(resume)):
            return _train_study(config, assignments, runs_dir, resume, repeats, signals, how)
        if resume is not None:
            from nncli.cli.resume import resume_run

            with RunDirectory.open(resume) as run:
                try:
                    recorder = resume_run(run, config, assignments, plotter, signals)
                except NothingLeft as end:
                    return _say_end(end, run, as_json=as_json)
                return _train(recorder, plotter, signals, as_json=as_json, quiet=quiet)
        assert config is not None
        experiment, source = load(config, assignments)
        if experiment.ensemble is not None:
            from nncli.cli.train_ensemble import train_ensemble

            return train_ensemble(config, assignments, runs_dir, signals, how)
        _refuse_workers(workers, on)
        built = _build(experiment, source, plotter, signals, quiet=quiet)
        state, output = built.job.start(), built.experiment.output
        with RunDirectory.create(runs_dir or Path(output.dir), built.experiment.name) as run:
            recorder = RunRecorder(run, built, state)
            recorder.begin(source.text, config, sys.argv[1:])
            return _train(recorder, plotter, signals, as_json=as_json, quiet=quiet)


@dataclass(frozen=True)
class Repeats:
    """The same config several times: `--folds K` or `--seeds N`."""

    kind: Literal["folds", "seeds"]
    count: int
    vary: tuple[str, ...]

    @classmethod
    def of(cls, folds: int | None, seeds: int | None, vary: str | None) -> "Repeats | None":
        """What the options ask for. Raises UsageError."""
        if folds is not None and seeds is not None:
            raise click.UsageError("expected --folds or --seeds, found both")
        if vary is not None and seeds is None:
            raise click.UsageError("--vary says which seeds --seeds N varies: give --seeds too")
        names = tuple(name.strip() for name in vary.split(",")) if vary else VARIED
        for name in names:
            if name not in SEEDS:
                raise click.UsageError(f"--vary: expected of {', '.join(SEEDS)}, found '{name}'")
        if folds is not None:
            return cls("folds", folds, names)
        return None if seeds is None else cls("seeds", seeds, names)


def _check_request(
    config: Path | None,
    runs_dir: Path | None,
    resume: Path | None,
    repeats: Repeats | None,
) -> None:
    """Raises UsageError for options that don't go together."""
    if config is None and resume is None:
        raise click.UsageError("expected a CONFIG to train, or --resume RUN to go on with one")
    if resume is not None and runs_dir is not None:
        raise click.UsageError("--runs-dir is for a new run: a resumed one stays where it is")
    if resume is not None and repeats is not None and repeats.kind == "folds":
        raise click.UsageError("--folds trains anew: --resume goes on with as many as there were")


def _refuse_workers(workers: int | None, on: str | None) -> None:
    if workers or on:
        raise click.UsageError(
            "--workers and --on are for several runs: --seeds N, --folds K, or an ensemble"
        )


def _train_study(
    config: Path | None,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    resume: Path | None,
    repeats: Repeats | None,
    signals: "StopOnSignal",
    how: How,
) -> int:
    """Several runs, new or gone on with; the exit code."""
    from nncli.cli.train_ensemble import resume_ensemble
    from nncli.cli.train_repeats import resume_repeats, train_repeats
    from nncli.study.ensemble import is_ensemble

    if resume is not None:
        if config is not None or assignments:
            raise click.UsageError("--resume goes on with a study as it began: no CONFIG, no --set")
        if is_ensemble(resume):
            if repeats is not None:
                raise click.UsageError("--resume goes on with an ensemble as it began: no --seeds")
            return resume_ensemble(resume, signals, how)
        return resume_repeats(resume, repeats.count if repeats else None, signals, how)
    assert config is not None
    assert repeats is not None
    kind, count, vary = repeats.kind, repeats.count, repeats.vary
    return train_repeats(config, assignments, runs_dir, kind, count, vary, signals, how)


def _build(
    experiment: "Experiment",
    source: "Source",
    plotter: "BackgroundPlotter",
    signals: "StopOnSignal",
    *,
    quiet: bool,
) -> "Built":
    """What the config declares, ready to be trained."""
    from nncli.assembly.build import build
    from nncli.cli.summary import model_summary

    if experiment.sweep is not None:
        echo_err("note: the config's sweep is for nncli sweep")
    if experiment.output.plots:
        plotter.start()
    built = build(experiment, source)
    if not quiet:
        echo_err(model_summary(built) + "\n")
    for warning in built.warnings:
        warn(warning)
    signals.is_preparing = False
    return built


def _train(
    recorder: "RunRecorder",
    plotter: "BackgroundPlotter",
    signals: "StopOnSignal",
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train, record, and say where the run is and what it reached; the exit code."""
    from nncli.artifacts.run_training import train_to_end
    from nncli.cli.progress import Progress
    from nncli.cli.summary import where_to_look

    progress = Progress(recorder.built.experiment.training.epochs, quiet=quiet)
    try:
        result = train_to_end(recorder, plotter, signals.stop, progress.show)
    finally:
        progress.close()
    for warning in recorder.warnings:
        warn(warning)
    if as_json:
        print_json(result.summary)
    else:
        _print_result(recorder, result.summary["metrics"])
        if result.finished and not quiet:
            echo_err(where_to_look(recorder.run.path))
    if result.diverged:
        raise result.diverged
    return 0 if result.finished else signals.exit_code


def _say_end(end: NothingLeft, run: "RunDirectory", *, as_json: bool) -> int:
    """That a run has come to its end, and what `--json` said when it did; the exit code."""
    from nncli.artifacts.run_reader import RunReader

    for line in end.lines():
        echo_err(line)
    if as_json:
        summary = RunReader(run).summary()
        kept = ("epochs", "stopped", "best_epoch", "metrics")
        decision = {key: summary[key] for key in ("decision",) if key in summary}
        print_json({"run": str(run.path), **{key: summary.get(key) for key in kept}, **decision})
    return end.exit_code


def _print_result(recorder: "RunRecorder", metrics: dict[str, dict[str, Any]]) -> None:
    """The result in words, on stdout."""
    assert recorder.last is not None
    reason = {
        "epochs": "",
        "early_stopping": ": early stopping",
        "converged": ": converged",
        "diverged": ": diverged",
        "pruned": ": pruned",
        "interrupted": ": interrupted",
    }[recorder.stopped]
    echo(f"\nstopped after epoch {recorder.last.epoch}{reason}")
    last, best = recorder.last.epoch, recorder.best_epoch
    training = recorder.built.experiment.training
    if recorder.used is not recorder.last and recorder.used is not None:
        best_by = recorder.built.job.best_by
        echo(f"weights of epoch {recorder.used.epoch}, the best by {best_by}, are kept")
    elif recorder.last.val_loss is not None and best < last and not training.early_stopping:
        echo(f"val_loss was best at epoch {best}: training.early_stopping keeps such weights")
    echo(scores(metrics))
    if recorder.chosen is not None:
        echo()
        echo_line(recorder.decided())
        echo("the metrics above are those at 0.5; nncli evaluate has those at this threshold")
    echo()
    echo_line(f"run: {recorder.run.path}")
    if recorder.stopped == "interrupted" and recorder.can_go_on:
        path = shell_word(recorder.run.path)
        echo_line(f"go on with: nncli train --resume {path}")
