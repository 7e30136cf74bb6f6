"""`nncli list`."""

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import json_option, print_json
from nncli.cli.streams import echo
from nncli.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from nncli.registry import Part


@click.command(name="list")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List what a config can name, with formulas and keys.

    KIND is layer, activation, loss, optimizer, schedule, initializer, regularizer, metric, dataset
    or split, or lesson: networks to start from; the plural works too. Without KIND, the names of
    every kind are listed, and the commands that installed packages add.
    """
    from nncli.cli.plugins import plugin_names
    from nncli.registry import MODULES, members
    from nncli.starter.lessons import lessons

    if as_json:
        print_json(_described(kind))
        return
    if kind in ("lesson", "lessons"):
        width = max(map(len, lessons()))
        echo("\n".join(f"{name.ljust(width)}  {said}" for name, said in lessons().items()))
        echo("\nnncli init --lesson NAME writes one here")
        return
    if kind is None:
        for each in MODULES:
            echo(_names(each, members(each)))
        if added := plugin_names():
            echo(_names("command", added))
        echo(_names("lesson", lessons()))
        echo("\nnncli list KIND shows the formulas and keys of one kind")
        return
    echo("\n\n".join(_entry(cls) for cls in members(_singular(kind)).values()))


def _described(kind: str | None) -> dict[str, Any]:
    """The text's content: the names of each kind, or the parts of one kind."""
    from nncli.cli.plugins import plugin_names
    from nncli.registry import MODULES, members
    from nncli.starter.lessons import lessons

    if kind is None:
        names = {each: [*members(each)] for each in MODULES}
        return {**names, "command": [*plugin_names()], "lesson": [*lessons()]}
    if kind in ("lesson", "lessons"):
        return {"lesson": dict(lessons())}
    known = _singular(kind)
    return {known: {name: _part_facts(cls) for name, cls in members(known).items()}}


def _part_facts(cls: "type[Part]") -> dict[str, Any]:
    import inspect

    from nncli.config.reference import keys_of
    from nncli.registry import aliases_of

    return {
        "aliases": [*aliases_of(cls)],
        "text": inspect.cleandoc(cls.__doc__ or ""),
        "keys": {
            key.name: {"expects": key.expects, "default": key.default, "meaning": key.meaning}
            for key in keys_of(cls)
        },
    }


def _names(kind: str, names: Iterable[str]) -> str:
    return textwrap.fill(
        ", ".join(names), 88, initial_indent=f"{kind:12} ", subsequent_indent=" " * 13
    )


def _singular(kind: str) -> str:
    """The kind's singular. Raises UserError for an unknown kind."""
    from nncli.registry import MODULES

    for known in MODULES:
        if kind in (known, "losses" if known == "loss" else f"{known}s"):
            return known
    kinds = [*MODULES, "lesson"]
    raise UserError(f"unknown kind '{kind}'{did_you_mean(kind, kinds)}; known: {', '.join(kinds)}")


def _entry(cls: "type[Part]") -> str:
    """A part's name, aliases, docstring, and keys with defaults."""
    import inspect

    from nncli.config.reference import keys_of
    from nncli.registry import aliases_of

    aliases = aliases_of(cls)
    title = cls.name + (f" (also {', '.join(aliases)})" if aliases else "")
    lines = [title, textwrap.indent(inspect.cleandoc(cls.__doc__ or ""), "    ")]
    keys = keys_of(cls)
    width = max((len(key.name) for key in keys), default=0)
    lines += [f"      {key.name.ljust(width)}  {key.summary}" for key in keys]
    return "\n".join(lines)
