"""`nncli init`."""

from pathlib import Path
from typing import Any

import click

from nncli.cli.options import FILE_OR_STDOUT, is_stdout
from nncli.cli.streams import echo_line, write_out
from nncli.errors import UserError
from nncli.operating_system import shell_word


@click.command(name="init")
@click.argument("table", type=click.Path(path_type=Path), required=False)
@click.option(
    "--target", "targets", multiple=True, help="The column of TABLE to predict; repeatable."
)
@click.option("--dataset", help="A built-in dataset instead of a TABLE [iris].")
@click.option("--lesson", help="A worked network instead; nncli list lesson has them.")
@click.option(
    "--task",
    type=click.Choice(["auto", "classification", "binary", "multilabel", "regression"]),
    help="The kind of target [inferred from its values].",
)
@click.option("--missing", multiple=True, help="A text that means a missing value; repeatable.")
@click.option(
    "--categorical",
    multiple=True,
    help="A column of categories, even if it looks like numbers; repeatable.",
)
@click.option(
    "--header/--no-header", default=None, help="Whether the first row has the column names."
)
@click.option(
    "--delimiter",
    help="The sign between cells, or whitespace for blanks and tabs [inferred from the first "
    "rows].",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="The sign before a fraction.")
@click.option(
    "--encoding", help="Of a text table, such as cp1252 [utf-8, or by the file's byte order mark]."
)
@click.option("--comment", help="Skip lines that start with this sign, as '#'.")
@click.option(
    "--skip-rows",
    type=click.IntRange(0),
    help="Lines to skip before the table [inferred from the first rows].",
)
@click.option("--quick", is_flag=True, help="One network instead of an ensemble of eight.")
@click.option(
    "-o",
    "--output",
    type=FILE_OR_STDOUT,
    help="The file to write, - for stdout [the name of TABLE or dataset, with .yaml].",
)
def command(
    table: Path | None,
    targets: tuple[str, ...],
    dataset: str | None,
    lesson: str | None,
    output: Path | None,
    quick: bool,
    **asked: Any,
) -> None:
    """Write a commented starter config.

    For a TABLE of your own (.csv, .tsv, .txt, .tab, .csv.gz, .npz, .parquet or .feather), comments
    say what each column was taken for. An existing file is never overwritten.
    """
    if lesson is not None and (table is not None or dataset is not None):
        raise click.UsageError("expected a TABLE, --dataset or --lesson, not two of them")
    from nncli.starter import lessons
    from nncli.starter.dataset_starter import starter
    from nncli.starter.table_options import TableOptions
    from nncli.starter.table_starter import stem, table_starter

    if table is not None and dataset is not None:
        raise click.UsageError("expected a TABLE or --dataset, not both")
    if table is None:
        given = {"target": targets, "quick": quick, **asked}
        for name in (key for key, value in given.items() if value not in (None, (), False)):
            message = f"--{name.replace('_', '-')} is for a TABLE: nncli init TABLE --target COLUMN"
            raise click.UsageError(message)
        name = next((each for each in (lesson, dataset) if each is not None), "iris")
        path = output or Path(f"{name}.yaml")
        text = lessons.lesson(name) if lesson is not None else starter(name)
    else:
        path = output or Path(f"{stem(table)}.yaml")
        where = Path("stdout.yaml") if is_stdout(path) else path
        text = table_starter(table, targets, where, TableOptions(**asked), _note, is_quick=quick)
    tables = lessons.lesson_tables(text) if lesson is not None else {}
    if is_stdout(path):
        write_out(text)
        for name in tables:
            _note(f"it reads {name}, which nncli init --lesson {lesson} writes beside it")
        return
    _refuse_others(path.parent, tables)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: exists already; choose another file with -o") from None
    for name, table_text in tables.items():
        (path.parent / name).write_bytes(table_text)
        echo_line(f"{path.parent / name}: its table")
    echo_line(f"{path}: written; train it with: nncli train {shell_word(path)}")


def _refuse_others(folder: Path, tables: dict[str, bytes]) -> None:
    """Raises UserError if a lesson's table would overwrite a different file."""
    for name, text in tables.items():
        place = folder / name
        if place.exists() and place.read_bytes() != text:
            message = "is another table than the lesson's; choose another folder with -o"
            raise UserError(f"{place}: {message}")


def _note(text: str) -> None:
    echo_line(f"note: {text}", err=True)
