"""`nncli plot-boundary`."""

from pathlib import Path

import click

from nncli.cli.options import RUN
from nncli.cli.streams import echo_line


@click.command(name="plot-boundary")
@click.argument("run", type=RUN)
@click.option(
    "--features",
    metavar="A,B",
    help="The one or two features to draw over [the two that the predictions depend on most].",
)
@click.option("--target", help="Of several targets, the one to draw [the first].")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .png, .svg or .pdf file [RUN-boundary.png].",
)
def command(run: Path, features: str | None, target: str | None, output: Path | None) -> None:
    """Draw what RUN predicts all over two of its features, with the training rows on top.

    Of a classifier, the regions of its classes, the stronger the shade the surer; of a regression,
    the fitted surface; over a single feature, a curve. All other features are held at their median
    (categories: at the most frequent one) in the training rows.

    By default, the two numeric features are taken that move the predictions of training rows most
    when they change by their standard deviation.
    """
    from nncli.artifacts.pictures import check_format
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.boundary.boundary import boundary_of
    from nncli.boundary.drawing import draw_boundary
    from nncli.cli.summary import note_unfinished

    reader = RunReader(RunDirectory.open(run))
    path = output or Path(f"{reader.run.name}-boundary.png")
    check_format(path)
    boundary = boundary_of(reader, features, target)
    note_unfinished(reader.summary())
    if boundary.is_chosen:
        names = " and ".join(axis.name for axis in boundary.axes)
        echo_line(f"note: drawn over {names}; choose others with --features", err=True)
    draw_boundary(boundary, path)
    echo_line(path)
