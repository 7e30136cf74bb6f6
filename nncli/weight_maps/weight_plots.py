"""Weight plots: weights as colours, blue above 0 and red below."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts.figure_style import new_figure, short
from nncli.artifacts.number_ticks import number_format, number_ticks
from nncli.artifacts.rendering import write_plot
from nncli.weight_maps.weights import WeightMap

MAX_UNITS = 64  # images in a plot
ACROSS, SIDE = 8, 1.0  # images per row; width of one in inches
BESIDE = 4  # maps per row
NAMED = 32  # inputs up to which they are named
COLORS = "RdBu"


def draw_maps(maps: Sequence[WeightMap], name: str, path: Path) -> None:
    """Draw a map for each layer: its inputs down, its units across. Raises as write_plot."""
    write_plot(path, lambda: _maps_figure(maps, name), alt_text(maps, name))


def draw_unit_images(weights: WeightMap, shape: tuple[int, int], name: str, path: Path) -> None:
    """Draw each unit's weights as an image of its inputs. Raises as write_plot."""
    write_plot(path, lambda: _unit_images_figure(weights, shape, name), alt_text([weights], name))


def alt_text(maps: Sequence[WeightMap], name: str) -> str:
    """The alternative text."""
    said = [f"{each.layer}, {sizes(each)}: {sparse(each)}" for each in maps]
    return f"Weights of {name}. {'; '.join(said)}."


def sizes(weights: WeightMap) -> str:
    rows, columns = weights.values.shape
    return f"{rows:,} x {columns:,}"


def sparse(weights: WeightMap) -> str:
    """The share of weights near 0, in words."""
    return f"{weights.sparsity:.0%} near 0"


def _maps_figure(maps: Sequence[WeightMap], name: str) -> Any:
    across = min(len(maps), BESIDE)
    down = -(-len(maps) // across)
    figure = new_figure(max(3.2 * across, 4.5) + 0.8 * bool(maps[0].inputs), 3.9 * down + 0.3)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels[len(maps) :]:
        axes.set_axis_off()
    for axes, each in zip(panels, maps, strict=False):
        limit = each.strongest
        how = {"cmap": COLORS, "vmin": -limit, "vmax": limit, "interpolation": "nearest"}
        image = axes.imshow(each.values, aspect="auto", **how)
        title = f"{each.layer}: {sizes(each)}\n{sparse(each)}"
        axes.set_title(title, loc="left", fontsize=9, parse_math=False)
        axes.set_xlabel("unit")
        axes.set_ylabel("" if each.inputs and len(each.inputs) <= NAMED else "input")
        _number(axes, each)
        _label_bar(figure.colorbar(image, ax=axes))
    figure.suptitle(f"Weights of {short(name, 60)}", x=0.01, ha="left", fontsize=10)
    return figure


def _label_bar(bar: Any) -> None:
    bar.ax.yaxis.set_major_formatter(number_format())
    bar.ax.tick_params(labelsize=8)
    bar.set_label("weight", fontsize=8)


def _number(axes: Any, weights: WeightMap) -> None:
    """Number units and inputs from 1; a few inputs are named instead."""
    rows, columns = weights.values.shape
    for axis, count in ((axes.xaxis, columns), (axes.yaxis, rows)):
        number_ticks(axis, integer=True)
        axis.set_major_formatter(lambda value, _: f"{value + 1:.0f}")
        if count <= ACROSS:
            axis.set_ticks(range(count))
    if weights.inputs and rows <= NAMED:
        names = [short(each) for each in weights.inputs]
        axes.set_yticks(range(rows), names, fontsize=8, parse_math=False)


def _unit_images_figure(weights: WeightMap, shape: tuple[int, int], name: str) -> Any:
    units = weights.values.shape[1]
    count, across = min(units, MAX_UNITS), min(ACROSS, units)
    down = -(-count // across)
    tall = SIDE * min(max(shape[0] / shape[1], 0.3), 3.0)
    figure = new_figure(SIDE * max(across, 4) + 0.9, tall * down + 0.25 * down + 0.7)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    limit = weights.strongest
    for unit, axes in enumerate(panels):
        axes.set(xticks=[], yticks=[])
        if unit >= count:
            axes.set_axis_off()
            continue
        values = weights.values[:, unit].reshape(shape)
        image = axes.imshow(values, cmap=COLORS, vmin=-limit, vmax=limit)
        axes.set_title(str(unit + 1), loc="left", fontsize=7, pad=1)
    _label_bar(figure.colorbar(image, ax=panels, fraction=0.04, aspect=30))
    more = f", {units - count:,} more aren't drawn" if units > count else ""
    title = f"{short(name, 50)}: the weights of {weights.layer}'s {units:,} units{more}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, parse_math=False)
    return figure
