"""`nncli report`."""

from pathlib import Path
from typing import Literal

import click

from nncli.cli.options import RUN
from nncli.cli.streams import echo_line

SUFFIX = {"html": ".html", "md": ".md"}


@click.command(name="report")
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN|STUDY...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write [RUN-report.html].",
)
@click.option(
    "--to",
    type=click.Choice([*SUFFIX]),
    default="html",
    help="A page, or the same as Markdown: a model card [html].",
)
@click.option(
    "--rows/--no-rows",
    "has_rows",
    default=True,
    help="Show the cells of the worst rows, which are the data's own [yes].",
)
def command(
    runs: tuple[Path, ...], output: Path | None, to: Literal["html", "md"], has_rows: bool
) -> None:
    """Write what a RUN is worth, and what it rests on, as one page to send to somebody.

    Its scores beside a linear model's, what the doctor would change, learning curves, what its
    predictions rest on, its worst errors, its data, the network drawn, and how to get it again. The
    page is one file that loads nothing. Of several runs, or of a study: their scores, the config
    keys that differ, and their curves.
    """
    from nncli.artifacts.files import output_file
    from nncli.report.report import report_of

    name, text = report_of(runs, to, has_rows=has_rows)
    path = output or Path(f"{name}-report{SUFFIX[to]}")
    with output_file(path) as file:
        file.write(text.encode())
    echo_line(path)
