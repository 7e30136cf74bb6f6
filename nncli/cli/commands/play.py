"""`nncli play`."""

from pathlib import Path

import click

from nncli.cli.options import CONFIG, FILE_OR_STDOUT, is_stdout, set_option
from nncli.cli.streams import echo_line, write_out


@click.command(name="play")
@click.argument("path", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option("-o", "--output", type=FILE_OR_STDOUT, help="[NAME-play.html]")
def command(path: Path, assignments: tuple[str, ...], output: Path | None) -> None:
    """Write one HTML page on which the network trains in the browser, to watch, stop and change.

    It makes the steps of `nncli train`, number by number: of a CONFIG from its initial weights, of
    a RUN from those it has. Learning rate, optimizer, layers, features and more can be changed
    there, and what comes of it taken away as a config. It holds data and asks nothing of anywhere.
    """
    from nncli.artifacts.loaded_network import load_network
    from nncli.playground.page import page

    loaded = load_network(path, assignments)
    text = page(loaded, assignments)
    if output is not None and is_stdout(output):
        write_out(text)
        return
    from nncli.artifacts.files import output_file

    chosen = output or Path(f"{loaded.built.experiment.name}-play.html")
    with output_file(chosen) as file:
        file.write(text.encode())
    echo_line(chosen)
