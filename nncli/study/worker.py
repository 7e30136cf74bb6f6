"""Worker: runs a trial and writes its run directories, in any process or machine.

After a kill or a stop any worker may run the trial again: it reads ended runs, and resumes an
interrupted one from its last checkpoint, to the same bits.
"""

import math
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from nncli.artifacts import run_directory as names
from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.files import translating_os_errors
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.resumption import resumed_recorder
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.run_training import OnReport, train_to_end
from nncli.artifacts.study_directory import StudyDirectory
from nncli.artifacts.trial_records import COMPLETED
from nncli.assembly.build import Built, assemble
from nncli.config.load import Source, load_text
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.evaluator import Evaluator
from nncli.engine.metric_columns import HELD_OUT
from nncli.engine.stop import Stop
from nncli.engine.stop_reason import FINISHED
from nncli.engine.threads import limited
from nncli.errors import Diverged, NncliError, UserError, printable
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.metrics import deciding
from nncli.study.planners import Pruning, RunPlan
from nncli.study.resumable_run import resumable_run
from nncli.study.split_cache import cached_split, recorded_split
from nncli.study.stopping import watched_stop
from nncli.study.task import RunResult, TrialResult, TrialTask
from nncli.study.versions import differs_here

OnRunReport = Callable[[RunPlan, EpochReport], object]
TRACEBACK_FILE = "traceback.txt"
ENDED = (*FINISHED, "pruned", "diverged")


def ignore_report(plan: RunPlan, report: EpochReport) -> None:
    """Ignore an epoch's report."""


def run_trial(task: TrialTask) -> TrialResult:
    """Run a trial in a worker process, until it ends or the study's stop file appears."""
    with watched_stop(task.study.path) as stop:
        return run_trial_here(task, stop, ignore_report)


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
                fatal_error = error.exit_code, tuple(error.lines())
                return TrialResult(task.plan.number, (), host, fatal_error)
            # only this trial is wrong: its config, or the rows that it draws
            runs.append(RunResult("invalid", message=" ".join(plan.lines_of(error))))
        except Exception as error:
            runs.append(_failed(task, error))
        if runs[-1].state != COMPLETED:
            break
    return TrialResult(task.plan.number, tuple(runs), host)


def _failed(task: TrialTask, error: Exception) -> RunResult:
    """The result of an unexpected exception, whose traceback is saved beside the trial."""
    path = task.study.path / f"{task.plan.run}-{TRACEBACK_FILE}"
    path.write_text(traceback.format_exc(), "utf-8", "backslashreplace")
    said = printable(" ".join(f"{type(error).__name__}: {error}".split()), 200)
    return RunResult("failed", message=f"{said} (see {path.name})")


@dataclass
class _Run:
    """A run of a trial: new, interrupted or ended.

    is_prepared: whether config and data are valid, so that an error now ends the study.
    values: the objective by logged epoch, where pruning needs it.
    """

    task: TrialTask
    plan: RunPlan
    pruning: Pruning | None
    stop: Stop
    is_prepared: bool = False
    values: dict[int, float] = field(default_factory=dict)

    def result(self, on_report: OnReport) -> RunResult:
        """Read, resume or train the run. Raises UserError, FileFailure, CorruptRun."""
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
        """The result of an ended run; None if it needs more training.

        built: the trained job, if known; else it is built again if needed.
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
        """Whether the run scores a fold that it neither trains nor validates on."""
        return self.plan.fold is not None and not self.task.study.are_members

    def _logged(self, log: bytes, run: RunDirectory) -> dict[int, float]:
        """The objective by logged epoch."""
        columns = read_columns(log, run.path / names.METRICS)
        values = columns.get(self.task.study.objective, [])
        return {int(epoch): v for epoch, v in zip(columns["epoch"], values, strict=False)}

    def _recorder(self, run: RunDirectory | None) -> RunRecorder:
        """The recorder of a new run, or of a resumed one."""
        if run is not None:
            recorder = resumed_recorder(RunReader(run), self._command())
            if self.pruning is not None and recorder.last is not None:
                self.values = self._logged(recorder.log.text(), run)
            return recorder
        study = self.task.study
        built, source = self._built()
        self.is_prepared = True
        folder = study.path / self.plan.folder
        with translating_os_errors(folder):
            folder.parent.mkdir(exist_ok=True)
        recorder = RunRecorder(RunDirectory.create_at(folder), built, built.job.start())
        recorder.runs_to_come = self.task.runs_to_come
        recorder.study = StudyDirectory(study.path)
        recorder.begin(source.text, study.config, self._command())
        return recorder

    def _command(self) -> list[str]:
        """The command line that trains this run; for a fold, all folds."""
        study = self.task.study
        given = [*study.assignments, *self.plan.assignments]
        folds = ["--folds", str(study.folds)] if self._is_scored_apart else []
        return ["train", str(study.config), *(w for each in given for w in ("--set", each)), *folds]

    def _built(self) -> tuple[Built, Source]:
        """The job of the run's config, and its source. Raises UserError."""
        study = self.task.study
        given = [*study.assignments, *self.plan.assignments]
        experiment, source = load_text(study.text, study.config, given)
        folds, recorded, are_members = study.folds, study.data_sha256, study.are_members
        whole = cached_split(experiment, source, folds, are_members=are_members)
        if recorded and whole.table.sha256() != recorded:  # of another study, or it has changed
            self.is_prepared = True
            whole = recorded_split(experiment, source, folds, recorded, are_members=are_members)
        part = whole if self.plan.fold is None else whole.folds[self.plan.fold]
        return assemble(experiment, source, part), source

    def _train(self, recorder: RunRecorder, on_report: OnReport) -> RunResult:
        """Train the run to its end, or until a stop."""
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
    """held_out_loss, held_out_accuracy ... on the fold's held-out rows."""
    job, rows = built.job, built.evaluation_set("test")
    metrics = deciding(job.metrics, decision)
    with limited(job.training):
        score = Evaluator(job.network, theta, rows, job.decode, metrics).score()
    return {HELD_OUT + name: v for name, v in {"loss": score.loss, **score.metrics}.items()}
