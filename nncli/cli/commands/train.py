"""`nncli train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from nncli.cli.options import CONFIG, RUN, json_option, set_option
from nncli.cli.run_study import StudyOptions, workers_options
from nncli.frozen import frozen
from nncli.importing import importing

if TYPE_CHECKING:
    from nncli.cli.signals import StopOnSignal
    from nncli.engine.ranks import Ranks


@click.command(name="train")
@click.argument("config", type=CONFIG, required=False)
@set_option
@click.option("--runs-dir", type=RUN, help="The folder for the run directory [output.dir].")
@click.option("--resume", type=RUN, metavar="RUN", help="Continue a run that was stopped.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="K",
    help="Cross-validate: K runs, each trained without one of K parts of the rows, and scored on "
    "it.",
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
    """Train the network of CONFIG and leave a run directory."""
    with importing():
        import nncli.cli.train_run  # noqa: F401  # with which nearly all comes that a run needs
        from nncli.cli.launched_ranks import launched_ranks, share_errors

    options, ranks = StudyOptions(workers, on, as_json, quiet), launched_ranks(on)
    if ranks.number:
        from nncli.cli.follower import follow

        return follow(ranks, config, assignments, resume)
    with share_errors(ranks):
        repeats = Repeats.of(folds, seeds, vary)
        _check_request(config, runs_dir, resume, repeats)
        return _train(ranks, config, assignments, runs_dir, resume, repeats, options)


def _train(
    ranks: "Ranks",
    config: Path | None,
    assignments: tuple[str, ...],
    runs_dir: Path | None,
    resume: Path | None,
    repeats: "Repeats | None",
    options: StudyOptions,
) -> int:
    """Train or resume one run or several; returns the exit code."""
    from nncli.artifacts.background_plotter import BackgroundPlotter
    from nncli.cli.launched_ranks import refuse_several
    from nncli.cli.signals import StopOnSignal
    from nncli.cli.train_run import SingleRun
    from nncli.config.load import load
    from nncli.engine.stop import Stop

    with StopOnSignal(Stop(), is_preparing=True) as signals, BackgroundPlotter() as plotter:
        if repeats is not None or (resume is not None and _is_study(resume)):
            refuse_several(ranks)
            return _train_study(config, assignments, runs_dir, resume, repeats, signals, options)
        run = SingleRun(ranks, signals, plotter, options.as_json, options.quiet)
        if resume is not None:
            return run.go_on(resume, config, assignments)
        assert config is not None
        experiment, source = load(config, assignments)
        if experiment.ensemble is not None:
            from nncli.cli.train_ensemble import train_ensemble

            refuse_several(ranks)
            return train_ensemble(config, assignments, runs_dir, signals, options)
        _refuse_workers(options)
        return run.begin(experiment, source, config, runs_dir)


def _is_study(path: Path) -> bool:
    from nncli.artifacts.study_directory import is_study

    return is_study(path)


@frozen
class Repeats:
    """Repeated training of one config: `--folds K` or `--seeds N`."""

    kind: Literal["folds", "seeds"]
    count: int
    vary: tuple[str, ...]

    @classmethod
    def of(cls, folds: int | None, seeds: int | None, vary: str | None) -> "Repeats | None":
        """The repeats of the options; None for a single run. Raises UsageError."""
        from nncli.engine.state import STREAMS, TRAINING_STREAMS

        if folds is not None and seeds is not None:
            raise click.UsageError("expected --folds or --seeds, found both")
        if vary is not None and seeds is None:
            raise click.UsageError("--vary says which seeds --seeds N varies: give --seeds too")
        names = tuple(name.strip() for name in vary.split(",")) if vary else TRAINING_STREAMS
        for name in names:
            if name not in STREAMS:
                raise click.UsageError(f"--vary: expected of {', '.join(STREAMS)}, found '{name}'")
        if folds is not None:
            return cls("folds", folds, names)
        return None if seeds is None else cls("seeds", seeds, names)


def _check_request(
    config: Path | None,
    runs_dir: Path | None,
    resume: Path | None,
    repeats: Repeats | None,
) -> None:
    """Raises UsageError for conflicting options."""
    if config is None and resume is None:
        raise click.UsageError("expected a CONFIG to train, or --resume RUN to go on with one")
    if resume is not None and runs_dir is not None:
        raise click.UsageError("--runs-dir is for a new run: a resumed one stays where it is")
    if resume is not None and repeats is not None and repeats.kind == "folds":
        raise click.UsageError("--folds trains anew: --resume goes on with as many as there were")


def _refuse_workers(options: StudyOptions) -> None:
    if options.workers or options.on:
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
    options: StudyOptions,
) -> int:
    """Train or resume a study; returns the exit code."""
    from nncli.cli.train_ensemble import resume_ensemble
    from nncli.cli.train_repeats import resume_repeats, train_repeats
    from nncli.study.ensemble import is_ensemble

    if resume is not None:
        if config is not None or assignments:
            raise click.UsageError("--resume goes on with a study as it began: no CONFIG, no --set")
        if is_ensemble(resume):
            if repeats is not None:
                raise click.UsageError("--resume goes on with an ensemble as it began: no --seeds")
            return resume_ensemble(resume, signals, options)
        return resume_repeats(resume, repeats.count if repeats else None, signals, options)
    assert config is not None
    assert repeats is not None
    kind, count, vary = repeats.kind, repeats.count, repeats.vary
    return train_repeats(config, assignments, runs_dir, kind, count, vary, signals, options)
