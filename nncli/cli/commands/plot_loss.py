"""`nncli plot-loss`."""

from dataclasses import replace
from pathlib import Path

import click

from nncli.cli.options import RUN, plot_format_option, plot_option
from nncli.cli.streams import echo_line
from nncli.engine.metric_columns import VAL


@click.command(name="plot-loss")
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN...")
@plot_option("RUN-METRIC.png, or METRIC.png for several runs")
@plot_format_option
@click.option(
    "--metric",
    default="loss",
    show_default=True,
    help="A column of metrics.csv; gradient_norm: those of all layers of one run.",
)
@click.option(
    "--log/--linear",
    "is_log",
    default=None,
    help="Of the vertical axis [--log where a loss falls more than tenfold].",
)
def command(
    runs: tuple[Path, ...],
    output: Path | None,
    plot_format: str | None,
    metric: str,
    is_log: bool | None,
) -> None:
    """Draw the learning curves of one or several runs.

    The axis of a loss that falls more than tenfold is logarithmic, unless --linear. Gradient norms
    are recorded by runs of a config with `output: {gradient_norms: true}`.
    """
    if output is not None and plot_format is not None:
        raise click.UsageError("--format is for a plot without --output, whose name says its own")
    from nncli.artifacts.gradient_norms_plot import NAME, draw_gradient_norms
    from nncli.artifacts.learning_curves import draw_curves
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader

    metric = metric.removeprefix(VAL)
    if metric == NAME and len(runs) > 1:
        raise click.UsageError(f"--metric {NAME} is for one run, found {len(runs)}")
    curves = [RunReader(RunDirectory.open(run)).curves() for run in runs]
    names = [each.name for each in curves]
    curves = [  # runs of the same name get their folder's name
        replace(each, name=str(run)) if names.count(each.name) > 1 else each
        for run, each in zip(runs, curves, strict=True)
    ]
    for each in curves:
        if metric not in each.columns and any(metric in other.columns for other in curves):
            echo_line(f"warning: {each.name} has no {metric}: left out", err=True)
    curves = [each for each in curves if metric in each.columns] or curves
    name = f"{curves[0].name}-{metric}" if len(curves) == 1 else metric
    path = output or Path(f"{name}.{plot_format or 'png'}")
    if metric == NAME:
        draw_gradient_norms(curves[0], path, is_log)
    else:
        draw_curves(curves, path, metric, is_log)
    echo_line(path)
