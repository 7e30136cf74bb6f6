"""Tasks: what is sent to whoever runs a trial, and what comes back. Both are small, and data."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from nncli.frozen import frozen
from nncli.study.plan import TrialPlan

DATA_CHANGED = "{}: the data has changed since the study began"


@frozen
class StudyTask:
    """What all trials of a study have in common.

    path: the study's folder.  config, text: the config as given, and where it stood.
    assignments: what `--set` gave the study.  folds: how many parts the rows are cut into; 0: none.
    are_members: whether the part that a run holds out validates it, and isn't scored apart.
    objective: the column of metrics.csv by which trials are pruned.
    data_sha256, versions: what a worker has to have too; "": runs differ in their data.
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
    """A trial to run. runs_to_come: of the study, for which the disk has to have room."""

    study: StudyTask
    plan: TrialPlan
    runs_to_come: int = 0


@frozen
class RunResult:
    """What a run came to.

    state: of a trial, or "" for a run that was stopped and is left open.
    metrics: of the weights that it keeps: train_loss, val_loss, held_out_loss ...
    reports: the objective at each logged epoch, where trials are pruned by it.
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
    """What the runs of a trial came to, and where.

    refusal: the exit code and lines of an error that ends the whole study.
    """

    number: int
    runs: tuple[RunResult, ...] = ()
    host: str = ""
    refusal: tuple[int, tuple[str, ...]] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was stopped on the way."""
        return not self.runs or not self.runs[-1].state
