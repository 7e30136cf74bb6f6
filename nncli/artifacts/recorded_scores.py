"""Recorded scores: a run's metrics by split, as its files have them."""

import math
from typing import Any

from nncli.artifacts.atomic_directory import MANIFEST, AtomicDirectory
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.run_directory import EVALUATION
from nncli.artifacts.trained_model import TrainedModel


def recorded_scores(trained: TrainedModel) -> dict[str, dict[str, float]]:
    """{"train": {"loss": ..., ...}, "val": ..., "test": ...}, of the kept weights.

    "test" only after `nncli evaluate`; "train" and "val" only once the run has ended.
    """
    splits = trained.summary().get("metrics", {})
    found = {name: _numbers(values) for name, values in _items(splits)}
    if test := _evaluated(trained):
        found["test"] = test
    return found


def _evaluated(trained: TrainedModel) -> dict[str, float]:
    """The test scores; empty if there are none."""
    folder = AtomicDirectory(path_inside(trained.path, EVALUATION))
    if not (folder.path / MANIFEST).is_file() or "test.json" not in folder.manifest():
        return {}
    report = folder.read_json("test.json")
    return _numbers(report.get("metrics") if isinstance(report, dict) else None)


def _items(value: Any) -> list[tuple[str, Any]]:
    return [*value.items()] if isinstance(value, dict) else []


def _numbers(value: Any) -> dict[str, float]:
    """The numbers of a JSON object; null, which stands for non-finite ones, as NaN."""
    numbers = {name: math.nan if each is None else each for name, each in _items(value)}
    return {name: float(each) for name, each in numbers.items() if isinstance(each, int | float)}
