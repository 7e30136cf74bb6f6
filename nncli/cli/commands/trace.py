"""`nncli trace`."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import CONFIG, FILE_OR_STDOUT, is_stdout, set_option
from nncli.cli.streams import echo_line, write_out
from nncli.errors import UserError
from nncli.operating_system import relative_path, shell_word

if TYPE_CHECKING:
    from nncli.artifacts.loaded_network import LoadedNetwork
    from nncli.trace.traced_steps import Trace
    from nncli.trace.worksheet import Worksheet


MOST_STEPS = 1000


class RowNumbers(click.ParamType):  # type: ignore[type-arg]
    """`0,3,5`."""

    name = "ROWS"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if not all(part.strip().isdecimal() for part in str(value).split(",")):
            self.fail(f"expected row numbers such as 0,3, found '{value}'", param, ctx)
        return tuple(int(part) for part in str(value).split(","))


@click.command(name="trace")
@click.argument("path", type=CONFIG, metavar="CONFIG|RUN")
@set_option
@click.option(
    "--rows",
    type=RowNumbers(),
    help="The rows of the data to take, counted from 0, as in 0,3 [the batches of training].",
)
@click.option(
    "--steps", type=click.IntRange(1, MOST_STEPS), default=1, help="Training steps to show [1]."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    help="[text]",
)
@click.option("-o", "--output", type=FILE_OR_STDOUT, help="[stdout]")
@click.option(
    "--input-gradient", is_flag=True, help="Show the gradient with respect to the inputs too, dx."
)
@click.option("--worksheet", is_flag=True, help="Leave cells blank, to be filled in by hand.")
@click.option(
    "--blank",
    "blanks",
    multiple=True,
    metavar="CELL",
    help="Which: hidden_1/z, 'hidden_*/dW', 'output/dW[0,1]'. Repeatable [all that is computed].",
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The table for the answers, for nncli grade [answers.csv].",
)
def command(
    path: Path,
    assignments: tuple[str, ...],
    rows: tuple[int, ...] | None,
    steps: int,
    form: str,
    output: Path | None,
    input_gradient: bool,
    worksheet: bool,
    blanks: tuple[str, ...],
    answers: Path | None,
) -> None:
    """Show every number of a training step, forward, backward and update, as a worked solution.

    Of a CONFIG, the first steps from its initial weights; of a RUN, the next ones from the weights
    it has. json has every number of every array, by stable names such as hidden_1/dW.
    """
    if (blanks or answers) and not worksheet:
        raise click.UsageError("--blank and --answers are for a --worksheet")
    if worksheet and input_gradient:
        raise click.UsageError("--input-gradient is for a trace without --worksheet")
    if worksheet and form not in ("text", "markdown"):
        raise click.UsageError(f"--worksheet needs text or markdown: {form} would show the answers")
    table = answers or Path("answers.csv")
    if worksheet and output and os.path.abspath(output) == os.path.abspath(table):
        raise click.UsageError("-o and --answers name the same file: page and answers are two")
    from nncli.artifacts.loaded_network import load_network
    from nncli.trace.traced_steps import trace
    from nncli.trace.worksheet import Worksheet

    loaded = load_network(path, assignments)
    _note_weights(loaded)
    shown = trace(loaded, steps, rows, has_input_gradient=input_gradient)
    sheet = Worksheet(shown, blanks) if worksheet else None
    if sheet:
        _write_answers(sheet, table, path, _options(assignments, rows, steps, blanks))
    if output and not is_stdout(output):
        from nncli.artifacts.files import output_file

        with output_file(output) as file:
            file.write(_page(shown, form, sheet).encode())
        echo_line(output)
    else:
        write_out(_page(shown, form, sheet))
    _note_end(shown, loaded, steps)


def _note_end(shown: "Trace", loaded: "LoadedNetwork", steps: int) -> None:
    """Where the trace isn't what training would go on with."""
    from nncli.artifacts.moved_end import as_trained
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
    """Where a run's best weights were kept, the optimizer has moved on since."""
    state = loaded.state
    if state.best_theta is not None and state.best.epoch < state.epoch:
        best = f"the weights are those of epoch {state.best.epoch}, the best"
        echo_line(f"note: {best}; the optimizer's memory is of its last step", err=True)


def _page(shown: "Trace", form: str, sheet: "Worksheet | None") -> str:
    """The trace in one of its forms."""
    if form == "json":
        from nncli.artifacts.files import json_text

        return json_text(shown.to_json()) + "\n"
    if form == "html":
        from nncli.trace.html import html

        return html(shown)
    if form == "markdown":
        from nncli.trace.markdown import markdown

        return markdown(shown, sheet)
    from nncli.trace.plain_text import text

    return text(shown, sheet)


def _options(
    assignments: tuple[str, ...],
    rows: tuple[int, ...] | None,
    steps: int,
    blanks: tuple[str, ...],
) -> list[str]:
    """The options that make the same trace again."""
    sets = [part for assignment in assignments for part in ("--set", assignment)]
    chosen = [] if rows is None else ["--rows", ",".join(map(str, rows))]
    asked = [part for blank in blanks for part in ("--blank", blank)]
    return [*sets, *chosen, *([] if steps == 1 else ["--steps", str(steps)]), *asked]


def _write_answers(sheet: "Worksheet", table: Path, path: Path, options: list[str]) -> None:
    """The table to fill in; one that is there may hold a student's work."""
    from nncli.artifacts.files import reporting
    from nncli.artifacts.loaded_network import digest

    relative = relative_path(path, table.parent)  # true wherever both of them move
    made_by = shlex.join(["nncli", "trace", *options, "--", relative])
    with reporting(table):
        try:
            with table.open("x", encoding="utf-8") as file:
                file.write(sheet.answers(made_by, digest(path)))
        except FileExistsError:
            raise UserError(f"{table}: exists already; choose another with --answers") from None
    count = len(sheet.blanks)
    blanks = "1 blank" if count == 1 else f"{count} blanks"
    how = f"nncli grade {shell_word(table)}"
    echo_line(f"{table}: {blanks} to fill in; mark them with: {how}", err=True)
