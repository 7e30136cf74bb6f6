"""Plot style: what all boundary plots share: axes, dots, legend and caption."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.figure_style import new_figure, short, style_axes
from nncli.artifacts.palette import class_colors as palette_colors
from nncli.boundary.boundary import Boundary, Points
from nncli.boundary.grid import Axis
from nncli.errors import few
from nncli.parts.arrays import Array

WIDTH, HEIGHT = 7.2, 5.0  # inches
LINE = 105  # letters of the caption
JITTER = 0.3  # half the share of a category's column over which dots are spread
UNBROKEN = "\N{NO-BREAK SPACE}"
NOWHERE = "0.88"  # the grey where predictions aren't finite
NAMES = 12  # names per column of the legend
MAX_NAMES = 3 * NAMES


def frame(axes: Any, boundary: Boundary, y: str) -> None:
    """Set title and labels, and the axis of the first feature. y: the label of the other axis."""
    x = boundary.axes[0]
    style_axes(axes, short(x.name), short(y))
    axes.set_title(short(boundary.run, 60), loc="left", fontsize=11, parse_math=False)
    axes.set_xlim(*x.ends)
    if x.categories:
        is_wide = sum(len(short(name)) + 2 for name in x.categories) > 60
        slant = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if is_wide else {}
        ticks(axes.set_xticks, x, **slant)


def ticks(set_ticks: Any, axis: Axis, **how: Any) -> None:
    """Set a tick for each category."""
    names = [short(name) for name in axis.categories]
    set_ticks(range(len(names)), names, parse_math=False, **how)


def dots(boundary: Boundary) -> Array:
    """(rows, axes) positions of the dots: those in a category's column are spread across it."""
    places = np.array(boundary.points.places, dtype=float)
    random = np.random.default_rng(0)
    for column, axis in enumerate(boundary.axes):
        if axis.categories:
            places[:, column] += random.uniform(-JITTER, JITTER, len(places))
    return places


def dot_style(count: int) -> dict[str, Any]:
    """The style of so many dots: the more, the smaller (in square points), with finer edges."""
    area = float(np.clip(400 / np.sqrt(max(count, 1)), 10, 60))
    return {"s": area, "edgecolors": "white", "linewidths": 0.01 * area, "zorder": 3}


def legend(axes: Any, entries: Sequence[tuple[Any, str]], **place: Any) -> None:
    """A legend whose labels are shown as they are, without math markup."""
    handles = [handle for handle, _ in entries]
    made = axes.legend(
        handles, ["."] * len(handles), frameon=False, fontsize=9, alignment="left", **place
    )
    made.get_title().set_parse_math(False)
    for text, (_, label) in zip(made.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(label)


def caption(figure: Any, boundary: Boundary) -> None:
    """Draw the caption below the plot: what is held fixed, and what is left out."""
    text = textwrap.fill(" ".join(remarks(boundary)), LINE)
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.35", parse_math=False)


def remarks(boundary: Boundary) -> Iterator[str]:
    """The sentences of the caption."""
    points = boundary.points
    if boundary.held:
        yield held_still(boundary.held, boundary.held_at)
        yield "Each dot has its own values of these, and may seem misplaced."
    if len(points) < points.of:
        why = [f"{points.lacking:,} with a missing value"] if points.lacking else []
        why += [f"{points.far:,} far away"] if points.far else []
        rest = points.of - points.lacking - points.far - len(points)
        why += [f"{rest:,} others, by chance, for room"] if rest else []
        drawn = f"{len(points):,} of {points.of:,} training rows are drawn"
        yield f"{drawn}; left out: {', '.join(why)}."
    if boundary.decided:
        yield f"{boundary.decided}."
    if not np.isfinite(boundary.predictions).all():
        yield "Grey: no finite prediction."


def held_still(values: Mapping[str, str], what: str) -> str:
    """The values at which the other features are held fixed, in words."""
    pairs = [f"{short(name)} {short(value)}" for name, value in values.items()]
    held = few([pair.replace(" ", UNBROKEN) for pair in pairs], 6)
    return f"The other features are held at their {what}: {held}."


def class_figure(boundary: Boundary) -> Any:
    """A figure with room for a legend beside the plot."""
    return new_figure(WIDTH + 1.3 * (_columns(boundary) - 1), HEIGHT)


def _columns(boundary: Boundary) -> int:
    """The number of the legend's columns."""
    return -(-min(len(boundary.classes), MAX_NAMES) // NAMES)


def class_colors(count: int) -> Array:
    """(count, 3) red, green and blue, between 0 and 1."""
    from matplotlib.colors import to_rgb

    return np.array([to_rgb(color) for color in palette_colors(count)])


def scatter_classes(axes: Any, points: Points, places: Array, colors: Array) -> None:
    """Draw dots in their class's colour; wrong ones on top, larger, with a black ring."""
    style = dot_style(len(points))
    assert points.is_wrong is not None
    for chosen, more in ((~points.is_wrong, {}), (points.is_wrong, _ring(style["s"]))):
        axes.scatter(*places[chosen].T, c=colors[points.truth[chosen]], **{**style, **more})


def _ring(area: float) -> dict[str, Any]:
    return {"s": max(area, 20.0), "edgecolors": "black", "linewidths": 1.3, "zorder": 4}


def class_legend(axes: Any, boundary: Boundary, colors: Array) -> None:
    """A legend beside the plot: the classes' colours, and the number of wrongly predicted rows."""
    from matplotlib.lines import Line2D

    entries = [
        (Line2D([], [], color=color, marker="o", linestyle=""), short(name))
        for name, color in zip(boundary.classes[:MAX_NAMES], colors, strict=False)
    ]
    if (more := len(boundary.classes) - MAX_NAMES) > 0:
        entries.append((Line2D([], [], linestyle=""), f"and {more:,} more"))
    is_wrong = boundary.points.is_wrong
    if is_wrong is not None and is_wrong.any():
        ring = Line2D([], [], color="white", marker="o", linestyle="", markeredgecolor="black")
        entries.append((ring, f"predicted wrong\n({is_wrong.sum():,} of {len(is_wrong):,})"))
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.01), "ncols": _columns(boundary)}
    legend(axes, entries, title=short(boundary.target), **place)
