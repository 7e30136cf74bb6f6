"""Rows: a job's data for the page, or a sample if there are many rows."""

from base64 import b64encode
from typing import Any

import numpy as np

from nncli.assembly.build import Built
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.rows import X
from nncli.parts.arrays import Array

MAX_NUMBERS = 6_000  # inputs and targets in a page: 64 KB


def packed(array: Array) -> str:
    """An array as base64 of little-endian float64."""
    return b64encode(np.ascontiguousarray(array, "<f8").tobytes()).decode()


def sets(built: Built) -> tuple[dict[str, Any], dict[str, int]]:
    """Training and validation rows; and, for those that are a sample, the number of all rows.

    A sample is evenly spaced, so that sorted data keep their shape.
    """
    job = built.job
    given = {"train": job.train, "val": job.val}
    counts = {name: len(rows) for name, rows in given.items() if rows is not None}
    width = built.network.inputs + built.network.outputs + (job.train.weights is not None)
    share = min(1.0, MAX_NUMBERS / (sum(counts.values()) * width))
    found = {
        name: _packed_set(rows, max(2, int(len(rows) * share)) if share < 1.0 else len(rows))
        for name, rows in given.items()
        if rows is not None
    }
    return found, {name: n for name, n in counts.items() if found[name]["count"] < n}


def _packed_set(rows: EvaluationSet, count: int) -> dict[str, Any]:
    count = min(count, len(rows))
    chosen = np.linspace(0, len(rows) - 1, count).round().astype(np.intp)
    batch = rows.at(chosen) if count < len(rows) else rows
    weights = {} if batch.weights is None else {"w": packed(batch.weights)}
    inputs, targets = batch.inputs[X], batch.targets
    return {
        "count": count,
        "x": packed(inputs[0 : len(inputs)]),
        "t": packed(targets[0 : len(targets)]),
        **weights,
    }
