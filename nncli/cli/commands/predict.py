"""`nncli predict`."""

import sys
from pathlib import Path

import click

from nncli.cli.options import RUN, FiniteRange, format_option, input_file
from nncli.cli.streams import echo_line
from nncli.data.writing.table_formats import WRITABLE


@click.command(name="predict")
@click.argument("run", type=RUN)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The file to write, {WRITABLE} [stdout].",
)
@click.option("--probabilities", is_flag=True, help="Add the probability of every class or label.")
@click.option(
    "--interval",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    metavar="LEVEL",
    help="Of a regression, add the interval in which this share of targets lies, as 0.9.",
)
@format_option
def command(
    run: Path,
    file: Path,
    output: Path | None,
    probabilities: bool,
    interval: float | None,
    input_format: str | None,
) -> None:
    """Predict the rows of FILE with a RUN.

    The rows are written as they are, with a prediction at the end of each. FILE needs the columns
    that RUN was trained on, in any order, but not the target. RUN's own data isn't needed. A FILE
    of - is standard input.
    """
    with input_file(file, input_format) as path:
        _predict(run, path, output, probabilities=probabilities, interval=interval)


def _predict(
    run: Path, file: Path, output: Path | None, *, probabilities: bool, interval: float | None
) -> None:
    from nncli.artifacts.open_model import trained_model
    from nncli.artifacts.predictions import Predictions
    from nncli.cli.model_summary import note_unseen_categories
    from nncli.errors import few

    trained = trained_model(run)
    predictions = Predictions(trained, file, probabilities=probabilities, interval=interval)
    stdout = getattr(sys.stdout, "buffer", None)  # None if stdout was replaced by a text stream
    if output is None and stdout is None:
        raise click.UsageError("standard output takes no bytes here: choose a file with -o")
    predictions.write(output, stdout)
    for note in predictions.file.notes:
        echo_line(f"note: {note}", err=True)
    if predictions.unused:
        what = "the columns" if len(predictions.unused) > 1 else "the column"
        echo_line(f"note: {run} doesn't use {what} {few(predictions.unused)}", err=True)
    if predictions.formulas:
        named = few(predictions.formulas)
        echo_line(f"note: classes that a spreadsheet takes for formulas: {named}", err=True)
    if predictions.decided:
        echo_line(f"note: {predictions.decided}", err=True)
    note_unseen_categories(predictions.unseen)
    if output is not None:
        names = few(predictions.names)
        echo_line(f"{output}: {predictions.rows:,} rows with {names}", err=True)
