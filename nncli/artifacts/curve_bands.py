"""Curve bands: what several runs' curves have in common, and an axis that shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.number_ticks import log_ticks
from nncli.parts.arrays import Array

WIDE_RANGE = 10.0  # from the least to the greatest value, beyond which an axis is logarithmic
MUCH_LONGER = 10.0  # times as many epochs
MARGIN = 0.05  # share of a range
GRID = 500  # epochs of a curve


def band(
    curves: Sequence[Mapping[str, Sequence[float]]], column: str
) -> tuple[Array, Array, Array, Array]:
    """(epochs, least, mean, greatest) over the runs, while half of them train.

    curves: the columns of each run's metrics.csv.
    """
    runs = [(np.array(each["epoch"]), np.array(each[column])) for each in curves if column in each]
    if not runs:
        return (np.empty(0),) * 4
    last = float(np.median([epochs[-1] for epochs, _ in runs]))
    grid = np.unique(np.concatenate([epochs for epochs, _ in runs]))
    grid = grid[grid <= last]
    grid = grid[np.unique(np.linspace(0, len(grid) - 1, GRID).round().astype(int))]
    values = np.array([np.interp(grid, *run, right=np.nan) for run in runs])
    values = np.where(np.isfinite(values), values, np.nan)
    return grid, np.nanmin(values, 0), np.nanmean(values, 0), np.nanmax(values, 0)


def show_range(axis: Any, values: list[Array], *, is_score: bool) -> None:
    """The range of the values; logarithmic for losses of very different sizes."""
    finite = np.concatenate([np.empty(0), *(each[np.isfinite(each)] for each in values)])
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    is_across = axis.axis_name == "x"
    set_limits = axis.axes.set_xlim if is_across else axis.axes.set_ylim
    if low > 0 and high > WIDE_RANGE * low and not is_score:
        (axis.axes.set_xscale if is_across else axis.axes.set_yscale)("log")
        margin = (high / low) ** MARGIN
        set_limits(low / margin, high * margin)
        log_ticks(axis)
    elif high > low:
        set_limits(low - MARGIN * (high - low), high + MARGIN * (high - low))


def show_epochs(axes: Any, last: Sequence[float]) -> None:
    """Epochs on a logarithmic axis where a run is so much longer that another would be a speck."""
    if last and max(last) >= MUCH_LONGER * max(min(last), 1.0):
        axes.set_xscale("symlog", linthresh=1.0, linscale=0.3)  # epoch 0 is there too
        axes.set_xlim(-0.05, None)
        log_ticks(axes.xaxis)
