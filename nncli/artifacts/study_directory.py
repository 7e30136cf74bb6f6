"""The study directory: one config, many runs, each in its own folder.

study.json describes the study, trials.csv has a row per trial; both are committed together
whenever a trial begins or ends.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.files import to_json
from nncli.artifacts.manifest import is_listed
from nncli.artifacts.numbered_directory import (
    FILES,
    MAX_COPY_BYTES,
    NumberedDirectory,
    no_run_at,
)
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.trial_records import TrialRecord, best_of, decode, encode
from nncli.engine.metric_columns import HELD_OUT, VAL
from nncli.errors import CorruptRun, UserError
from nncli.frozen import frozen
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

STUDY = "study.json"
TRIALS = "trials.csv"
CONFIRM = "confirm.csv"  # of a sweep: runs of the best and the first trial with new seeds

FORMAT = 1

Kind = Literal["folds", "seeds", "ensemble", "sweep"]


@frozen
class StudyFacts:
    """The content of study.json.

    config: the original path of config.yaml, to which the paths in it are relative.
    assignments: of `--set`.  trials: their planned number.
    vary: the seeds that differ between runs.  ahead: the largest number of open trials; 0: all.
    search: of a sweep, the `sweep` block without its space.
    objective: the column that ranks trials.
    keys: the config keys that trials set.  versions: of libraries that the numbers depend on.
    result: what `--json` prints, once the study has ended.
    """

    kind: Kind
    config: str
    assignments: tuple[str, ...]
    trials: int
    folds: int
    vary: tuple[str, ...]
    ahead: int
    search: Mapping[str, Any]
    objective: str
    higher_is_better: bool
    keys: tuple[str, ...]
    data_sha256: str
    versions: Mapping[str, str]
    began: str
    ended: str | None = None
    result: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def trials_word(self) -> str:
        """The word for its trials."""
        return {"sweep": "trials", "ensemble": "members"}.get(self.kind, "runs")

    @property
    def logged_objective(self) -> str:
        """The objective's column in metrics.csv, which has no scores of a fold's held-out rows."""
        return self.objective.replace(HELD_OUT, VAL)


class StudyDirectory(NumberedDirectory):
    """A study on disk."""

    kind = "study"

    def owns(self, path: Path) -> bool:
        return len(path.parts) == 1 or path.parts[0] in ("plots", FILES)

    def keep_tables(self, tables: Mapping[str, Path]) -> None:
        """Copy the config's tables once for all runs. Large tables and folders stay outside."""
        for path in tables.values():
            name = f"{FILES}/{path.name}"
            is_small = path.is_file() and path.stat().st_size <= MAX_COPY_BYTES
            if is_small and name not in self._entries:
                self.copy(path, name)

    def copy_of(self, path: Path) -> str | None:
        """The name of the study's copy of a table; None if there is none, or it differs."""
        name = f"{FILES}/{path.name}"
        entry = self.manifest().get(name)
        return name if entry is not None and is_listed(path, entry) else None

    @classmethod
    def open(cls, path: Path) -> "StudyDirectory":
        """Open an existing study. Raises UserError if there is none at `path`."""
        if not is_study(path):
            found = f"not a study: it has no {STUDY}" if path.is_dir() else no_run_at(path)
            raise UserError(f"{path}: {found}")
        if not (path / MANIFEST).is_file():
            raise CorruptRun(f"{path / MANIFEST}: missing from the study")
        return cls(path)

    def save(
        self,
        facts: StudyFacts,
        trials: Sequence[TrialRecord],
        files: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Commit facts, trials and `files` together."""
        content = {"format": FORMAT, **dataclasses.asdict(facts)}
        self.commit(
            {
                STUDY: [to_json(content)],
                TRIALS: [encode(trials, facts.keys)],
                **{name: [content] for name, content in files.items()},
            }
        )

    def facts(self) -> StudyFacts:
        """Read study.json. Raises CorruptRun, or UserError for another format."""
        content, path = self.read_object(STUDY), self.path / STUDY
        if (found := content.pop("format", None)) != FORMAT:
            shown = json.dumps(found)[:20]
            raise UserError(f"{path}: format {shown}, which this version of nncli doesn't read")
        try:
            facts: StudyFacts = read_as(content, StudyFacts, STUDY)
        except Malformed as error:
            raise CorruptRun(f"{path}: {error}") from None
        return facts

    def trials(self, facts: StudyFacts) -> list[TrialRecord]:
        """Read trials.csv. Raises CorruptRun."""
        return decode(self.read(TRIALS), facts.keys, self.path / TRIALS)


def which_run(path: Path) -> str:
    """The error for a study where a run is expected: which of its runs to take."""
    study = StudyDirectory.open(path)
    facts = study.facts()
    trials = study.trials(facts)
    if facts.kind == "ensemble" and trials:
        return f"an ensemble: this takes one network, such as {path / trials[0].run}"
    best = best_of(trials, higher_is_better=facts.higher_is_better)
    if best is None:
        return "holds the runs of a study, none of which has come to its end"
    folder = path / best.run
    if not (folder / MANIFEST).is_file():  # a trial of several runs
        folder = min(folder.glob(f"*/{MANIFEST}")).parent
    return f"holds the runs of a study: take one; the best by {facts.objective} is {folder}"


def is_study(path: Path) -> bool:
    """Whether a folder is a study."""
    return (path / STUDY).is_file()


def runs_of(path: Path) -> list[Path]:
    """The runs of a study, trial by trial, then those that confirm the best."""
    study = StudyDirectory.open(path)
    folders = [path / trial.run for trial in study.trials(study.facts())]
    if CONFIRM in study.manifest():
        confirm = decode(study.read(CONFIRM), ["trial"], path / CONFIRM)
        folders += [path / trial.run for trial in confirm]
    return [run for folder in folders for run in _runs_in(folder)]


def runs_of_trial(path: Path, trial: TrialRecord) -> list[Path]:
    """The runs of a trial: one, or several below its folder."""
    return _runs_in(path_inside(path, trial.run))


def _runs_in(folder: Path) -> list[Path]:
    if (folder / MANIFEST).is_file():
        return [folder]
    return [manifest.parent for manifest in sorted(folder.glob(f"*/{MANIFEST}"))]
