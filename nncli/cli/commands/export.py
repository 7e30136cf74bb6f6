"""`nncli export`."""

from pathlib import Path

import click

from nncli.cli.options import RUN
from nncli.cli.streams import echo_line, write_out
from nncli.operating_system import shell_word


@click.command(name="export")
@click.argument("run", type=RUN)
@click.option(
    "--to", type=click.Choice(["numpy"]), required=True, help="What to write: a NumPy script."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write [stdout].",
)
def command(run: Path, to: str, output: Path | None) -> None:
    """Write RUN as one readable NumPy script that needs no nncli.

    It holds this network's forward pass, backward pass and training loop, in the notation of
    `nncli trace`, with its data, and prints the run's losses: bit for bit on the same machine,
    up to rounding if the run's steps were compiled.
    """
    from nncli.artifacts.files import output_file
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.export.numpy_script.script import numpy_script

    reader = RunReader(RunDirectory.open(run))
    file_name = output.name if output else f"{reader.recorded.name}.py"
    page = numpy_script(reader, file_name)
    if output is None:
        write_out(page)
        return
    with output_file(output) as file:
        file.write(page.encode())
    how = f"run it with: python {shell_word(output)}"
    echo_line(f"{output}: {page.count(chr(10)):,} lines; {how}", err=True)
