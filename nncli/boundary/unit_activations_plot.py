"""The plot of unit activations: a small map, or curve, for each unit of a hidden layer."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import new_figure, short, style_axes
from nncli.artifacts.number_ticks import number_format
from nncli.artifacts.palette import NETWORK
from nncli.artifacts.rendering import write_plot
from nncli.boundary.plot_style import NOWHERE, held_still, ticks
from nncli.boundary.unit_activations import Units
from nncli.parts.arrays import Array

MAX_UNITS = 32  # units in a plot
ACROSS, PANEL = 8, (1.5, 1.4)  # panels per row; (width, height) of one in inches
MIN_ACROSS = 3  # the title needs this many panels' width
STRONGEST = 99.0  # the percentile of |activation| with the strongest colour


def draw_units(units: Units, path: Path) -> None:
    """Draw the units to `path`, in the suffix's format.

    Raises UserError for values that no axis can show, FileFailure if it can't write.
    """
    write_plot(path, lambda: _figure(units), alt_text(units))


def alt_text(units: Units) -> str:
    """The alternative text."""
    over = " and ".join(axis.name for axis in units.axes)
    count = units.activations.shape[-1]
    return f"{units.run}: what each of the {count} units of {units.layer} says over {over}."


def _figure(units: Units) -> Any:
    count = min(units.activations.shape[-1], MAX_UNITS)
    across = min(ACROSS, count)
    down = -(-count // across)
    width = PANEL[0] * max(across, MIN_ACROSS) + 1.0
    figure = new_figure(width, PANEL[1] * down + 1.1)
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    panels, is_map = grid.ravel(), len(units.axes) == 2
    limit = _strongest(units.activations)
    image = None
    for unit, axes in enumerate(panels[:count]):
        if is_map:
            image = _draw_map(axes, units, unit, limit)
        else:
            _draw_curve(axes, units, unit)
        axes.set_title(str(unit + 1), loc="left", fontsize=8, pad=2)
        axes.tick_params(labelsize=7)
    for axes in panels[count:]:
        axes.set_axis_off()
    for axes in panels[max(count - across, 0) : count]:
        axes.tick_params(labelbottom=True)
    _name_axes(figure, grid, units)
    if image is not None:
        bar = figure.colorbar(image, ax=panels, aspect=12 * down, fraction=0.05)
        bar.ax.yaxis.set_major_formatter(number_format())
        bar.ax.tick_params(labelsize=8)
        bar.set_label("activation", fontsize=8)
    _say(figure, units, width)
    return figure


def _strongest(activations: Array) -> float:
    """The |activation| with the strongest colour, the same in all maps."""
    finite = np.abs(activations[np.isfinite(activations)])
    if not len(finite):
        return 1.0
    return float(np.percentile(finite, STRONGEST)) or float(finite.max()) or 1.0


def _draw_map(axes: Any, units: Units, unit: int, limit: float) -> Any:
    x, y = units.axes
    values = units.activations[..., unit]
    axes.set_facecolor(NOWHERE)
    extent = (*x.ends, *y.ends)
    how = {"origin": "lower", "aspect": "auto", "cmap": "RdBu", "vmin": -limit, "vmax": limit}
    image = axes.imshow(values, extent=extent, **how)
    if units.scores is not None:
        scores = units.scores[..., unit]
        if np.nanmin(scores) < 0 < np.nanmax(scores):
            axes.contour(
                x.positions, y.positions, scores, levels=[0], colors="0.15", linewidths=0.9
            )
    return image


def _draw_curve(axes: Any, units: Units, unit: int) -> None:
    (x,) = units.axes
    axes.axhline(0.0, color="0.8", linewidth=0.8)
    axes.plot(x.positions, units.activations[:, unit], color=NETWORK, linewidth=1.6)
    axes.set_xlim(*x.ends)


def _name_axes(figure: Any, grid: Any, units: Units) -> None:
    """Draw each feature's name once, and numbers at the outer panels only."""
    corner, style = grid[-1, 0], {"fontsize": 8}
    style_axes(corner, "", "")
    if units.axes[0].categories:
        ticks(corner.set_xticks, units.axes[0], rotation=30, ha="right")
    if len(units.axes) == 2 and units.axes[1].categories:
        ticks(corner.set_yticks, units.axes[1])
    for axes in grid.ravel():
        axes.spines[["top", "right"]].set_visible(False)
    y = short(units.axes[1].name) if len(units.axes) == 2 else "activation"
    figure.supylabel(y, parse_math=False, **style)
    corner.set_xlabel(short(units.axes[0].name), loc="left", parse_math=False, **style)


def _say(figure: Any, units: Units, width: float) -> None:
    """Draw title and caption."""
    count = units.activations.shape[-1]
    title = f"{short(units.run, 60)}: the {count:,} units of {units.layer}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, parse_math=False)
    said = ["Black line: z = 0."] if units.scores is not None and len(units.axes) == 2 else []
    said += [f"{count - MAX_UNITS:,} more units aren't drawn."] if count > MAX_UNITS else []
    said += [held_still(units.held, units.held_at)] if units.held else []
    text = textwrap.fill(" ".join(said), int(14 * width))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.35", parse_math=False)
