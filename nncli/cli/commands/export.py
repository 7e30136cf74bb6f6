"""`nncli export`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.options import RUN, is_stdout
from nncli.cli.streams import echo_line, write_out
from nncli.errors import counted
from nncli.operating_system import shell_word

if TYPE_CHECKING:
    from nncli.artifacts.run_reader import RunReader


@click.command(name="export")
@click.argument("run", type=RUN)
@click.option(
    "--to",
    type=click.Choice(["numpy", "pytorch", "onnx", "tensorboard", "mlflow"]),
    required=True,
    help="What to write: a script, an ONNX model, metrics for a tracker.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write [numpy: stdout; onnx: RUN.onnx], or tensorboard's folder of logs.",
)
@click.option(
    "--check",
    "check_table",
    metavar="TABLE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="onnx: compare the answers for the rows of a table, by onnxruntime.",
)
def command(run: Path, to: str, output: Path | None, check_table: Path | None) -> int:
    """Write RUN as a script, an ONNX model or tracker metrics.

    numpy: one readable script of this network's forward pass, backward pass and training loop, in
    the notation of `nncli trace`, with its data, which prints the run's losses: bit for bit on the
    same machine, up to rounding if the run's steps were compiled.

    pytorch: a script with the network as a module, and its weights beside it. It reads rows as they
    stand in a table, as `nncli predict` does, and needs only torch and NumPy.

    onnx: one file that takes the columns of a table as they are, texts and missing values
    included, and gives the label and the probabilities, or the prediction in the target's units.
    --check exits with 1 if onnxruntime's answers aren't nncli's.

    tensorboard: the metrics of a run, or of all runs of a study, for TensorBoard's charts. During
    a training, `output: {tensorboard: LOGDIR}` in its config does the same.

    mlflow: the metrics, the config, the scores of `nncli evaluate` and the files of a run, or of
    all runs of a study, sent to the MLflow server of MLFLOW_TRACKING_URI; each run once.
    """
    if output is not None and is_stdout(output):
        if to not in ("numpy", "pytorch"):
            raise click.BadParameter(f"stdout takes no {to}: name another", param_hint="-o")
        output = None
    if to not in TRACKERS and output is not None and output.is_dir():
        raise click.BadParameter(f"{output} is a folder: name a file", param_hint="-o")
    if to == "onnx":
        return _onnx(run, output, check_table)
    if check_table is not None:
        raise click.UsageError("--check is for --to onnx")
    {"numpy": _numpy, "pytorch": _pytorch, **TRACKERS}[to](run, output)
    return 0


def _numpy(run: Path, output: Path | None) -> None:
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


def _pytorch(run: Path, output: Path | None) -> None:
    from nncli.artifacts.files import output_file
    from nncli.artifacts.run_directory import WEIGHTS, RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.export.pytorch.script import pytorch_script

    reader = RunReader(RunDirectory.open(run))
    script = pytorch_script(reader, output.name if output else f"{reader.recorded.name}.py")
    if output is None:
        write_out(script.page)
        weights = shell_word(run / WEIGHTS)
        echo_line(f"beside it: cp {weights} {shell_word(script.weights_name)}", err=True)
        return
    beside = output.with_name(script.weights_name)
    for path, content in ((output, script.page.encode()), (beside, script.weights)):
        with output_file(path) as file:
            file.write(content)
    how = f"run it with: python {shell_word(output)} TABLE.csv"
    lines = script.page.count("\n")
    echo_line(f"{output}: {lines:,} lines, and its weights in {beside}; {how}", err=True)


def _onnx(run: Path, output: Path | None, check_table: Path | None) -> int:
    from nncli.artifacts.files import output_file
    from nncli.artifacts.open_model import trained_model
    from nncli.errors import few, printable
    from nncli.export.onnx.model import onnx_model
    from nncli.export.onnx.runtime_check import check

    trained = trained_model(run)
    model, path = onnx_model(trained), output or Path(f"{trained.name}.onnx")
    found = None if check_table is None else check(model.content, trained, check_table)
    with output_file(path) as file:
        file.write(model.content)
    inputs = few([printable(name) for name in model.inputs])
    echo_line(
        f"{path}: {len(model.content):,} bytes; {counted(len(model.inputs), 'input')}, a column "
        f"each: {inputs} -> {few(model.outputs)}",
        err=True,
    )
    for note in model.notes:
        echo_line(f"note: {note}", err=True)
    if found is None:
        return 0
    echo_line(f"{check_table}: {found.in_words}", err=True)
    return 0 if found.agrees else 1


def _tensorboard(path: Path, output: Path | None) -> None:
    from nncli.export.tensorboard import tensorboard

    if output is None:
        raise click.UsageError("--to tensorboard needs a folder for its logs: -o LOGDIR")
    for reader in _runs(path):
        written = tensorboard(reader, output)
        echo_line(f"{written.folder}: {written.rows:,} logged epochs", err=True)
    echo_line(f"see them with: tensorboard --logdir {shell_word(output)}", err=True)


def _runs(path: Path) -> "list[RunReader]":
    """The run at the path, or all runs of a study with a finite loss."""
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.artifacts.study_directory import is_study, runs_of
    from nncli.errors import UserError

    if not is_study(path):
        return [RunReader(RunDirectory.open(path))]
    readers = [RunReader(RunDirectory.open(run)) for run in runs_of(path)]
    if not (learnt := [reader for reader in readers if reader.has_learned]):
        raise UserError(f"{path}: a study without a run so far")
    return learnt


def _mlflow(path: Path, output: Path | None) -> None:
    from nncli.export.mlflow import MLflow

    if output is not None:
        raise click.UsageError("--to mlflow has no -o: MLFLOW_TRACKING_URI says where it goes")
    readers = _runs(path)
    ended = [reader for reader in readers if "stopped" in reader.summary()]
    mlflow = MLflow()
    for reader in ended or readers:
        found = mlflow.take(reader)
        added = f"{found.metrics:,} values, {found.params:,} parameters, {found.files:,} files"
        if not found.is_new:
            new = counted(found.metrics, "score")
            added = "is there already" + f", {new} added" * bool(found.metrics)
        echo_line(f"{reader.run.path}: {added}; run {found.run_id}", err=True)
    if ended and (left := len(readers) - len(ended)):
        have = "has" if left == 1 else "have"
        echo_line(f"note: {counted(left, 'run')} left out that {have} not ended yet", err=True)
    echo_line(f"MLflow keeps them in {mlflow.uri}; look at them with: mlflow ui", err=True)


TRACKERS: dict[str, Callable[[Path, Path | None], None]] = {
    "tensorboard": _tensorboard,
    "mlflow": _mlflow,
}
