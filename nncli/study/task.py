"""Tasks and results: the messages to and from a worker. Both are small, plain data."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from nncli.frozen import frozen
from nncli.study.planners import TrialPlan

DATA_CHANGED = "{}: the data has changed since the study began"


@frozen
class StudyTask:
    """The part of a study that all its trials share.

    path: the study's folder.  config, text: path and text of the config as given.
    assignments: the study's `--set`.  folds: their number; 0 for none.
    are_members: whether a run validates on the fold that it holds out, instead of only scoring it.
    objective: the column of metrics.csv that decides pruning.
    data_sha256, versions: a worker must have the same; sha "" if runs differ in their data.
    """

    path: Path
    config: Path
    text: str
    assignments: tuple[str, ...]
    folds: int
    objective: str
    data_sha256: str
    versions: Mapping[str, str]
    are_members: bool = False


@frozen
class TrialTask:
    """A trial to run. runs_to_come: further runs of the study, which must fit on the disk."""

    study: StudyTask
    plan: TrialPlan
    runs_to_come: int = 0


@frozen
class RunResult:
    """The result of a run.

    state: as of a trial; "" for a run that was stopped and stays open.
    metrics: of the weights kept: train_loss, val_loss, held_out_loss ...
    reports: the objective by logged epoch, where pruning needs it.
    """

    state: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 0
    seconds: float = 0.0
    reports: Mapping[int, float] = field(default_factory=dict)
    message: str = ""
    warnings: tuple[str, ...] = ()


@frozen
class TrialResult:
    """The results of a trial's runs, and the host that ran them.

    fatal_error: the exit code and lines of an error that ends the whole study.
    """

    number: int
    runs: tuple[RunResult, ...] = ()
    host: str = ""
    fatal_error: tuple[int, tuple[str, ...]] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the trial was stopped before its end."""
        return not self.runs or not self.runs[-1].state
