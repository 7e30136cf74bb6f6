"""`nncli plot-boundary`."""

from pathlib import Path

import click

from nncli.cli.options import RUN, plot_option
from nncli.cli.streams import echo_line


@click.command(name="plot-boundary")
@click.argument("run", type=RUN)
@click.option(
    "--features",
    metavar="A,B",
    help="The one or two features to draw over [the two that the predictions depend on most].",
)
@click.option(
    "--units",
    "layer",
    is_flag=False,
    flag_value="first",
    metavar="[LAYER]",
    help="Draw the activation of each unit of a hidden layer instead, as hidden_2 [the first].",
)
@click.option("--target", help="Of several targets, the one to draw [the first].")
@plot_option("RUN-boundary.png, RUN-LAYER.png")
def command(
    run: Path,
    features: str | None,
    layer: str | None,
    target: str | None,
    output: Path | None,
) -> None:
    """Draw what RUN predicts over two of its features.

    The training rows are drawn on top. Of a classifier, the regions of its classes, darker where it
    is surer; of a regression, the fitted surface; over a single feature, a curve. All other
    features are held at their median in the training rows (categories: the most frequent one).

    By default, the two numeric features are taken that move the predictions of training rows most
    when they change by their standard deviation.

    With --units, a map for each of a hidden layer's first 32 units: its activation, and a line
    where its score z is 0.
    """
    if layer is not None and target is not None:
        raise click.UsageError("--target is for predictions: a hidden unit has none")
    from nncli.artifacts.rendering import check_format
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.boundary.boundary import Boundary, boundary_of
    from nncli.boundary.boundary_plot import draw_boundary
    from nncli.boundary.unit_activations import Units, units_of
    from nncli.boundary.unit_activations_plot import draw_units
    from nncli.cli.model_summary import note_unfinished

    reader = RunReader(RunDirectory.open(run))
    if output is not None:
        check_format(output)
    shown: Boundary | Units
    if layer is None:
        shown = boundary_of(reader, features, target)
        path = output or Path(f"{reader.run.name}-boundary.png")
    else:
        shown = units_of(reader, features, layer)
        path = output or Path(f"{reader.run.name}-{shown.layer}.png")
    note_unfinished(reader.summary())
    if shown.is_chosen:
        names = " and ".join(axis.name for axis in shown.axes)
        echo_line(f"note: drawn over {names}; choose others with --features", err=True)
    if isinstance(shown, Units):
        draw_units(shown, path)
    else:
        draw_boundary(shown, path)
    echo_line(path)
