"""`nncli trace`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.exercise_options import (
    blank_option,
    path_argument,
    rows_option,
    steps_option,
    variant_option,
)
from nncli.cli.options import is_stdout, refuse_input, set_option
from nncli.cli.streams import echo_line, write_out

if TYPE_CHECKING:
    from nncli.artifacts.loaded_network import LoadedNetwork
    from nncli.trace.traced_steps import Trace


@click.command(name="trace")
@path_argument
@set_option
@rows_option
@steps_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    help="[text]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="[stdout]",
)
@click.option(
    "--input-gradient", is_flag=True, help="Show the gradient with respect to the inputs too, dx."
)
@variant_option
@click.option("--worksheet", is_flag=True, help="Leave numbers blank, to be filled in by hand.")
@blank_option
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The table for the answers, for nncli grade [answers.csv].",
)
@click.option(
    "--answer-sheet",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the steps to every blank there, for the teacher.",
)
@click.option(
    "--students",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="NAMES",
    help="A list of names, a line each: a variant for each of them, into the folder -o.",
)
def command(
    path: Path,
    assignments: tuple[str, ...],
    rows: tuple[int, ...] | None,
    steps: int,
    form: str,
    output: Path | None,
    input_gradient: bool,
    variant: int | None,
    worksheet: bool,
    blanks: tuple[str, ...],
    answers: Path | None,
    answer_sheet: Path | None,
    students: Path | None,
) -> None:
    """Show every number of a training step, worked out.

    Forward, backward and update: of a CONFIG, the first steps from its initial weights; of a RUN,
    the next ones from the weights it has. json has every number of every array, by stable names
    such as hidden_1/dW.

    With --worksheet, html is a page to print or to fill in on the screen, and --students makes one
    for everybody in a class, each with numbers of their own.
    """
    if (blanks or answers or answer_sheet or students) and not worksheet:
        names = "--blank, --answers, --answer-sheet and --students are"
        raise click.UsageError(f"{names} for a --worksheet")
    if worksheet:
        from nncli.cli.worksheets import check_worksheet

        check_worksheet(form, output, answers, answer_sheet, students, input_gradient)
    if output and output.is_dir() and not students:
        raise click.UsageError(f"-o {output}: is a folder")
    for written in (output, answer_sheet):
        refuse_input(written, path, students)
    from nncli.cli.exercise import Exercise
    from nncli.cli.worksheets import write_class, write_worksheet
    from nncli.trace.traced_steps import trace

    exercise = Exercise(path, assignments, rows, steps, blanks, variant)
    if students:
        assert output is not None
        write_class(exercise, students, output, form)
        return
    loaded = exercise.loaded()
    _note_weights(loaded)
    if worksheet:
        table = answers or Path("answers.csv")
        shown, page = write_worksheet(exercise, loaded, table, form, answer_sheet)
    else:
        shown = trace(loaded, steps, rows, has_input_gradient=input_gradient)
        page = _page(shown, form)
    if output and not is_stdout(output):
        from nncli.artifacts.files import output_file

        with output_file(output) as file:
            file.write(page.encode())
        echo_line(output)
    else:
        write_out(page)
    _note_end(shown, loaded, steps)


def _note_end(shown: "Trace", loaded: "LoadedNetwork", steps: int) -> None:
    """Note where the trace differs from what training would do next."""
    from nncli.artifacts.schedule_end import as_trained
    from nncli.parts.schedules import ReduceOnPlateau

    if loaded.reader and (trained := as_trained(loaded.reader)):
        echo_line(f"note: {trained}", err=True)
    job, (first, last) = loaded.built.job, (shown.steps[0], shown.steps[-1])
    if len(shown.steps) < steps:
        echo_line("note: lbfgs takes no gradient steps: only its first pass is shown", err=True)
    if job.training.shards > 1:
        said = f"training adds up {job.training.shards} shards of each batch: here it is whole"
        echo_line(f"note: {said}", err=True)
    if last.epoch > job.training.epochs:
        end = f"training ends with epoch {job.training.epochs}"
        echo_line(f"note: {end}; these are the steps it would go on with", err=True)
    if isinstance(job.schedule, ReduceOnPlateau) and last.epoch > first.epoch:
        echo_line("note: reduce_on_plateau is left out: the rate stays what it is now", err=True)


def _note_weights(loaded: "LoadedNetwork") -> None:
    """Note that a run's kept weights are older than its optimizer state."""
    state = loaded.state
    if state.best_theta is not None and state.best.epoch < state.epoch:
        best = f"the weights are those of epoch {state.best.epoch}, the best"
        echo_line(f"note: {best}; the optimizer's memory is of its last step", err=True)


def _page(shown: "Trace", form: str) -> str:
    """The trace in one of its formats."""
    if form == "json":
        from nncli.artifacts.files import json_text

        return json_text(shown.to_json()) + "\n"
    if form == "html":
        from nncli.trace.html import html

        return html(shown)
    if form == "markdown":
        from nncli.trace.markdown import markdown

        return markdown(shown)
    from nncli.trace.plain_text import text

    return text(shown)
