"""`nncli plot-weights`."""

from pathlib import Path

import click

from nncli.cli.options import RUN, plot_option
from nncli.cli.streams import echo_line


@click.command(name="plot-weights")
@click.argument("run", type=RUN)
@click.option("--layer", metavar="NAME", help="One layer, as hidden_1 [all].")
@click.option(
    "--pictures",
    is_flag=True,
    help="The weights of each unit as a picture of its inputs [of the first layer].",
)
@click.option("--shape", metavar="ROWSxCOLUMNS", help="Of such a picture, as 8x8 [a square].")
@plot_option("RUN-weights.png")
def command(
    run: Path, layer: str | None, pictures: bool, shape: str | None, output: Path | None
) -> None:
    """Draw the weights of each layer of RUN.

    A map for each layer, blue above 0 and red below, with inputs down and units across. The title
    says how many weights are near 0: below 1% of the largest, as l1 leaves them. With --pictures,
    each unit's weights are laid out as its inputs lie in a picture: what the unit looks for.
    """
    if shape is not None and not pictures:
        raise click.UsageError("--shape is for --pictures")
    from nncli.artifacts.rendering import check_format
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.cli.model_summary import note_unfinished
    from nncli.weight_maps.weight_plots import draw_maps, draw_unit_images
    from nncli.weight_maps.weights import image_shape_of, weight_maps

    reader = RunReader(RunDirectory.open(run))
    path = output or Path(f"{reader.run.name}-weights.png")
    check_format(path)
    maps = weight_maps(reader, layer)
    note_unfinished(reader.summary())
    if pictures:
        draw_unit_images(maps[0], image_shape_of(shape, maps[0]), reader.run.name, path)
    else:
        draw_maps(maps, reader.run.name, path)
    echo_line(path)
