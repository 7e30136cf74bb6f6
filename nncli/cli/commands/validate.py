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
    from nncli.cli.model_summary import model_summary
    from nncli.config.load import load

    experiment, source = load(config, assignments)
    if experiment.sweep is not None:
        from nncli.config.load import read_root
        from nncli.study.space_checks import read_checked

        read_checked(read_root(source.text, config, assignments), config)
    if experiment.ensemble is not None:
        from nncli.study.ensemble import check_members

        check_members(experiment, source)
    built = build(experiment, source)
    echo(model_summary(built))
    for warning in built.warnings:
        echo_line(f"warning: {warning}", err=True)
    echo()
    echo_line(f"{config}: valid")
