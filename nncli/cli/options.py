"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nncli.cli.streams import write_out

CONFIG = click.Path(path_type=Path)
RUN = click.Path(path_type=Path)

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


def print_json(value: Any) -> None:
    """One JSON object on stdout; NaN and infinities, which JSON lacks, become null."""
    from nncli.artifacts.files import json_text

    write_out(json_text(value) + "\n")
