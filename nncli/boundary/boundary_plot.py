"""The boundary plot: a boundary as a curve over one feature, or as a map over two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import REFERENCE, new_figure, short, style_axes
from nncli.artifacts.number_ticks import number_format
from nncli.artifacts.palette import NETWORK
from nncli.artifacts.rendering import write_plot
from nncli.boundary.boundary import Boundary
from nncli.boundary.grid import Axis
from nncli.boundary.plot_style import (
    HEIGHT,
    NOWHERE,
    WIDTH,
    caption,
    class_colors,
    class_figure,
    class_legend,
    dot_style,
    dots,
    frame,
    legend,
    remarks,
    scatter_classes,
    ticks,
)
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST

COLUMN = 0.4  # half the width of a category's level
MAX_STRIPS = 8  # classes with a full-height strip
CONTOURS = 14
FAINTEST, STRONGEST = 0.10, 0.60  # shades for the lowest and the highest probability


def draw_curve(boundary: Boundary) -> Any:
    """A figure of the prediction as a curve, with the training rows as dots."""
    return _draw_probabilities(boundary) if boundary.classes else _draw_numbers(boundary)


def _draw_numbers(boundary: Boundary) -> Any:
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.subplots()
    points = boundary.points
    style = dot_style(len(points))
    dot = axes.scatter(dots(boundary)[:, 0], points.truth, color="0.6", **style)
    line = _draw_line(axes, boundary.axes[0], boundary.predictions[:, 0], NETWORK)
    frame(axes, boundary, boundary.target)
    legend(axes, [(line, "predicted"), (dot, "training rows")], loc="best")
    caption(figure, boundary)
    return figure


def _draw_probabilities(boundary: Boundary) -> Any:
    """Curves of the classes' probabilities; below, a strip of training rows for each class."""
    figure = class_figure(boundary)
    strips = 0.4 + 0.22 * min(len(boundary.classes), MAX_STRIPS)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, strips))
    colors = class_colors(len(boundary.classes))
    for color, probability in zip(colors, boundary.predictions.T, strict=True):
        _draw_line(above, boundary.axes[0], probability, color)
    if boundary.decision.threshold is not None:
        above.axhline(boundary.decision.threshold, **REFERENCE)
    frame(above, boundary, "probability")
    above.set(xlabel="", ylim=(-0.02, 1.02))
    above.tick_params(bottom=False, labelbottom=False)
    class_legend(above, boundary, colors)
    _draw_strips(below, boundary, colors)
    caption(figure, boundary)
    return figure


def _draw_line(axes: Any, axis: Axis, values: Array, color: Any) -> Any:
    """A curve over a number; over a category, a level for each."""
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
    style_axes(axes, short(boundary.axes[0].name), "rows")
    axes.set(yticks=[], ylim=(len(boundary.classes) - 0.5, -0.5))


def draw_surface(boundary: Boundary) -> Any:
    """A figure of predicted numbers as a coloured map, with rows as dots in the same colours."""
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.subplots()
    x, y = boundary.axes
    surface = boundary.predictions[..., 0]
    levels = contour_levels(seen_values(boundary))
    axes.set_facecolor(NOWHERE)
    filled = axes.contourf(
        x.positions, y.positions, surface, levels, cmap="viridis", extend=_beyond(surface, levels)
    )
    lines = {"colors": "white", "linewidths": 0.5, "alpha": 0.5, "linestyles": "solid"}
    axes.contour(x.positions, y.positions, surface, levels, **lines)
    scale = {"cmap": "viridis", "vmin": levels[0], "vmax": levels[-1]}
    points = boundary.points
    style = {**dot_style(len(points)), "edgecolors": "black"}  # thin: the colour matters
    axes.scatter(*dots(boundary).T, c=points.truth, **scale, **style)
    frame(axes, boundary, y.name)
    axes.set_ylim(*y.ends)
    if y.categories:
        ticks(axes.set_yticks, y)
    bar = figure.colorbar(filled, ax=axes)
    bar.ax.yaxis.set_major_formatter(number_format())
    bar.set_label(f"predicted {short(boundary.target)} (dots: true)", parse_math=False)
    caption(figure, boundary)
    return figure


def seen_values(boundary: Boundary) -> Array:
    """The values that set the colour range: those of rows, and the predictions at their places.

    Predictions elsewhere may be extreme; they get the colour of the range's end.
    """
    points, surface = boundary.points, boundary.predictions[..., 0]
    if not len(points):
        return np.asarray(surface.ravel())
    at = [
        np.clip(np.searchsorted(axis.positions, column), 0, len(axis.positions) - 1)
        for axis, column in zip(boundary.axes, points.places.T, strict=True)
    ]
    return np.append(surface[at[1], at[0]], points.truth)


