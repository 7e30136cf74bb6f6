"""Surface: the number that is predicted all over two features, as filled contours."""

from typing import Any

import numpy as np

from nncli.boundary.boundary import Boundary
from nncli.boundary.style import (
    HEIGHT,
    NOWHERE,
    WIDTH,
    caption,
    dot_style,
    dots,
    frame,
    ticks,
)
from nncli.evaluation.plots import new_figure, short
from nncli.parts.arrays import Array

LEVELS = 14


def draw_surface(boundary: Boundary) -> Any:
    """A figure: surface and training rows in the same colours."""
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.subplots()
    x, y = boundary.axes
    surface = boundary.predictions[..., 0]
    levels = contour_levels(np.append(surface.ravel(), boundary.points.truth))
    axes.set_facecolor(NOWHERE)
    filled = axes.contourf(x.positions, y.positions, surface, levels, cmap="viridis")
    lines = {"colors": "white", "linewidths": 0.5, "alpha": 0.5, "linestyles": "solid"}
    axes.contour(x.positions, y.positions, surface, levels, **lines)
    scale = {"cmap": "viridis", "vmin": levels[0], "vmax": levels[-1]}
    points = boundary.points
    axes.scatter(*dots(boundary).T, c=points.truth, **scale, **dot_style(len(points)))
    frame(axes, boundary, y.name)
    axes.set_ylim(*y.ends)
    if y.categories:
        ticks(axes.set_yticks, y)
    bar = figure.colorbar(filled, ax=axes)
    bar.set_label(f"predicted {short(boundary.target)} (dots: true)", parse_math=False)
    caption(figure, boundary)
    return figure


def contour_levels(values: Array) -> Array:
    """Round numbers, evenly spaced, around all values that are finite."""
    from matplotlib.ticker import MaxNLocator

    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - max(0.5, 0.1 * abs(low)), high + max(0.5, 0.1 * abs(high))
    return np.asarray(MaxNLocator(LEVELS).tick_values(low, high))
