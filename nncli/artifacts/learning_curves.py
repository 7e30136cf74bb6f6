"""Learning curves: plot loss and metrics as png, svg or pdf."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nncli.artifacts.learning_curves_plot import Curves, alt_text, curves_figure
from nncli.artifacts.rendering import check_format, write_plot
from nncli.engine.metric_columns import VAL
from nncli.errors import UserError

if TYPE_CHECKING:
    from nncli.config.resolved import Resolved


def run_curves(
    name: str,
    columns: Mapping[str, Sequence[float]],
    trained: "Resolved",
    best_epoch: int | None,
    best: Mapping[str, Mapping[str, float | None]],
) -> Curves:
    """A run's curves. trained: its config.  best: the metrics of best_epoch, by split."""
    from nncli.engine.training_settings import default_monitor

    stopping = trained.training.early_stopping
    return Curves(
        name,
        columns,
        ", ".join(filter(None, (trained.loss.title, trained.loss.unit))),
        best_epoch,
        monitor=stopping.monitor if stopping else default_monitor("val_loss" in columns),
        min_delta=stopping.min_delta if stopping else 0.0,
        scores=[metric.name for metric in trained.evaluation.metrics if metric.is_score],
        best_values={
            VAL + metric if part == "val" else metric: value
            for part, metrics in best.items()
            for metric, value in metrics.items()
            if value is not None  # NaN in JSON
        },
    )


def draw_curves(
    runs: Sequence[Curves], path: Path, metric: str, is_log: bool | None = None
) -> None:
    """Draw train and validation `metric` of every run to `path` (png, svg or pdf by suffix).

    is_log: whether the axis is logarithmic; None: see `log_suits`.
    Raises UserError for another suffix or a metric that no run has, FileFailure if it can't write.
    """
    check_format(path)
    known = list(dict.fromkeys(c.removeprefix(VAL) for run in runs for c in run.columns))
    if all(metric not in run.columns for run in runs):
        raise UserError(f"no run has the metric '{metric}'; known: {', '.join(known)}")
    values = [value for run in runs for value in run.columns.get(metric, ())]
    if is_log and not any(value > 0 for value in values):
        raise UserError(f"{metric} has no positive values to draw on a logarithmic axis")
    write_plot(path, lambda: curves_figure(runs, metric, is_log), alt_text(runs, metric))
