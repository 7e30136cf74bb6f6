"""`nncli weights RUN`, a command of a package of its own."""

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> None:
    """Show how large the weights of RUN are, tensor by tensor."""
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.cli.text_table import table

    reader = RunReader(RunDirectory.open(run))
    rows = [["tensor", "shape", "mean", "standard deviation", "smallest", "largest"]]
    for name, weights in reader.model.network.layout.views(reader.theta).items():
        figures = (weights.mean(), weights.std(), weights.min(), weights.max())
        shape = " x ".join(map(str, weights.shape))
        rows.append([name, shape, *(f"{figure:.4g}" for figure in figures)])
    click.echo(table(rows))
