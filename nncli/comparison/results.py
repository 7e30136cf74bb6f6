"""Results: a run's metrics, rows and sources of randomness."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

from nncli.artifacts.run_reader import RunReader
from nncli.config.resolved import Resolved
from nncli.engine.metric_columns import HELD_OUT, VAL, metric_of, rows_of
from nncli.engine.stop_reason import FINISHED
from nncli.errors import CorruptRun
from nncli.frozen import frozen
from nncli.parts.splits import Rows

NOT_ENDED = "not ended"
SECONDS = "seconds"


@frozen
class PairingKey:
    """The conditions that paired runs share, so that they differ by config only.

    data: its SHA-256.  split: SHA-256 of the rows of each split and the data.
    seeds: of initial weights, shuffling and dropout.
    """

    data: str
    split: str
    seeds: tuple[int, int, int]


@frozen
class Result:
    """The result of a run.

    values: by column, of the kept weights.  curves: columns of metrics.csv.
    rows: counts by split.  trouble: why the run is excluded; empty if it is valid.
    """

    name: str
    path: Path
    config: Resolved
    pairing_key: PairingKey
    rows: Mapping[str, int]
    values: Mapping[str, float]
    curves: Mapping[str, list[float]]
    trouble: str = ""

    def is_score(self, metric: str) -> bool:
        """Whether a higher value of a column is better."""
        found = {each.name: each.is_score for each in self.config.evaluation.metrics}
        return found.get(metric_of(metric), False)

    def overlap(self, metric: str) -> float:
        """Scored rows / training rows, for the Nadeau-Bengio correction for overlapping splits."""
        return self.rows[rows_of(metric)] / self.rows["train"]


def result_of(reader: RunReader, name: str, held_out: Mapping[str, float] | None) -> Result:
    """Read a run's result. held_out: metrics on a fold's held-out rows, by name.

    Raises UserError or CorruptRun if it can't be read.
    """
    summary, config, rows = reader.summary(), reader.recorded, reader.rows
    counts = {"train": len(rows.train), "val": len(rows.val), "test": len(rows.test)}
    values = dict(_values(summary.get("metrics"), reader.run.path))
    if isinstance(summary.get(SECONDS), int | float):
        values[SECONDS] = float(summary[SECONDS])
    if held_out is not None:
        counts[rows_of(HELD_OUT)] = counts["test"]
        values |= {HELD_OUT + key: value for key, value in held_out.items()}
    seeds = config.seeds
    data = str(reader.environment().get("data_sha256"))
    pairing_key = PairingKey(data, _digest(rows, data), (seeds.init, seeds.shuffle, seeds.dropout))
    curves = reader.curves().columns if reader.has_learned else {}
    columns = {key: list(column) for key, column in curves.items()}
    return Result(
        name, reader.run.path, config, pairing_key, counts, values, columns, _trouble(reader)
    )


def _trouble(reader: RunReader) -> str:
    """Why a run is excluded; empty if it is valid."""
    if not reader.has_learned:
        return "its loss was never finite"
    stopped: str = reader.summary().get("stopped", NOT_ENDED)
    return "" if stopped in FINISHED else {"interrupted": NOT_ENDED}.get(stopped, stopped)


def _values(metrics: object, path: Path) -> list[tuple[str, float]]:
    """(column, value) of a summary's metrics. Raises CorruptRun if it is malformed."""
    if metrics is None:
        return []
    try:
        return [
            (VAL * (part == "val") + name, math.nan if value is None else float(value))
            for part, of_part in metrics.items()  # type: ignore[attr-defined]
            for name, value in of_part.items()
        ]
    except (AttributeError, TypeError, ValueError):
        raise CorruptRun(f"{path}: its summary has no metrics") from None


def _digest(rows: Rows, data: str) -> str:
    """SHA-256 of the data and of the rows of each split: runs can be paired if it is equal."""
    digest = hashlib.sha256(data.encode())
    for part in (rows.train, rows.val, rows.test):
        digest.update(f"{len(part)}:".encode())
        digest.update(part.astype("<i8").tobytes())
    return digest.hexdigest()
