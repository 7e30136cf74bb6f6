"""`nncli report`."""

from pathlib import Path
from typing import Literal

import click

from nncli.cli.options import FILE_OR_STDOUT, RUN, is_stdout
from nncli.cli.streams import echo_line, write_out

FORMS: dict[str, Literal["html", "md"]] = {"": "html", ".html": "html", ".htm": "html", ".md": "md"}


@click.command(name="report")
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN|STUDY...")
@click.option(
    "-o",
    "--output",
    type=FILE_OR_STDOUT,
    help="The file to write, - for stdout [RUN-report.html].",
)
@click.option(
    "--to",
    type=click.Choice(["html", "md"]),
    help="A page, or the same as Markdown: a model card [as -o ends, else html].",
)
@click.option(
    "--rows/--no-rows",
    "has_rows",
    default=True,
    help="Show the cells of the worst rows, which are the data's own [yes].",
)
def command(
    runs: tuple[Path, ...], output: Path | None, to: Literal["html", "md"] | None, has_rows: bool
) -> None:
    """Write a report of a RUN: one page to send to somebody.

    It has the scores beside those of simpler models, what the doctor would change, learning curves,
    which columns matter, the worst errors, the data, a drawing of the network, and how to reproduce
    the run. The page is one file that loads nothing. Of several runs, or of a study: their scores,
    the config keys that differ, and their curves.
    """
    from nncli.artifacts.files import output_file
    from nncli.report.report import report_of

    form = to or _form(output)
    name, text = report_of(runs, form, has_rows=has_rows)
    path = output or Path(f"{name}-report.{form}")
    if is_stdout(path):
        write_out(text)
        return
    with output_file(path) as file:
        file.write(text.encode())
    echo_line(path)


def _form(output: Path | None) -> Literal["html", "md"]:
    """The format for a file name."""
    ending = output.suffix.lower() if output else ""
    if (form := FORMS.get(ending)) is None:
        fix = "--to html or --to md says what it is"
        if ending == ".pdf":
            fix = "write an .html and print that from a browser"
        said = f"{output}: expected a name ending in .html or .md ({fix})"
        raise click.BadParameter(said, param_hint="-o")
    return form
