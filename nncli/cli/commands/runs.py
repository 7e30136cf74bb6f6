"""`nncli runs`."""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.cli.streams import echo, echo_err
from nncli.cli.text_table import figure, table
from nncli.errors import UserError

if TYPE_CHECKING:
    from nncli.artifacts.run_list import Listed

HEADER = ["run", "state", "judged by", "value", "size", "when", "differs in"]
MAX_DIFFERENCES_WIDTH = 60  # characters in a line
SORTS = ("when", "name", "value", "size")


@click.command(name="runs")
@click.argument("folder", type=RUN, metavar="[DIR]", default=Path("runs"))
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="when",
    help="Sort by this; the best or latest is last.",
)
@click.option(
    "--state", metavar="STATE", help="Only those in a state: epochs, diverged, stopped ..."
)
@click.option("--name", metavar="TEXT", help="Only those with a text in their name.")
@click.option("--prune", is_flag=True, help="Remove the checkpoints of finished runs.")
@click.option("--yes", is_flag=True, help="Remove them without asking.")
@json_option
def command(
    folder: Path,
    sort: str,
    state: str | None,
    name: str | None,
    prune: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """List runs and studies.

    DIR is runs unless given. Shown are the state or why a run ended, the value it is judged by at
    the weights it keeps, its size, when it ended, and the config keys in which it differs from the
    first run of its name.
    """
    from nncli.artifacts.run_list import list_runs

    if prune:
        return _prune(folder, is_sure=yes, as_json=as_json)
    if yes:
        raise click.UsageError("--yes says yes to --prune: give --prune too")
    found = [
        each
        for each in list_runs(folder)
        if (state is None or state in each.state) and (name is None or name in each.name)
    ]
    found.sort(key=_order(sort))
    if as_json:
        print_json([_plain(each) for each in found])
    elif found:
        echo(table([HEADER, *map(_row, found)]))
    else:
        echo(f"{folder}: no runs" if state is None and name is None else f"{folder}: none such")
    return 0


def _order(sort: str) -> "Callable[[Listed], Any]":
    if sort == "value":
        return lambda each: (each.metric, -_badness(each))
    if sort == "size":
        return lambda each: each.bytes
    return lambda each: (each.when, each.name) if sort == "when" else each.name


def _badness(each: "Listed") -> float:
    if each.value is None or not math.isfinite(each.value):
        return math.inf
    return -each.value if each.higher_is_better else each.value


def _plain(each: "Listed") -> dict[str, Any]:
    return {**vars(each), "path": str(each.path), "differences": list(each.differences)}


def _row(each: "Listed") -> Sequence[str]:
    said = ", ".join(each.differences)
    said = said if len(said) <= MAX_DIFFERENCES_WIDTH else said[: MAX_DIFFERENCES_WIDTH - 3] + "..."
    when = each.when.replace("T", " ").removesuffix("Z")[:16]
    return [each.name, each.state, each.metric, figure(each.value), _size(each.bytes), when, said]


def _size(count: int) -> str:
    """Bytes in words.

    >>> _size(900), _size(226_000), _size(3_400_000_000)
    ('900 B', '226.0 kB', '3.4 GB')
    """
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def _agrees() -> bool:
    """Ask the user to confirm; False without a terminal."""
    if not sys.stdin.isatty():
        return False
    try:
        return click.confirm("remove them?", default=False, err=True)
    except click.Abort:
        echo_err("")
        return False


def _prune(folder: Path, *, is_sure: bool, as_json: bool) -> int:
    """Show what would be removed, and remove it once confirmed."""
    from nncli.artifacts.freeing import free
    from nncli.artifacts.run_directory import CHECKPOINT, RunDirectory
    from nncli.artifacts.run_list import prunable

    found = prunable(folder)
    total = sum(size for _, size in found)
    said = f"{_size(total)}: the checkpoints of {len(found)} runs that have come to their end"
    if not is_sure and found:
        echo_err(f"{said}; they can't go on after that, all else stays")
        if not _agrees():
            raise UserError("nothing was removed (--yes removes without asking)")
    for path, _ in found:
        with RunDirectory.open(path) as run:
            free(run, "nncli runs --prune", [CHECKPOINT])
    if as_json:
        print_json({"runs": [str(path) for path, _ in found], "bytes": total})
    else:
        echo(f"removed {said}" if found else "there is nothing to remove")
    return 0
