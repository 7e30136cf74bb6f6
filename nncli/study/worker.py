"""Worker: runs a trial, wherever that is, and leaves its run directories.

A trial may be run again, after a kill or a stop, by the same worker or another: runs that have come
to their end are read, those on the way are taken up from their last checkpoint, to the same bits.
"""

import math
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from nncli.artifacts import run_directory as names
from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.files import reporting
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.run_training import OnReport, train_to_end
from nncli.artifacts.study_directory import StudyDirectory
from nncli.artifacts.trial_records import COMPLETED
from nncli.assembly.build import Built, assemble
from nncli.config.load import Source, load_text
from nncli.engine.epoch_monitor import FINISHED, EpochReport
from nncli.engine.evaluator import Evaluator
from nncli.engine.metric_columns import HELD_OUT
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.errors import Diverged, NncliError, UserError
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.metrics import deciding
from nncli.study import tables
from nncli.study.plan import Pruning, RunPlan
from nncli.study.resumable_run import resumable_run
from nncli.study.stopping import watched_stop
from nncli.study.task import DATA_CHANGED, RunResult, TrialResult, TrialTask
from nncli.study.versions import differs_here

OnRunReport = Callable[[RunPlan, EpochReport], object]
TRACEBACK = "traceback.txt"
ENDED = (*FINISHED, "pruned", "diverged")


def unseen(plan: RunPlan, report: EpochReport) -> None:
    """Nobody looks on."""


def run_trial(task: TrialTask) -> TrialResult:
    """Run a trial in a process of its own; it ends early when the study is asked to stop."""
    with watched_stop(task.study.path) as stop:
        return run_trial_here(task, stop, unseen)


def run_trial_here(task: TrialTask, stop: Stop, on_report: OnRunReport) -> TrialResult:
    """Run a trial in this process, until `stop` is requested."""
    runs: list[RunResult] = []
    host = socket.gethostname()
    if difference := differs_here(task.study.versions, host):
        return TrialResult(task.plan.number, (), host, (2, (difference,)))
    for place, plan in enumerate(task.plan.runs):
        pruning = task.plan.pruning if place == 0 else None
        one = _Run(task, plan, pruning, stop)
        try:
            runs.append(one.result(lambda report, plan=plan: on_report(plan, report)))  # type: ignore[misc]
        except NncliError as error:
            if not isinstance(error, UserError) or one.is_prepared:
                refusal = error.exit_code, tuple(error.lines())
                return TrialResult(task.plan.number, (), host, refusal)
            # of this trial's config, or of the rows that it draws
            runs.append(RunResult("invalid", message=" ".join(plan.lines_of(error))))
        except Exception as error:
            runs.append(_failed(task, error))
        if runs[-1].state != COMPLETED:
            break
    return TrialResult(task.plan.number, tuple(runs), host)


def _failed(task: TrialTask, error: Exception) -> RunResult:
    """A bug: its traceback is kept beside the trial's run."""
    path = task.study.path / f"{task.plan.run}-{TRACEBACK}"
    path.write_text(traceback.format_exc())
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return RunResult("failed", message=f"{said} (see {path.name})")


