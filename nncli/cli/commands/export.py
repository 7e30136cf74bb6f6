"""`nncli export`."""

import shlex
from collections.abc import Callable
from pathlib import Path

import click

from nncli.cli.options import RUN
from nncli.cli.streams import echo_line, write_out


@click.command(name="export")
@click.argument("run", type=RUN)
@click.option(
    "--to",
    type=click.Choice(["numpy", "tensorboard"]),
    required=True,
    help="What to write: a NumPy script; TensorBoard's event files.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write [stdout]; of tensorboard, its folder of logs.",
)
def command(run: Path, to: str, output: Path | None) -> None:
    """Write RUN as a script, or for TensorBoard.

    numpy: one readable script that needs no nncli. It holds this network's forward pass, backward
    pass and training loop, in the notation of `nncli trace`, with its data, and prints the run's
    losses: bit for bit on the same machine, up to rounding if the run's steps were compiled.

    tensorboard: the metrics, for its charts, of a run or of all runs of a study. While a run goes
    on, `output: {tensorboard: DIR}` in its config does the same.
    """
    FORMATS[to](run, output)


def _numpy(run: Path, output: Path | None) -> None:
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.export.numpy_script.script import numpy_script

    reader = RunReader(RunDirectory.open(run))
    file_name = output.name if output else f"{reader.recorded.name}.py"
    _write_script(numpy_script(reader, file_name), output)


def _write_script(page: str, output: Path | None) -> None:
    from nncli.artifacts.files import output_file

    if output is None:
        write_out(page)
        return
    if output.is_dir():
        raise click.BadParameter(f"{output} is a folder: name a file", param_hint="-o")
    with output_file(output) as file:
        file.write(page.encode())
    how = f"run it with: python {shlex.quote(str(output))}"
    echo_line(f"{output}: {page.count(chr(10)):,} lines; {how}", err=True)


def _tensorboard(path: Path, output: Path | None) -> None:
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.export.tensorboard import tensorboard

    if output is None:
        raise click.UsageError("--to tensorboard needs a folder for its logs: -o LOGDIR")
    for run in _runs(path):
        written = tensorboard(RunReader(RunDirectory.open(run)), output)
        echo_line(f"{written.folder}: {written.rows:,} logged epochs", err=True)
    echo_line(f"see them with: tensorboard --logdir {shlex.quote(str(output))}", err=True)


def _runs(path: Path) -> list[Path]:
    """The run that was named, or all of the study that was, but for those that never learnt."""
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.artifacts.study_directory import is_study, runs_of
    from nncli.errors import UserError

    if not is_study(path):
        return [path]
    runs = [run for run in runs_of(path) if RunReader(RunDirectory.open(run)).has_learned]
    if not runs:
        raise UserError(f"{path}: a study without a run so far")
    return runs


FORMATS: dict[str, Callable[[Path, Path | None], None]] = {
    "numpy": _numpy,
    "tensorboard": _tensorboard,
}
