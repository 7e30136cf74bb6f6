"""`nncli plot-sweep`."""

from pathlib import Path

import click

from nncli.cli.options import RUN, plot_option
from nncli.cli.streams import echo_line


@click.command(name="plot-sweep")
@click.argument("study", type=RUN)
@click.option("--metric", metavar="NAME", help="loss, or a metric [what trials are judged by].")
@plot_option("STUDY-METRIC.png")
def command(study: Path, metric: str | None, output: Path | None) -> None:
    """Draw a metric over the values of the one key of a STUDY.

    For training and validation rows, a line shows the mean over the runs of each value, a band
    their minimum to maximum; of folds, another line the mean on the rows held out. The axis is
    logarithmic where values grow by factors. Over data.train_rows it is a learning curve.
    """
    from nncli.artifacts.rendering import check_format, write_plot
    from nncli.artifacts.study_directory import StudyDirectory
    from nncli.study.value_curve import value_curve
    from nncli.study.value_curve_plot import alt_text, value_figure

    if output is not None:
        check_format(output)
    directory = StudyDirectory.open(study)
    facts = directory.facts()
    curve = value_curve(directory, facts, directory.trials(facts), metric)
    path = output or Path(f"{curve.study}-{curve.metric}.png")
    write_plot(path, lambda: value_figure(curve), alt_text(curve))
    echo_line(path)
