"""`nncli evaluate`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.errors import DataError, UserError

if TYPE_CHECKING:
    from nncli.artifacts.run_reader import RunReader
    from nncli.engine.evaluator import EvaluationSet


@click.command(name="evaluate")
@click.argument("run", type=RUN)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Which rows to score [test, else val, else train].",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Score the rows of this table instead; it has to have the target.",
)
@click.option(
    "--plots/--no-plots",
    "has_plots",
    default=True,
    help="Draw pictures into RUN/evaluation [yes; it takes a second].",
)
@json_option
def command(
    run: Path,
    split: str | None,
    data: Path | None,
    has_plots: bool,
    as_json: bool,
) -> None:
    """Score a finished RUN on rows it recorded, or on those of another table.

    Every metric stands beside its 95% interval (bootstrap over the rows scored) and beside what
    guessing and a linear model reach. The figures are kept in RUN/evaluation.
    """
    if split is not None and data is not None:
        raise click.UsageError("--split and --data exclude each other: they choose the same thing")
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.cli.report_text import report_text
    from nncli.cli.summary import tell_unfinished
    from nncli.evaluation.report import evaluate
    from nncli.evaluation.report_files import save

    reader = RunReader(RunDirectory.open(run))
    name, rows = _table(reader, data) if data else _split(reader, split)
    report = evaluate(reader, rows, name)
    tell_unfinished(reader.summary())
    if not as_json:
        click.echo(f"{run}: {report_text(report)}")
    files, troubles = save(report, run, has_plots=has_plots)
    for trouble in troubles:
        click.echo(f"note: {trouble}", err=True)
    if as_json:
        print_json({"run": os.fspath(run), **report.to_json(), "files": files})
    elif len(files) > 1:
        click.echo(f"\nplots: {run / files[-1]}".rpartition("/")[0] + "/")


def _split(reader: "RunReader", asked: str | None) -> tuple[str, "EvaluationSet"]:
    from nncli.evaluation.report import SPLITS

    there = list(reader.built.rows.named())
    chosen = asked or next(name for name in SPLITS if name in there)
    if chosen not in there:
        path = reader.run.path
        raise UserError(f"{path}: no {chosen} rows: this run has {' and '.join(there)} rows")
    return chosen, reader.built.evaluation_set(chosen)


def _table(reader: "RunReader", path: Path) -> tuple[str, "EvaluationSet"]:
    import numpy as np

    from nncli.cli.summary import tell_unseen

    built = reader.built
    table = built.read(path, needs_target=True)
    assert table.origin is not None
    if built.table.origin and table.sha256() in built.table.origin.each_sha256:
        learnt = len(built.rows.train)
        click.echo(f"note: {learnt:,} rows of {path} are those the run was trained on", err=True)
    tell_unseen(built.preprocessing.unseen(table))
    rows = built.table_evaluation_set(table)
    if not np.isfinite(rows.targets).all():
        raise DataError(f"{path}: its targets overflow when scaled or stored as {rows.x.dtype}")
    return path.name, rows
