"""A comparison as JSON."""

import os
from typing import Any

from nncli.comparison.comparison import Comparison, Group
from nncli.comparison.pairing import Difference
from nncli.engine.metric_columns import rows_of
from nncli.evaluation.statistics import Mean


def to_json(comparison: Comparison) -> dict[str, Any]:
    """What `compare --json` prints."""
    return {
        "metric": comparison.metric,
        "rows": rows_of(comparison.metric),
        "higher_is_better": comparison.is_score,
        "keys": list(comparison.keys),
        "comparisons": comparison.tested,
        "groups": [_group(group) for group in comparison.groups],
        "left_out": [{"run": each.name, "why": each.why} for each in comparison.left_out],
        "notes": list(comparison.notes),
    }


def _group(group: Group) -> dict[str, Any]:
    runs = group.runs
    return {
        "name": group.name,
        "config": group.settings,
        "runs": [
            {"run": os.fspath(result.path), "value": runs.value(result)} for result in runs.results
        ],
        "n": len(runs.results),
        "splits": len(runs.by_split),
        "mean": group.mean.value,
        "std": group.std,
        "interval": _interval(group.mean),
        "versus_best": group.versus and _difference(group.versus),
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "difference": found.mean.value,
        "n": found.mean.n,
        "interval": _interval(found.mean),
        "p": found.mean.p,
        "p_holm": found.p_holm,
        "test": found.test,
        "why_no_p": found.why or None,
    }


def _interval(found: Mean) -> list[float] | None:
    return None if found.interval is None else list(found.interval)
