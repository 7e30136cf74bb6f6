"""`nncli train` of one run, new or resumed, alone or as rank 0."""

import sys
from pathlib import Path
from typing import Any

from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.assembly.build import Built, build
from nncli.cli.launched_ranks import abort_others_on_error, check_ranks, synchronize
from nncli.cli.options import print_json
from nncli.cli.signals import StopOnSignal
from nncli.cli.streams import echo, echo_err, echo_line, warn
from nncli.cli.text_table import scores
from nncli.config.experiment import Experiment
from nncli.config.load import Source
from nncli.engine.ranks import Ranks
from nncli.errors import NothingLeft
from nncli.frozen import frozen
from nncli.operating_system import shell_word


@frozen
class SingleRun:
    """Trains one run and prints its progress and result."""

    ranks: Ranks
    signals: StopOnSignal
    plotter: BackgroundPlotter
    as_json: bool
    quiet: bool

    def begin(
        self, experiment: Experiment, source: Source, config: Path, runs_dir: Path | None
    ) -> int:
        """Train a config; returns the exit code."""
        built = self._build(experiment, source)
        synchronize(self.ranks, built)
        with abort_others_on_error(self.ranks):
            state, output = built.job.start(), built.experiment.output
            with RunDirectory.create(runs_dir or Path(output.dir), built.experiment.name) as run:
                recorder = RunRecorder(run, built, state)
                recorder.begin(source.text, config, sys.argv[1:])
                return self._train(recorder)

    def go_on(self, path: Path, config: Path | None, assignments: tuple[str, ...]) -> int:
        """Resume a run from its last checkpoint; returns the exit code."""
        from nncli.cli.resume import resume_run

        with RunDirectory.open(path) as run:
            try:
                recorder = resume_run(run, config, assignments, self.plotter, self.signals)
            except NothingLeft as end:
                synchronize(self.ranks, error=end)
                return _say_end(end, run, as_json=self.as_json)
            check_ranks(self.ranks, recorder.built.experiment.training.shards)
            synchronize(self.ranks)
            synchronize(self.ranks, recorder.built)
            with abort_others_on_error(self.ranks):
                return self._train(recorder)

    def _build(self, experiment: Experiment, source: Source) -> Built:
        """Build a config's job."""
        from nncli.cli.model_summary import model_summary

        if experiment.sweep is not None:
            echo_err("note: the config's sweep is for nncli sweep")
        if experiment.output.plots:
            self.plotter.start()
        built = build(experiment, source)
        check_ranks(self.ranks, built.experiment.training.shards)
        if not self.quiet:
            echo_err(model_summary(built) + "\n")
        for warning in built.warnings:
            warn(warning)
        self.signals.is_preparing = False
        return built

    def _train(self, recorder: RunRecorder) -> int:
        """Train and record a run, and print its result; returns the exit code."""
        from nncli.artifacts.run_training import train_to_end
        from nncli.cli.model_summary import where_to_look
        from nncli.cli.progress import Progress

        self.ranks.share(recorder.state)
        progress = Progress(recorder.built.experiment.training.epochs, quiet=self.quiet)
        stop, ranks = self.signals.stop, self.ranks
        try:
            result = train_to_end(recorder, self.plotter, stop, progress.show, ranks=ranks)
        finally:
            progress.close()
        for warning in recorder.warnings:
            warn(warning)
        if self.as_json:
            print_json(result.summary)
        else:
            _print_result(recorder, result.summary["metrics"])
            if result.finished and not self.quiet:
                echo_err(where_to_look(recorder.run.path))
        if result.diverged:
            raise result.diverged
        return 0 if result.finished else self.signals.exit_code


def _say_end(end: NothingLeft, run: RunDirectory, *, as_json: bool) -> int:
    """Report that a run has already ended, and print its result; returns the exit code."""
    from nncli.artifacts.run_reader import RunReader

    for line in end.lines():
        echo_err(line)
    if as_json:
        summary = RunReader(run).summary()
        kept = ("epochs", "stopped", "best_epoch", "metrics")
        decision = {key: summary[key] for key in ("decision",) if key in summary}
        print_json({"run": str(run.path), **{key: summary.get(key) for key in kept}, **decision})
    return end.exit_code


def _print_result(recorder: RunRecorder, metrics: dict[str, dict[str, Any]]) -> None:
    """Print the result on stdout."""
    assert recorder.last is not None
    reason = "" if recorder.stopped == "epochs" else f": {recorder.stopped.replace('_', ' ')}"
    echo(f"\nstopped after epoch {recorder.last.epoch}{reason}")
    last, best = recorder.last.epoch, recorder.best_epoch
    training = recorder.built.experiment.training
    if recorder.used is not recorder.last and recorder.used is not None:
        best_by = recorder.built.job.best_by
        echo(f"weights of epoch {recorder.used.epoch}, the best by {best_by}, are kept")
    elif recorder.last.val_loss is not None and best < last and not training.early_stopping:
        echo(f"val_loss was best at epoch {best}; training.early_stopping would keep those weights")
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
