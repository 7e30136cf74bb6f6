"""Options that several commands share."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nncli.cli.streams import write_out
from nncli.data.reading.table_formats import READABLE
from nncli.errors import UserError

PLOT_FORMATS = ("png", "svg", "pdf")

CONFIG = click.Path(path_type=Path)
RUN = click.Path(path_type=Path)
FILE_OR_STDOUT = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


class FiniteRange(click.FloatRange):
    """A finite number in a range; click's range accepts nan."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"expected a finite number, found {number}.", param, ctx)
        return number


def refuse_input(output: Path | None, *inputs: Path | None) -> None:
    """Raises UserError if the output file is one of the inputs."""
    if output is None or not output.is_file():
        return
    if any(each is not None and each.is_file() and each.samefile(output) for each in inputs):
        raise UserError(f"{output}: is read by this command: choose another file with -o")


def is_stdout(output: Path) -> bool:
    """Whether a path is `-`."""
    return str(output) == "-"


set_option: Callable[[Any], Any] = click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="Override a key, as in --set optimizer.learning_rate=0.1. Repeatable.",
)
json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, nothing else."
)

format_option: Callable[[Any], Any] = click.option(
    "--format",
    "input_format",
    type=click.Choice(READABLE),
    help="What - holds, standard input [csv].",
)


format_options: Callable[[Any], Any] = click.option(
    "--format",
    "formats",
    type=click.Choice([*PLOT_FORMATS, *READABLE]),
    multiple=True,
    help="Of plots [png]; or what - holds, standard input [csv].",
)
plot_format_option: Callable[[Any], Any] = click.option(
    "--format", "plot_format", type=click.Choice(PLOT_FORMATS), help="Of the plot [png]."
)


def plot_option(default: str) -> Callable[[Any], Any]:
    """`-o` of a command that draws. default: the file name without it."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"A .png, .svg or .pdf file [{default}].",
    )


def split_formats(formats: tuple[str, ...]) -> tuple[str | None, str]:
    """(format of standard input, format of plots) of `format_options`."""
    inputs = [each for each in formats if each in READABLE]
    plots = [each for each in formats if each in PLOT_FORMATS]
    for several in (inputs, plots):
        if len(several) > 1:
            raise click.UsageError(f"--format: {' and '.join(several)} exclude each other")
    return next(iter(inputs), None), next(iter(plots), PLOT_FORMATS[0])


@contextmanager
def input_file(path: Path, input_format: str | None) -> Iterator[Path]:
    """The path of a user's file of rows; for `-`, of a copy of standard input."""
    if str(path) != "-":
        if input_format is not None:
            raise click.UsageError("--format is for standard input: a file's name says its own")
        yield path
        return
    from nncli.untrusted_files.standard_input import standard_input

    with standard_input(f".{input_format or 'csv'}", sys.stdin.buffer) as copy:
        yield copy


def print_json(value: Any) -> None:
    """Print one JSON object on stdout; NaN and infinities become null."""
    from nncli.artifacts.files import json_text

    write_out(json_text(value) + "\n")
