"""`nncli evaluate`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.options import (
    RUN,
    format_options,
    input_file,
    json_option,
    print_json,
    split_formats,
)
from nncli.cli.streams import echo, echo_line
from nncli.errors import UserError, escaped

if TYPE_CHECKING:
    from nncli.artifacts.trained_model import ChosenRows, TrainedModel
    from nncli.evaluation.report import Report


@click.command(name="evaluate")
@click.argument("run", type=RUN)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Which rows to score [test, else val, else train].",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Score the rows of this table instead; it has to have the target [- is standard input].",
)
@format_options
@click.option(
    "--plots/--no-plots",
    "has_plots",
    default=True,
    help="Draw plots into RUN/evaluation [yes; it takes a second].",
)
@json_option
def command(
    run: Path,
    split: str | None,
    data: Path | None,
    formats: tuple[str, ...],
    has_plots: bool,
    as_json: bool,
) -> None:
    """Score a RUN on its test rows, beside simpler models.

    Every metric is shown with its 95% interval (bootstrap over the scored rows), beside guessing, a
    linear model and boosted trees. Scores and plots are written to RUN/evaluation.
    """
    if split is not None and data is not None:
        raise click.UsageError("--split and --data exclude each other: they choose the same thing")
    input_format, plot_format = split_formats(formats)
    if data is None and input_format is not None:
        raise click.UsageError(f"--format {input_format} is for --data -, standard input")
    from nncli.evaluation.background_fit import BackgroundFit

    plots: dict[str, bytes] = {}
    troubles: list[str] = []

    def draw(report: "Report") -> None:
        if has_plots:
            from nncli.evaluation.report_files import plots_of

            drawn, not_drawn = plots_of(report, f".{plot_format}")
            plots.update(drawn)
            troubles.extend(not_drawn)

    with BackgroundFit() as background:
        background.start()  # before anything else is imported
        from nncli.artifacts.open_model import trained_model
        from nncli.data.memory import require_room_for_libraries
        from nncli.evaluation.scoring import evaluate

        trained = trained_model(run)
        require_room_for_libraries(run)
        rows = _recorded(trained, split) if data is None else _read(trained, data, input_format)
        report = evaluate(trained, rows, background, draw)
    from nncli.cli.model_summary import note_unfinished

    note_unfinished(trained.summary())
    _save_and_print(report, run, plots, troubles, as_json=as_json)


def _save_and_print(
    report: "Report", run: Path, plots: dict[str, bytes], troubles: list[str], *, as_json: bool
) -> None:
    from nncli.cli.evaluation_text import evaluation_text
    from nncli.cli.model_summary import where_to_look
    from nncli.evaluation.descriptions import alternatives
    from nncli.evaluation.report_files import save

    if not as_json:
        echo(f"{escaped(str(run))}: {evaluation_text(report)}")
    files, not_saved = save(report, run, plots)
    for trouble in [*troubles, *not_saved]:
        echo_line(f"note: {trouble}", err=True)
    if as_json:
        described = {"files": files, "alt": alternatives(report, files)}
        print_json({"run": os.fspath(run), **report.to_json(), **described})
        return
    echo()
    echo_line(where_to_look(run))
    if len(files) > 1:
        echo_line(f"plots: {(run / files[-1]).parent}/")


def _recorded(trained: "TrainedModel", asked: str | None) -> "ChosenRows":
    from nncli.evaluation.report import SPLITS

    there = list(trained.splits)
    chosen = asked or next(name for name in SPLITS if name in there)
    if chosen not in there:
        raise UserError(
            f"{trained.path}: no {chosen} rows: this run has {' and '.join(there)} rows"
        )
    return trained.chosen_rows(chosen)


def _read(trained: "TrainedModel", data: Path, input_format: str | None) -> "ChosenRows":
    import numpy as np

    from nncli.artifacts.trained_model import ChosenRows
    from nncli.cli.model_summary import note_unseen_categories

    built = trained.built
    with input_file(data, input_format) as path:
        given = trained.model.read(path, needs_target=True)
    assert given.origin is not None
    for note in given.origin.notes:
        echo_line(f"note: {note}", err=True)
    if built.table.origin and given.sha256() in built.table.origin.each_sha256:
        learnt = len(built.rows.train)
        echo_line(f"note: {learnt:,} rows of {path} are those the run was trained on", err=True)
    note_unseen_categories(built.preprocessing.unseen(given))
    name = path.name if path.name in str(path) else str(path)
    return ChosenRows(name, given, np.arange(len(given)))
