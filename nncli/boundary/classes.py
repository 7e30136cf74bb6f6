"""Classes: how they look, whatever is drawn of them: colours, dots, legend."""

from typing import Any

import numpy as np

from nncli.boundary.boundary import Boundary, Points
from nncli.boundary.style import HEIGHT, WIDTH, dot_style, legend
from nncli.evaluation.plots import new_figure, short
from nncli.parts.arrays import Array

# Okabe and Ito (2008), then Tol's muted scheme: told apart whatever colours one sees.
COLORS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"),
    *("#332288", "#882255", "#777777"),
)
NAMES = 12  # in a column of the legend
MOST_NAMES = 3 * NAMES


def class_figure(boundary: Boundary) -> Any:
    """A figure with room for a legend beside what is drawn."""
    return new_figure(WIDTH + 1.3 * (_columns(boundary) - 1), HEIGHT)


def _columns(boundary: Boundary) -> int:
    """Of the legend."""
    return -(-min(len(boundary.classes), MOST_NAMES) // NAMES)


def class_colors(count: int) -> Array:
    """(count, 3) red, green and blue, between 0 and 1."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    if count <= len(COLORS):
        return np.array([to_rgb(color) for color in COLORS[:count]])
    return np.asarray(colormaps["turbo"](np.linspace(0.05, 0.95, count))[:, :3])


def scatter_classes(axes: Any, points: Points, places: Array, colors: Array) -> None:
    """Dots of their class's colour; those predicted wrong on top, larger and ringed in black."""
    style = dot_style(len(points))
    assert points.is_wrong is not None
    for chosen, more in ((~points.is_wrong, {}), (points.is_wrong, _ring(style["s"]))):
        axes.scatter(*places[chosen].T, c=colors[points.truth[chosen]], **{**style, **more})


def _ring(area: float) -> dict[str, Any]:
    return {"s": max(area, 20.0), "edgecolors": "black", "linewidths": 1.3, "zorder": 4}


def class_legend(axes: Any, boundary: Boundary, colors: Array) -> None:
    """Beside the axes: the classes' colours, and how many rows are predicted wrong."""
    from matplotlib.lines import Line2D

    entries = [
        (Line2D([], [], color=color, marker="o", linestyle=""), short(name))
        for name, color in zip(boundary.classes[:MOST_NAMES], colors, strict=False)
    ]
    if (more := len(boundary.classes) - MOST_NAMES) > 0:
        entries.append((Line2D([], [], linestyle=""), f"and {more:,} more"))
    is_wrong = boundary.points.is_wrong
    if is_wrong is not None and is_wrong.any():
        ring = Line2D([], [], color="white", marker="o", linestyle="", markeredgecolor="black")
        entries.append((ring, f"predicted wrong\n({is_wrong.sum():,} of {len(is_wrong):,})"))
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.01), "ncols": _columns(boundary)}
    legend(axes, entries, title=short(boundary.target), **place)