@dataclass
class _Run:
    """A run of a trial, at whatever point it is.

    is_prepared: whether it has got so far that an error is no longer about its config.
    values: the objective so far, by logged epoch, where it is pruned by that.
    """

    task: TrialTask
    plan: RunPlan
    pruning: Pruning | None
    stop: Stop
    is_prepared: bool = False
    values: dict[int, float] = field(default_factory=dict)

    def result(self, on_report: OnReport) -> RunResult:
        """What it comes to. Raises UserError, FileFailure, CorruptRun."""
        folder = self.task.study.path / self.plan.folder
        with resumable_run(folder, self.stop) as run:
            self.is_prepared = run is not None
            if run is not None and (ended := self._ended(run)):
                return ended
            if self.stop.requested:
                return RunResult("")
            with (recorder := self._recorder(run)).run:
                return self._train(recorder, on_report)

    def _ended(self, run: RunDirectory, built: Built | None = None) -> RunResult | None:
        """What a run came to that needs no more training; None if it does.

        built: what was trained, if that is at hand; else its data is read again where it is needed.
        """
        reader = RunReader(run)
        summary = reader.summary()
        if summary.get("stopped") not in ENDED:
            return None
        metrics = {
            f"{split}_{name}": math.nan if value is None else value
            for split, values in summary["metrics"].items()
            for name, value in values.items()
        }
        state = summary["stopped"]
        state = state if state in ("pruned", "diverged") else COMPLETED
        if self._is_scored_apart and state == COMPLETED:
            metrics |= _held_out_metrics(built or reader.built, reader.theta, reader.decision)
        if self.pruning is not None:
            self.values = self._logged(run.read(names.METRICS), run)
        return RunResult(state, metrics, summary["epochs"], summary["seconds"], self.values)

    @property
    def _is_scored_apart(self) -> bool:
        """Whether it holds out rows that it doesn't even stop by."""
        return self.plan.fold is not None and not self.task.study.are_members

    def _logged(self, log: bytes, run: RunDirectory) -> dict[int, float]:
        """The objective at each logged epoch."""
        columns = read_columns(log, run.path / names.METRICS)
        values = columns.get(self.task.study.objective, [])
        return {int(epoch): v for epoch, v in zip(columns["epoch"], values, strict=False)}

    def _recorder(self, run: RunDirectory | None) -> RunRecorder:
        """Of the run, begun or gone on with."""
        if run is not None:
            recorder = RunRecorder.resume(RunReader(run), self._command())
            if self.pruning is not None and recorder.last is not None:
                self.values = self._logged(recorder.log.text(), run)
            return recorder
        study = self.task.study
        built, source = self._built()
        self.is_prepared = True
        folder = study.path / self.plan.folder
        with reporting(folder):
            folder.parent.mkdir(exist_ok=True)
        recorder = RunRecorder(RunDirectory.create_at(folder), built, built.job.start())
        recorder.runs_to_come = self.task.runs_to_come
        recorder.study = StudyDirectory(study.path)
        recorder.begin(source.text, study.config, self._command())
        return recorder

    def _command(self) -> list[str]:
        """What trains the run alone; a fold is trained together with the others."""
        study = self.task.study
        given = [*study.assignments, *self.plan.assignments]
        folds = ["--folds", str(study.folds)] if self._is_scored_apart else []
        return ["train", str(study.config), *(w for each in given for w in ("--set", each)), *folds]

    def _built(self) -> tuple[Built, Source]:
        """What the run's config declares. Raises UserError."""
        study = self.task.study
        given = [*study.assignments, *self.plan.assignments]
        experiment, source = load_text(study.text, study.config, given)
        whole = tables.split(experiment, source, study.folds, are_members=study.are_members)
        if study.data_sha256 and whole.table.sha256() != study.data_sha256:
            self.is_prepared = True
            raise UserError(DATA_CHANGED.format(study.config))
        part = whole if self.plan.fold is None else whole.folds[self.plan.fold]
        return assemble(experiment, source, part), source

    def _train(self, recorder: RunRecorder, on_report: OnReport) -> RunResult:
        """Train it to its end, or until it is stopped."""
        with BackgroundPlotter() as plotter:
            if recorder.built.experiment.output.plots:
                plotter.start()
            try:
                trained = train_to_end(recorder, plotter, self.stop, on_report, self._is_pruned)
            except Diverged as error:  # before the first step
                return RunResult("diverged", message=str(error))
        if not trained.finished:
            return RunResult("")
        ended = self._ended(recorder.run, recorder.built)
        assert ended is not None
        message = str(trained.diverged) if trained.diverged else ""
        return replace(ended, message=message, warnings=tuple(recorder.warnings))

    def _is_pruned(self, report: EpochReport) -> bool:
        if self.pruning is None or not report.is_logged:
            return False
        value = report.columns().get(self.task.study.objective)
        self.values[report.epoch] = math.nan if value is None else value
        return self.pruning.should_prune(self.values)


def _held_out_metrics(built: Built, theta: Array, decision: Decision) -> dict[str, float]:
    """held_out_loss, held_out_accuracy ... of the rows that a fold held out."""
    job, rows = built.job, built.evaluation_set("test")
    metrics = deciding(job.metrics, decision)
    with limited(job.training):
        score = Evaluator(job.network, theta, rows, job.decode, metrics).score()
    return {HELD_OUT + name: v for name, v in {"loss": score.loss, **score.metrics}.items()}
