"""Commands of other packages, through the entry-point group `nncli.commands`.

An entry's name is the command's, its value the click command, as in `weights = "module:command"`.
They are looked for only when a name isn't one of our own, so that a start costs nothing for them.
"""

from importlib.metadata import entry_points

import click

from nncli.errors import UserError
from nncli.registry import load_entry

GROUP = "nncli.commands"


def plugin_names() -> list[str]:
    """What installed packages add."""
    return sorted(entry_points(group=GROUP).names)


def plugin_command(name: str) -> click.Command | None:
    """The command that an installed package adds under a name. Raises UserError if it fails."""
    for entry in entry_points(group=GROUP, name=name):
        command = load_entry(entry)
        if not isinstance(command, click.Command):
            found = f"expected a click command, found a {type(command).__name__}"
            raise UserError(f"plugin '{name}' ({entry.value}) failed: {found}")
        return command
    return None
