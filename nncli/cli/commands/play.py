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
    """Write a page on which the network trains in the browser.

    It makes the steps of `nncli train`, number by number, from a CONFIG's initial or a RUN's
    trained weights. Learning rate, optimizer, layers, features and more can be changed on the page,
    which then shows the changed config. The page is one file with the data in it; it loads nothing.
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
