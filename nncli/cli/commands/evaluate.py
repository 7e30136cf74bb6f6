"""`nncli evaluate`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.label_table import label_table
from nncli.cli.options import (
    RUN,
    format_options,
    input_file,
    json_option,
    of_formats,
    print_json,
)
from nncli.cli.streams import echo, echo_line
from nncli.cli.text_table import figure, from_to, table
from nncli.errors import UserError, escaped

if TYPE_CHECKING:
    from nncli.artifacts.trained_model import ChosenRows, TrainedModel
    from nncli.evaluation.report import Report
    from nncli.parts.arrays import Array

MAX_CLASSES = 20  # in a table
WIDEST = 100  # letters of a table whose columns have names


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
    input_format, plot_format = of_formats(formats)
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
        if data is None:
            rows = _recorded(trained, split)
        else:
            with input_file(data, input_format) as path:
                rows = _read(trained, path)
        report = evaluate(trained, rows, background, draw)
    from nncli.cli.model_summary import note_unfinished, where_to_look
    from nncli.evaluation.descriptions import alternatives
    from nncli.evaluation.report_files import save

    note_unfinished(trained.summary())
    if not as_json:
        echo(f"{escaped(str(run))}: {_in_words(report)}")
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


def _read(trained: "TrainedModel", path: Path) -> "ChosenRows":
    import numpy as np

    from nncli.artifacts.trained_model import ChosenRows
    from nncli.cli.model_summary import note_unseen_categories

    built = trained.built
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


def _in_words(report: "Report") -> str:
    """Scores beside intervals and baselines, then class by class."""
    from nncli.evaluation.verdicts import verdicts

    trained = ": the rows it was trained on, so expect less on new ones"
    blocks = [escaped(report.what) + (trained if report.name == "train" else "")]
    blocks += [f"decision: {escaped(report.decided)}"] if report.decided else []
    blocks.append(_scores(report))
    blocks += [f"{report.best.words}."] if report.best else []
    lines = [line for name in report.baselines for line in verdicts(report, name)]
    blocks += ["\n".join(lines)] if lines else []
    if report.classes:
        blocks += [_classes(report), _confusion(report)]
    if report.labels:
        blocks.append(label_table(report, MAX_CLASSES))
    if report.coverage:
        blocks.append("\n".join(escaped(str(each)) for each in report.coverage))
    if report.calibration:
        error = figure(round(report.calibration.error, 4))
        blocks.append(f"expected calibration error {error}")
    notes = [escaped(f"note: {note}") for note in report.notes()]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _scores(report: "Report") -> str:
    """Metrics down; network, interval and baselines across."""
    rows = [["", "network", "95% interval", *report.baselines]]
    for name, value in report.metrics.items():
        estimate = report.intervals.get(name)
        interval = estimate.interval if estimate else None
        words = from_to(interval) if interval else "-" if estimate else ""
        others = [figure(other.values.get(name)) for other in report.baselines.values()]
        rows.append([name, figure(value), words, *others])
    return table(rows)


def _more(report: "Report") -> str:
    rest = len(report.classes) - MAX_CLASSES
    return f"\n... and {rest:,} classes with no more rows, which --json has" if rest > 0 else ""


def _classes(report: "Report") -> str:
    from nncli.artifacts.figure_style import short
    from nncli.evaluation.class_scores import largest

    rows = [["class", "rows", "precision", "recall", "f1"]]
    for index in largest(report.counts, MAX_CLASSES):
        scores = report.by_class[report.classes[index]]
        shares = (scores.precision, scores.recall, scores.f1)
        shown = [f"{share:.3f}" for share in shares]
        rows.append([short(report.classes[index]), f"{scores.rows:,}", *shown])
    return table(rows) + _more(report)


def _confusion(report: "Report") -> str:
    """Counts, with numbers for names across where those would make it too wide."""
    import numpy as np

    from nncli.artifacts.figure_style import short
    from nncli.evaluation.class_scores import largest

    chosen = largest(report.counts, MAX_CLASSES)
    names = [short(report.classes[index]) for index in chosen]
    counts, more = report.counts[np.ix_(chosen, chosen)], []
    if len(chosen) < len(report.classes):
        others = report.counts[chosen].sum(axis=1) - counts.sum(axis=1)
        counts, more = np.column_stack([counts, others]), ["others"]
    text = _matrix(names, [*names, *more], counts)
    if text.index("\n") > WIDEST:
        numbers = [str(number) for number in range(1, len(names) + 1)]
        numbered = [f"{number:>2} {name}" for number, name in enumerate(names, 1)]
        text = _matrix(numbered, [*numbers, *more], counts)
    return f"rows by true class (down) and predicted class (across)\n{text}"


def _matrix(down: list[str], across: list[str], counts: "Array") -> str:
    cells = [[f"{count:,}" for count in row] for row in counts.tolist()]
    return table([["", *across], *([name, *row] for name, row in zip(down, cells, strict=True))])
