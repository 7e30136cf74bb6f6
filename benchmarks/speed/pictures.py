"""Pictures: a step's cost in every program, and how it grows."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.speed.figures import Figures
from benchmarks.speed.programs import PROGRAMS
from benchmarks.speed.rows import ROWS
from benchmarks.speed.scaling import UNITS, Series
from nncli.artifacts.number_ticks import log_ticks

COLORS = dict(
    zip(
        PROGRAMS,  # `nncli` is one of them
        ("#c0392b", "#e59866", "#2e86c1", "#7d3c98", "#229954", "#7f8c8d", "#d4ac0d", "#17202a"),
        strict=True,
    )
)


def draw_steps(figures: Figures, path: Path) -> None:
    """Every row's programs on a logarithmic axis, one line of dots a row."""
    found = figures.with_threads(1)
    figure = Figure(figsize=(9, 0.62 * len(found) + 1.6), layout="constrained")
    axes = figure.subplots()
    for name, color in COLORS.items():
        own = [(one.median(name), place) for place, one in enumerate(found) if name in one.seconds]
        if own:
            seconds, places = zip(*own, strict=True)
            is_ours = name.startswith("nncli")
            marker, size = ("D", 55) if is_ours else ("|" if "alone" in name else "o", 40)
            axes.scatter(
                [1e6 * s for s in seconds],
                places,
                s=size * (4 if marker == "|" else 1),
                c=color,
                marker=marker,
                label=name,
                zorder=3 if is_ours else 2,
            )
    axes.set_yticks(range(len(found)), [ROWS[one.row].title for one in found])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("µs per training step, one thread (logarithmic axis)")
    log_ticks(axes.xaxis)
    _plain(axes)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)


def draw_scaling(figures: Figures, path: Path) -> None:
    """Four log-log panels, with the slope of each line's upper half."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    for axes, (kind, unit) in zip(panels, UNITS.items(), strict=True):
        own = [one for one in figures.scaling if one.kind == kind]
        for one in own:
            _draw(axes, one)
        axes.set_xscale("log")
        sizes = own[0].sizes if own else []
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
        axes.set_xlabel(unit)
        axes.set_ylabel("µs per step")
        if own:
            axes.legend(frameon=False, fontsize=9)
        _plain(axes)
    figure.savefig(path, dpi=130)


def _draw(axes: Axes, one: Series) -> None:
    style = ":" if one.program == "products alone" else "-"
    label = f"{one.program}, slope {one.slope():.2f}"
    microseconds = [1e6 * seconds for seconds in one.seconds]
    axes.plot(one.sizes, microseconds, f"o{style}", color=COLORS[one.program], label=label, ms=4)


def _plain(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
