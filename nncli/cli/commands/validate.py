"""`nncli validate`."""

from pathlib import Path

import click

from nncli.cli.options import CONFIG, set_option
from nncli.cli.streams import echo, echo_line


@click.command(name="validate")
@click.argument("config", type=CONFIG)
@set_option
def command(config: Path, assignments: tuple[str, ...]) -> None:
    """Check CONFIG against its data, without training."""
    from nncli.assembly.build import build
    from nncli.cli.summary import model_summary
    from nncli.config.load import load

    built = build(*load(config, assignments))
    echo(model_summary(built))
    for warning in built.warnings:
        echo_line(f"warning: {warning}", err=True)
    echo()
    echo_line(f"{config}: valid")
