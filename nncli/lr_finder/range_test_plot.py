"""The range-test plot: the loss over the learning rate, with the suggested rates."""

from pathlib import Path
from typing import Any

from nncli.artifacts.figure_style import legend, new_figure, set_title, style_axes
from nncli.artifacts.number_ticks import log_ticks, needs_log_axis
from nncli.artifacts.palette import BEST, GIVEN, NETWORK, OTHERS
from nncli.artifacts.rendering import write_plot
from nncli.lr_finder.range_test import RangeTest

ABOVE = 0.3  # of the fall: the room above the first loss


def draw_range_test(found: RangeTest, name: str, loss: str, path: Path) -> None:
    """Draw the plot. loss: its name. Raises UserError or FileFailure as write_plot."""
    write_plot(path, lambda: _figure(found, name, loss), _alt_text(found, loss))


def _figure(found: RangeTest, name: str, loss: str) -> Any:
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    axes.plot(found.rates, found.losses, color=OTHERS, linewidth=0.8, label="of a step")
    axes.plot(found.rates, found.smoothed, color=NETWORK, linewidth=2.0, label="smoothed")
    if found.has_fallen:
        _mark(axes, found)
    if found.rates[0] <= found.own <= found.rates[-1]:
        rate = {"color": GIVEN, "linestyle": ":", "label": "the config's rate"}
        axes.axvline(found.own, linewidth=1.0, **rate)
    axes.set_xscale("log")
    axes.set_xlim(found.rates[0], found.rates[-1])
    style_axes(axes, "learning rate", f"loss ({loss})")
    log_ticks(axes.xaxis)
    _show_fall(axes, found)
    axes.grid(alpha=0.25)
    set_title(axes, "Learning-rate range test", name)
    legend(axes, loc="best")
    return figure


def _mark(axes: Any, found: RangeTest) -> None:
    marks = [
        (found.steepest, "v", f"steepest: {found.rates[found.steepest]:.2g}"),
        (found.least, "o", f"least loss: {found.rates[found.least]:.2g}"),
    ]
    for place, marker, label in marks:
        at = found.rates[place], found.smoothed[place]
        axes.plot(*at, marker, color=BEST, markersize=8, zorder=4, label=label)
    rate = found.below_least
    if rate < found.rates[0]:
        return
    axes.axvline(rate, color=BEST, linewidth=1.0, linestyle="--", label=f"least / 10: {rate:.2g}")


def _show_fall(axes: Any, found: RangeTest) -> None:
    """Limit the axis to the smoothed loss, up to a little above its start."""
    low, first = float(found.smoothed[found.least]), float(found.smoothed[0])
    top = max(first + ABOVE * max(found.fall, 0.02 * abs(first)), low + 1e-12)
    if needs_log_axis(low, first):
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, first * 1.5)
        log_ticks(axes.yaxis)
    else:
        axes.set_ylim(low - 0.15 * (top - low), top)


def _alt_text(found: RangeTest, loss: str) -> str:
    said = f"The loss ({loss}) of {len(found.rates)} steps over growing learning rates"
    if not found.has_fallen:
        return f"{said}: it doesn't fall."
    steepest, least = found.rates[found.steepest], found.rates[found.least]
    return f"{said}: it falls fastest at {steepest:.2g} and is least at {least:.2g}."
