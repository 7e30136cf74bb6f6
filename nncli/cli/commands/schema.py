"""`nncli schema`."""

import click

from nncli.cli.streams import write_out


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of a config, for editors.

    In VS Code, for completion and checks: nncli schema > nncli.schema.json, and as the config's
    first line "# yaml-language-server: $schema=nncli.schema.json".
    """
    import json

    from nncli.config.json_schema import config_schema

    write_out(json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n")
