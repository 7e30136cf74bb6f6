"""Exercise options: those of `nncli trace` that say which numbers are asked for.

A table of answers keeps them as a command line.
"""

from collections.abc import Sequence
from typing import Any

import click

from nncli.cli.options import CONFIG, set_option

MAX_STEPS = 1000


class RowNumbers(click.ParamType):  # type: ignore[type-arg]
    """An option's row numbers, as `0,3,5`."""

    name = "ROWS"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if not all(part.strip().isdecimal() for part in str(value).split(",")):
            self.fail(f"expected row numbers such as 0,3, found '{value}'", param, ctx)
        return tuple(int(part) for part in str(value).split(","))


path_argument = click.argument("path", type=CONFIG, metavar="CONFIG|RUN")
rows_option = click.option(
    "--rows",
    type=RowNumbers(),
    help="The rows of the data to take, counted from 0, as in 0,3 [the batches of training].",
)
steps_option = click.option(
    "--steps", type=click.IntRange(1, MAX_STEPS), default=1, help="Training steps to show [1]."
)
variant_option = click.option(
    "--variant",
    type=click.IntRange(0, 2**31),
    metavar="NUMBER",
    help="Draw other initial weights, with two digits each; a number for each variant.",
)
blank_option = click.option(
    "--blank",
    "blanks",
    multiple=True,
    metavar="CELL",
    help="Which: hidden_1/z, 'hidden_*/dW', 'output/dW[0,1]'. Repeatable [all that is computed].",
)


def parsed(arguments: Sequence[str]) -> dict[str, Any]:
    """The values of these options and no others. Raises click.ClickException."""
    command = click.Command("trace")
    for add in (path_argument, set_option, rows_option, steps_option, variant_option, blank_option):
        add(command)
    return command.make_context("trace", list(arguments), help_option_names=[]).params
