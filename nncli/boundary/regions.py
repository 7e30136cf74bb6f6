"""Regions: which class is the likeliest all over two features, and how likely it is."""

from typing import Any

import numpy as np

from nncli.boundary.boundary import Boundary
from nncli.boundary.classes import class_colors, class_figure, class_legend, scatter_classes
from nncli.boundary.grid import Axis
from nncli.boundary.style import NOWHERE, caption, dots, frame, ticks
from nncli.parts.arrays import Array

FAINTEST, STRONGEST = 0.10, 0.60  # shades: of a class no likelier than others, of a sure one


def draw_regions(boundary: Boundary) -> Any:
    """A figure: the class's colour, the stronger the likelier; lines where two are as likely."""
    figure = class_figure(boundary)
    axes = figure.subplots()
    x, y = boundary.axes
    colors = class_colors(len(boundary.classes))
    image = _image(boundary.predictions, colors)
    extent = (*_outer_ends(x), *_outer_ends(y))
    axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    _draw_borders(axes, boundary)
    scatter_classes(axes, boundary.points, dots(boundary), colors)
    frame(axes, boundary, y.name)
    axes.set_ylim(*y.ends)
    if y.categories:
        ticks(axes.set_yticks, y)
    class_legend(axes, boundary, colors)
    _draw_scale(axes, len(boundary.classes))
    caption(figure, boundary)
    return figure


def _outer_ends(axis: Axis) -> tuple[float, float]:
    """Of the first and last pixel, whose middles the axis ends with."""
    half = (axis.positions[1] - axis.positions[0]) / 2
    return axis.ends[0] - half, axis.ends[1] + half


def _shade(colors: Array, sureness: Array) -> Array:
    """Colours mixed with white; sureness 0..1."""
    strength = FAINTEST + (STRONGEST - FAINTEST) * sureness
    return np.asarray(1 - strength[..., None] * (1 - colors))


def _image(predictions: Array, colors: Array) -> Array:
    from matplotlib.colors import to_rgb

    even = 1 / len(colors)
    sureness = (predictions.max(axis=-1) - even) / (1 - even)
    image = _shade(colors[predictions.argmax(axis=-1)], np.clip(sureness, 0, 1))
    image[~np.isfinite(predictions).all(axis=-1)] = to_rgb(NOWHERE)
    return image


def _draw_borders(axes: Any, boundary: Boundary) -> None:
    """For each class, the line where its probability equals that of the likeliest other one."""
    (x, y), predictions = boundary.axes, boundary.predictions
    likeliest = predictions.argmax(axis=-1)
    second, first = np.moveaxis(np.partition(predictions, -2, axis=-1)[..., -2:], -1, 0)
    for chosen in np.unique(likeliest):
        lead = np.where(likeliest == chosen, first - second, predictions[..., chosen] - first)
        if np.nanmin(lead) < 0 < np.nanmax(lead):
            style = {"colors": "0.25", "linewidths": 1.1}
            axes.contour(x.positions, y.positions, lead, levels=[0], **style)


def _draw_scale(axes: Any, classes: int) -> None:
    """What the shades mean, in grey, beside the picture."""
    bar = axes.inset_axes((1.04, 0.0, 0.035, 0.3))
    grey = np.full((128, 1, 3), 0.25)
    image = _shade(grey, np.linspace(0, 1, 128)[:, None])
    bar.imshow(image, extent=(0, 1, 1 / classes, 1), origin="lower", aspect="auto")
    bar.yaxis.tick_right()
    bar.set_xticks([])
    bar.set_yticks([1 / classes, 1], [f"{1 / classes:.2g}", "1"], fontsize=8)
    bar.set_title("probability", loc="left", fontsize=9)
