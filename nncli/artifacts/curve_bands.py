"""Curve bands: minimum, mean and maximum over several runs' curves, and axis limits for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.number_ticks import log_ticks, needs_log_axis
from nncli.parts.arrays import Array

MIN_LENGTH_RATIO = 10.0  # longest / shortest run above which the epoch axis is logarithmic
MARGIN = 0.05  # beyond the values, as a share of their range
MAX_POINTS = 500  # of a curve


def band(
    curves: Sequence[Mapping[str, Sequence[float]]], column: str
) -> tuple[Array, Array, Array, Array]:
    """(epochs, minimum, mean, maximum) over the runs, up to their median length.

    curves: the columns of each run's metrics.csv.
    """
    runs = [(np.array(each["epoch"]), np.array(each[column])) for each in curves if column in each]
    if not runs:
        return (np.empty(0),) * 4
    last = float(np.median([epochs[-1] for epochs, _ in runs]))
    grid = np.unique(np.concatenate([epochs for epochs, _ in runs]))
    grid = grid[grid <= last]
    grid = grid[np.unique(np.linspace(0, len(grid) - 1, MAX_POINTS).round().astype(int))]
    values = np.array([np.interp(grid, *run, right=np.nan) for run in runs])
    values = np.where(np.isfinite(values), values, np.nan)
    return grid, np.nanmin(values, 0), np.nanmean(values, 0), np.nanmax(values, 0)


def show_range(axis: Any, values: list[Array], *, is_score: bool) -> None:
    """Fit an axis to the finite values; it becomes logarithmic for losses over a wide range."""
    finite = np.concatenate([np.empty(0), *(each[np.isfinite(each)] for each in values)])
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    is_across = axis.axis_name == "x"
    set_limits = axis.axes.set_xlim if is_across else axis.axes.set_ylim
    if needs_log_axis(low, high) and not is_score:
        (axis.axes.set_xscale if is_across else axis.axes.set_yscale)("log")
        margin = (high / low) ** MARGIN
        set_limits(low / margin, high * margin)
        log_ticks(axis)
    elif high > low:
        set_limits(low - MARGIN * (high - low), high + MARGIN * (high - low))


def show_epochs(axes: Any, last: Sequence[float]) -> None:
    """Make the epoch axis logarithmic if one run is much longer than another.

    last: the last epoch of each run.
    """
    if last and max(last) >= MIN_LENGTH_RATIO * max(min(last), 1.0):
        axes.set_xscale("symlog", linthresh=1.0, linscale=0.3)  # epoch 0 is shown too
        axes.set_xlim(-0.05, None)
        log_ticks(axes.xaxis)
