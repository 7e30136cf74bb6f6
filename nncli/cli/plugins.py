"""Plug-in commands: the entry-point group `nncli.commands` of other packages.

An entry is `name = "module:command"`, with a click command. Entry points are read only for a name
that isn't nncli's own, so that they don't slow a start.
"""

from importlib.metadata import entry_points

import click

from nncli.errors import UserError
from nncli.registry import load_entry

GROUP = "nncli.commands"


def plugin_names() -> list[str]:
    """The names of plug-in commands."""
    return sorted(entry_points(group=GROUP).names)


def plugin_command(name: str) -> click.Command | None:
    """Load a plug-in command; None for an unknown name. Raises UserError if it fails."""
    for entry in entry_points(group=GROUP, name=name):
        command = load_entry(entry)
        if not isinstance(command, click.Command):
            found = f"expected a click command, found a {type(command).__name__}"
            raise UserError(f"plugin '{name}' ({entry.value}) failed: {found}")
        return command
    return None
