"""`nncli config`."""

from dataclasses import replace
from pathlib import Path

import click

from nncli.cli.options import CONFIG, json_option, print_json, set_option
from nncli.cli.streams import write_out


@click.command(name="config")
@click.argument("config", type=CONFIG)
@set_option
@json_option
def command(config: Path, assignments: tuple[str, ...], as_json: bool) -> None:
    """Print CONFIG with every default and auto filled in."""
    from nncli.assembly.build import build
    from nncli.config.dump import plain, to_yaml
    from nncli.config.load import load

    def absolute(path: Path) -> str:
        return str(path.resolve())  # valid wherever the output is saved

    given, source = load(config, assignments)
    experiment = replace(build(given, source).experiment, ensemble=given.ensemble)
    if as_json:
        print_json(plain(experiment, absolute))
    else:
        write_out(to_yaml(experiment, absolute))
