"""Metric choice: the column by which runs are compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from nncli.comparison.results import SECONDS, Result
from nncli.engine.metric_columns import HELD_OUT, VAL, metric_of, rows_of
from nncli.errors import UserError, did_you_mean, few

LOSS_KEYS = (
    *("loss", "training.class_weight", "data.sample_weight"),
    *("data.task", "data.target", "data.preprocessing.target"),
)


def choose(
    results: Sequence[Result], keys: Mapping[str, Sequence[Any]], asked: str | None
) -> tuple[str, list[str]]:
    """The column to compare by, and notes on it.

    By default the early stopping monitor, else the loss; on held-out rows, else validation rows,
    else training rows. If the groups' losses differ, the first metric that all runs have.
    """
    if asked is not None:
        return asked, _about(asked, results)
    if not results:
        return "val_loss", []
    columns = [set(result.values) for result in results]
    shared = set.intersection(*columns)
    start = next((p for p in (HELD_OUT, VAL) if f"{p}loss" in shared), "")
    monitors = {_monitor(result) for result in results}
    wanted = monitors.pop() if len(monitors) == 1 else "loss"
    if wanted == "loss" and loss_differs(keys):
        named = [metric.name for metric in results[0].config.evaluation.metrics]
        wanted = next((name for name in named if start + name in shared), "loss")
        if wanted != "loss":
            return start + wanted, [f"compared by {start}{wanted}: the loss itself differs"]
    return start + wanted, []


def _monitor(result: Result) -> str:
    """The early stopping monitor without its split."""
    stopping = result.config.training.early_stopping
    return metric_of(stopping.monitor) if stopping else "loss"


def loss_differs(keys: Mapping[str, Sequence[Any]]) -> bool:
    """Whether the differing keys change the objective."""
    return any(
        "regularizer" in key
        or any(key == own or key.startswith(f"{own}.") for own in LOSS_KEYS)
        or (key.startswith("network") and any(map(_is_penalized, values)))
        for key, values in keys.items()
    )


def _is_penalized(value: Any) -> bool:
    """Whether a block contains a regularizer."""
    if isinstance(value, list):
        return any(map(_is_penalized, value))
    if isinstance(value, dict):
        return any(
            (item is not None and "regularizer" in key) or _is_penalized(item)
            for key, item in value.items()
        )
    return False


def _about(metric: str, results: Sequence[Result]) -> list[str]:
    """Notes on a requested column. Raises UserError if no run has it."""
    known = list(dict.fromkeys(name for result in results for name in result.values))
    if metric in known or not results:
        is_of_train = metric != SECONDS and rows_of(metric) == "train"
        better = HELD_OUT + metric
        return [f"{metric} is of training rows; see {better}"] * (is_of_train and better in known)
    if rows_of(metric) == "test":
        raise UserError(
            f"{metric}: runs keep no scores of test rows, which choose nothing: compare by "
            f"{VAL}{metric_of(metric)}, then nncli evaluate the one that you take"
        )
    raise UserError(f"no run has a {metric}{did_you_mean(metric, known)}; known: {few(known, 20)}")
