"""`nncli plot-surface`."""

from pathlib import Path

import click

from nncli.cli.options import CONFIG, plot_option, set_option
from nncli.cli.streams import echo_line


@click.command(name="plot-surface")
@click.argument("config_or_run", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option(
    "--weights",
    nargs=2,
    metavar="A B",
    help="Two weights, as hidden_1/W[0,0] output/b[0] [the two there are, or main directions].",
)
@plot_option("CONFIG-surface.png")
def command(
    config_or_run: Path,
    assignments: tuple[str, ...],
    weights: tuple[str, str] | None,
    output: Path | None,
) -> None:
    """Draw the loss over two weights, and the path of training.

    CONFIG is trained, or RUN once more from its start, which gives the same bits; no run is left.
    All other weights keep their final values. Without --weights, a network of more than two weights
    is drawn over the two directions in which its path varies most.

    The loss is that of at most 1,000 training rows, penalties included.
    """
    from nncli.artifacts.loaded_network import load_network
    from nncli.artifacts.rendering import check_format
    from nncli.engine.threads import limited
    from nncli.errors import UserError
    from nncli.loss_surface.surface import surface_of
    from nncli.loss_surface.surface_plot import draw_surface

    if output is not None:
        check_format(output)
    opened = load_network(config_or_run, assignments)
    job, experiment = opened.built.job, opened.built.experiment
    name = experiment.name if opened.reader is None else opened.reader.run.name
    try:
        with limited(job.training):
            surface = surface_of(job, weights or ())
    except UserError as error:
        raise UserError(f"{config_or_run}: {error}") from None
    path = output or Path(f"{name}-surface.png")
    loss = ", ".join(filter(None, (experiment.loss.title, experiment.loss.unit)))
    draw_surface(surface, name, loss, path)
    echo_line(path)
