"""Objective: the column that ranks a sweep's trials, never one of test rows."""

from collections.abc import Sequence

from nncli.assembly.build import Built
from nncli.config.load import Source
from nncli.config.sweep_keys import SweepKeys
from nncli.engine.metric_columns import HELD_OUT, VAL
from nncli.frozen import frozen

KEY = "sweep.objective"
LOSS_KEYS = ("class_weight", "sample_weight", "regularizer")


@frozen
class Objective:
    """column: of metrics.csv; decides pruning.  of_trials: the metric that is a trial's value.

    reason: why it differs from the early stopping monitor; empty if it doesn't.
    """

    column: str
    of_trials: str
    higher_is_better: bool
    reason: str = ""


def objective_of(
    keys: SweepKeys, first: Built, columns: Sequence[str], source: Source
) -> Objective:
    """Resolve `sweep.objective`. columns: the searched keys. Raises ConfigError."""
    job = first.job
    known = [VAL + name for name in ("loss", *job.metrics)]
    column, reason = keys.objective, ""
    if column == "auto":
        column = VAL + job.monitor.removeprefix(VAL)
        searched = [key for key in columns if _changes_loss(key)]
        instead = [name for name in ("val_log_loss", "val_rmse") if name in known]
        if column == "val_loss" and searched and instead:
            column = instead[0]
            reason = f"{', '.join(searched)} changes what a loss means"
    if column not in known:
        why = "; test rows never choose" if column.startswith("test") else ""
        message = f"expected one of {', '.join(known)}, found '{column}'{why}"
        raise source.error([(KEY, message)])
    if job.val is None and not keys.folds:
        raise source.error(
            [(KEY, "there are no validation rows to judge by: give data.split.val, or sweep.folds")]
        )
    of_trials = HELD_OUT + column.removeprefix(VAL) if keys.folds else column
    return Objective(column, of_trials, job.is_score(column), reason)


def _changes_loss(key: str) -> bool:
    """Whether losses under different values of a key are not comparable."""
    return key.split(".")[0] == "loss" or any(word in key for word in LOSS_KEYS)
