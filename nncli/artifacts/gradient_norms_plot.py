"""The figure of gradient norms: a curve per layer over epochs, the first layer darkest."""

from pathlib import Path
from typing import Any

from nncli.artifacts.curve_bands import show_epochs
from nncli.artifacts.figure_style import legend, new_figure, set_title, style_axes
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.number_ticks import log_ticks, number_ticks
from nncli.artifacts.rendering import check_format, write_plot
from nncli.engine.metric_columns import GRADIENT_NORM
from nncli.errors import UserError

NAME = "gradient_norm"  # names the columns of all layers together
MAX_NAMES = 20  # layers in the legend
ENABLE = "--set output.gradient_norms=true"


def draw_gradient_norms(run: Curves, path: Path, is_log: bool | None = None) -> None:
    """Draw the gradient norms to `path`, on a logarithmic axis unless `is_log` is False.

    Raises UserError for a run without such columns, FileFailure if it can't write.
    """
    check_format(path)
    if not _columns(run):
        raise UserError(f"{run.name} has no gradient norms: nncli train {ENABLE} keeps them")
    write_plot(path, lambda: _figure(run, is_log=is_log is not False), _alt_text(run))


def _columns(run: Curves) -> dict[str, list[float]]:
    """The norms of each layer, by its name."""
    return {
        name.removeprefix(GRADIENT_NORM): [*values]
        for name, values in run.columns.items()
        if name.startswith(GRADIENT_NORM)
    }


def _figure(run: Curves, *, is_log: bool) -> Any:
    from matplotlib import colormaps

    layers, epochs = _columns(run), run.columns["epoch"]
    figure = new_figure(7.6, 4.2)
    axes = figure.subplots()
    colors = colormaps["viridis"]
    for place, (name, norms) in enumerate(layers.items()):
        color = colors(0.9 * place / max(len(layers) - 1, 1))
        label = name if place < MAX_NAMES else None
        marker = "o" if len(epochs) < 3 else None
        axes.plot(epochs, norms, color=color, linewidth=1.6, label=label, marker=marker)
    number_ticks(axes.xaxis, integer=True)
    style_axes(axes, "epoch", "gradient norm")
    if is_log and any(norm > 0 for norms in layers.values() for norm in norms):
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
    show_epochs(axes, [epochs[-1]])
    axes.grid(alpha=0.25)
    axes.margins(x=0.02)
    set_title(axes, "Gradient norm of each layer", run.name)
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _alt_text(run: Curves) -> str:
    said = [f"{name} {norms[0]:.3g} to {norms[-1]:.3g}" for name, norms in _columns(run).items()]
    return f"{run.name}: gradient norms over epochs. {'; '.join(said)}."
