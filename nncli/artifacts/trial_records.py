"""Trial records: trials.csv, a row per trial; all that a resume needs."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from nncli.engine.metric_columns import prefix_of
from nncli.errors import CorruptRun
from nncli.frozen import frozen

OPEN = "running"  # planned, running, or interrupted
COMPLETED = "completed"
FAILED = ("invalid", "failed", "crashed")
STATES = (OPEN, COMPLETED, "pruned", "diverged", *FAILED)
FIXED = ("number", "state", "run", "value", "std", "epochs", "seconds", "host")


@frozen
class TrialRecord:
    """A trial and its result.

    run: its folder in the study.  value, std: of the objective over its runs.
    keys: the config keys that it sets, as text.  metrics: of the kept weights, mean over its runs.
    """

    number: int
    run: str
    keys: Mapping[str, str] = field(default_factory=dict)
    state: str = OPEN
    value: float | None = None
    std: float | None = None
    epochs: int | None = None
    seconds: float | None = None
    host: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""

    @property
    def is_open(self) -> bool:
        return self.state == OPEN


def encode(trials: Sequence[TrialRecord], keys: Sequence[str]) -> bytes:
    """The text of trials.csv; numbers in the shortest form that restores the same bits."""
    metrics = list(dict.fromkeys(name for trial in trials for name in trial.metrics))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FIXED, *keys, *metrics, "message"])
    for trial in trials:
        fixed = [_cell(getattr(trial, name)) for name in FIXED]
        of_keys = [trial.keys.get(key, "") for key in keys]
        of_metrics = [_cell(trial.metrics.get(name)) for name in metrics]
        writer.writerow([*fixed, *of_keys, *of_metrics, trial.message])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    return "" if value is None else repr(float(value)) if isinstance(value, float) else str(value)


def decode(content: bytes, keys: Sequence[str], source: Path) -> list[TrialRecord]:
    """The trials of trials.csv. Raises CorruptRun if it can't be read."""
    try:
        header, *rows = csv.reader(io.StringIO(content.decode()))
        trials = [_record(dict(zip(header, row, strict=True)), keys) for row in rows]
    except (ValueError, KeyError, csv.Error):
        raise CorruptRun(f"{source}: not a table of trials") from None
    if [trial.number for trial in trials] != list(range(len(trials))):
        raise CorruptRun(f"{source}: expected the trials 0, 1, ... in their order")
    return trials


def _record(cells: Mapping[str, str], keys: Sequence[str]) -> TrialRecord:
    """A row as a record. Raises ValueError or KeyError."""
    if cells["state"] not in STATES:
        raise ValueError(cells["state"])
    metrics = {
        name: float(cell)
        for name, cell in cells.items()
        if name not in keys and prefix_of(name) and cell
    }
    return TrialRecord(
        number=int(cells["number"]),
        run=cells["run"],
        keys={key: cells[key] for key in keys if cells[key]},
        state=cells["state"],
        value=_number(cells["value"]),
        std=_number(cells["std"]),
        epochs=int(cells["epochs"]) if cells["epochs"] else None,
        seconds=_number(cells["seconds"]),
        host=cells["host"],
        metrics=metrics,
        message=cells["message"],
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def best_of(trials: Iterable[TrialRecord], *, higher_is_better: bool) -> TrialRecord | None:
    """The completed trial with the best value, the first of equals; None if there is none."""
    sign = -1.0 if higher_is_better else 1.0
    finite = [
        (sign * trial.value, trial.number, trial)
        for trial in trials
        if trial.state == COMPLETED and trial.value is not None and math.isfinite(trial.value)
    ]
    return min(finite)[2] if finite else None
