"""The surface plot: contours of the loss, with the path of training."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import legend, new_figure, set_title, short, style_axes
from nncli.artifacts.number_ticks import MIN_LOG_RATIO, log_ticks, number_format
from nncli.artifacts.palette import BEST, GIVEN
from nncli.artifacts.rendering import write_plot
from nncli.loss_surface.surface import Surface
from nncli.parts.arrays import Array

LEVELS = 24
DEEPEST = 1e-6  # of the largest loss: smaller ones have no contours
MAX_DOTS = 100  # epochs up to which each has a dot
LINE = 95  # letters of the caption


def draw_surface(surface: Surface, name: str, loss: str, path: Path) -> None:
    """Draw the surface. loss: its name. Raises UserError or FileFailure as write_plot."""
    write_plot(path, lambda: _figure(surface, name, loss), alt_text(surface))


def alt_text(surface: Surface) -> str:
    """The alternative text."""
    first, last = surface.values[0], surface.values[-1]
    said = f"The loss over {surface.names[0]} and {surface.names[1]}"
    return f"{said}, with the path from {first:.4g} to {last:.4g} at epoch {surface.epochs[-1]}."


def _figure(surface: Surface, name: str, loss: str) -> Any:
    figure = new_figure(7.2, 5.4)
    axes = figure.subplots()
    finite = np.where(np.isfinite(surface.losses), surface.losses, np.nan)
    if np.isfinite(finite).any():
        _draw_contours(figure, axes, surface, finite, loss)
    _draw_path(axes, surface)
    style_axes(axes, short(surface.names[0], 60), short(surface.names[1], 60))
    axes.set_xlim(surface.x[0], surface.x[-1])
    axes.set_ylim(surface.y[0], surface.y[-1])
    set_title(axes, "Loss surface and the path of training", name)
    legend(axes, loc="best", frameon=True, framealpha=0.85, edgecolor="none")
    text = textwrap.fill(" ".join(_remarks(surface)), LINE)
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.35", parse_math=False)
    return figure


def _draw_contours(figure: Any, axes: Any, surface: Surface, losses: Array, loss: str) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import MaxNLocator

    low, high = float(np.nanmin(losses)), float(np.nanmax(losses))
    is_log = low >= 0 and high > MIN_LOG_RATIO * low
    if is_log:
        low = max(low, DEEPEST * high) or 1e-300
        levels = np.geomspace(low, high, LEVELS)
        losses = np.clip(losses, low, high)
    else:
        top = high if high > low else low + 1.0
        levels = np.asarray(MaxNLocator(LEVELS).tick_values(low, top))
    how = {"norm": LogNorm(low, high)} if is_log else {}
    filled = axes.contourf(surface.x, surface.y, losses, levels, cmap="viridis", **how)
    axes.contour(surface.x, surface.y, losses, levels, colors="white", linewidths=0.4, alpha=0.5)
    bar = figure.colorbar(filled, ax=axes)
    if is_log:
        bar.set_ticks(_round_numbers(low, high))
        log_ticks(bar.ax.yaxis)
    else:
        bar.ax.yaxis.set_major_formatter(number_format())
    bar.set_label(f"loss ({short(loss, 60)})", parse_math=False)


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten in the range; only the powers if there are many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    factors = (1, 2, 5) if len(powers) < 5 else (1,)
    numbers = [factor * 10.0**power for power in powers for factor in factors]
    return [number for number in numbers if low <= number <= high]


def _draw_path(axes: Any, surface: Surface) -> None:
    x, y = surface.path.T
    axes.plot(x, y, color="white", linewidth=2.6, zorder=3)
    axes.plot(x, y, color="black", linewidth=1.2, zorder=4)
    if len(x) <= MAX_DOTS:
        axes.scatter(x[1:-1], y[1:-1], s=9, color="black", zorder=5, linewidths=0)
    ends = [
        (0, GIVEN, "D", f"start: {surface.values[0]:.4g}"),
        (-1, BEST, "o", f"epoch {surface.epochs[-1]:,}: {surface.values[-1]:.4g}"),
    ]
    for place, color, marker, label in ends:
        style = {"color": color, "edgecolors": "white", "s": 60, "zorder": 6}
        axes.scatter(x[place], y[place], marker=marker, label=label, **style)


def _remarks(surface: Surface) -> Iterator[str]:
    if surface.others:
        others = "weight has its final value"
        if surface.others > 1:
            others = f"{surface.others:,} weights have their final values"
        yield f"The other {others}: only the path's end lies on the surface."
    elif surface.names[0].startswith("direction"):
        yield "The plane through the path's end, along its two main directions; the end is at 0, 0."
    if surface.diverged:
        yield "Training diverged after it."
    if not np.isfinite(surface.losses).all():
        yield "White: no finite loss."