def _beyond(surface: Array, levels: Array) -> str:
    """matplotlib's word for the sides on which predictions are beyond the levels."""
    is_below = bool(np.nanmin(surface) < levels[0])
    is_above = bool(np.nanmax(surface) > levels[-1])
    return {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[is_below, is_above]


def contour_levels(values: Array) -> Array:
    """Evenly spaced round numbers around all finite values."""
    from matplotlib.ticker import MaxNLocator

    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - max(0.5, 0.1 * abs(low)), high + max(0.5, 0.1 * abs(high))
    return np.asarray(MaxNLocator(CONTOURS).tick_values(low, high))


def draw_regions(boundary: Boundary) -> Any:
    """A figure of the predicted classes as colours, stronger where the probability is higher."""
    figure = class_figure(boundary)
    axes = figure.subplots()
    x, y = boundary.axes
    colors = class_colors(len(boundary.classes))
    image = _image(boundary, colors)
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
    """The outer edges of the first and last pixel, whose centres are the axis's ends."""
    half = (axis.positions[1] - axis.positions[0]) / 2
    return axis.ends[0] - half, axis.ends[1] + half


def _shade(colors: Array, sureness: Array) -> Array:
    """Colours mixed with white, the less the higher `sureness` (0 to 1)."""
    strength = FAINTEST + (STRONGEST - FAINTEST) * sureness
    return np.asarray(1 - strength[..., None] * (1 - colors))


def _image(boundary: Boundary, colors: Array) -> Array:
    from matplotlib.colors import to_rgb

    even, predictions = 1 / len(colors), boundary.predictions
    decided = boundary.decision(predictions)
    probability = np.take_along_axis(predictions, decided[..., None], axis=-1)[..., 0]
    image = _shade(colors[decided], np.clip((probability - even) / (1 - even), 0, 1))
    image[~np.isfinite(predictions).all(axis=-1)] = to_rgb(NOWHERE)
    return image


def _draw_borders(axes: Any, boundary: Boundary) -> None:
    """Lines where two classes are equally likely, or where the probability is the threshold."""
    (x, y), predictions = boundary.axes, boundary.predictions
    style = {"colors": "0.25", "linewidths": 1.1}
    if (threshold := boundary.decision.threshold) is not None:
        above = predictions[..., 1] - threshold
        if np.nanmin(above) <= 0 < np.nanmax(above):
            axes.contour(x.positions, y.positions, above, levels=[0], **style)
        return
    likeliest = LIKELIEST(predictions)
    second, first = np.moveaxis(np.partition(predictions, -2, axis=-1)[..., -2:], -1, 0)
    for chosen in np.unique(likeliest):
        lead = np.where(likeliest == chosen, first - second, predictions[..., chosen] - first)
        if np.nanmin(lead) < 0 < np.nanmax(lead):
            axes.contour(x.positions, y.positions, lead, levels=[0], **style)


def _draw_scale(axes: Any, classes: int) -> None:
    """Draw a grey scale of the shades, beside the plot."""
    bar = axes.inset_axes((1.04, 0.0, 0.035, 0.3))
    grey = np.full((128, 1, 3), 0.25)
    image = _shade(grey, np.linspace(0, 1, 128)[:, None])
    bar.imshow(image, extent=(0, 1, 1 / classes, 1), origin="lower", aspect="auto")
    bar.yaxis.tick_right()
    bar.set_xticks([])
    bar.set_yticks([1 / classes, 1], [f"{1 / classes:.2g}", "1"], fontsize=8)
    bar.set_title("probability", loc="left", fontsize=9)


def draw_boundary(boundary: Boundary, path: Path) -> None:
    """Draw a boundary to `path`, in the suffix's format: a curve over one feature, a map over two.

    Raises UserError for values that no axis can show, FileFailure if it can't write.
    """
    write_plot(path, lambda: _drawing(boundary)(boundary), alt_text(boundary))


def alt_text(boundary: Boundary) -> str:
    """The alternative text."""
    over = " and ".join(axis.name for axis in boundary.axes)
    said = [f"{boundary.run}: predicted {boundary.target} over {over}."]
    if (is_wrong := boundary.points.is_wrong) is not None:
        said.append(f"{is_wrong.sum():,} of {len(is_wrong):,} training rows are predicted wrong.")
    return " ".join([*said, *remarks(boundary)])


def _drawing(boundary: Boundary) -> Callable[[Boundary], Any]:
    if len(boundary.axes) == 1:
        return draw_curve
    return draw_regions if boundary.classes else draw_surface
