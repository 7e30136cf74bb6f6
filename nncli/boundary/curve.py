"""Curve: what is predicted over a single feature."""

from typing import Any

import numpy as np

from nncli.boundary.boundary import Boundary
from nncli.boundary.classes import class_colors, class_figure, class_legend, scatter_classes
from nncli.boundary.grid import Axis
from nncli.boundary.style import HEIGHT, WIDTH, caption, dot_style, dots, frame, legend
from nncli.evaluation.plots import SHADE, dress, new_figure, short
from nncli.parts.arrays import Array

COLUMN = 0.4  # half the width of a category's piece of the curve
MOST_STRIPS = 8  # classes whose dots get room of their own


def draw_curve(boundary: Boundary) -> Any:
    """A figure: the prediction as a line, the training rows as dots."""
    return _probabilities(boundary) if boundary.classes else _numbers(boundary)


def _numbers(boundary: Boundary) -> Any:
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.subplots()
    points = boundary.points
    style = dot_style(len(points))
    dot = axes.scatter(dots(boundary)[:, 0], points.truth, color="0.6", **style)
    line = _draw_line(axes, boundary.axes[0], boundary.predictions[:, 0], SHADE)
    frame(axes, boundary, boundary.target)
    legend(axes, [(line, "predicted"), (dot, "training rows")], loc="best")
    caption(figure, boundary)
    return figure


def _probabilities(boundary: Boundary) -> Any:
    """The probability of each class; below, the training rows in a strip for each."""
    figure = class_figure(boundary)
    strips = 0.4 + 0.22 * min(len(boundary.classes), MOST_STRIPS)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, strips))
    colors = class_colors(len(boundary.classes))
    for color, probability in zip(colors, boundary.predictions.T, strict=True):
        _draw_line(above, boundary.axes[0], probability, color)
    frame(above, boundary, "probability")
    above.set(xlabel="", ylim=(-0.02, 1.02))
    above.tick_params(bottom=False, labelbottom=False)
    class_legend(above, boundary, colors)
    _draw_strips(below, boundary, colors)
    caption(figure, boundary)
    return figure


def _draw_line(axes: Any, axis: Axis, values: Array, color: Any) -> Any:
    """A line over a number, a level for each category."""
    if axis.categories:
        from_middle = np.abs(axis.positions - np.rint(axis.positions))
        values = np.where(from_middle > COLUMN, np.nan, values)
    (line,) = axes.plot(axis.positions, values, color=color, linewidth=2, zorder=4)
    return line


def _draw_strips(axes: Any, boundary: Boundary, colors: Array) -> None:
    points = boundary.points
    heights = points.truth + np.random.default_rng(1).uniform(-0.25, 0.25, len(points))
    places = np.column_stack([dots(boundary)[:, 0], heights])
    scatter_classes(axes, points, places, colors)
    dress(axes, short(boundary.axes[0].name), "rows")
    axes.set(yticks=[], ylim=(len(boundary.classes) - 0.5, -0.5))
