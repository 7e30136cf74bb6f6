"""`nncli init`."""

from pathlib import Path

import click

from nncli.errors import UserError


@click.command(name="init")
@click.option("--dataset", default="iris", show_default=True, help="A built-in dataset.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write, - for stdout [DATASET.yaml].",
)
def command(dataset: str, output: Path | None) -> None:
    """Write a commented starter config; an existing file is never overwritten."""
    from nncli.config.starter import starter

    text = starter(dataset)
    path = output or Path(f"{dataset}.yaml")
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: exists already; choose another file with -o") from None
    click.echo(f"{path}: written; train it with: nncli train {path}")
