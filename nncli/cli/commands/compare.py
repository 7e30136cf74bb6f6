"""`nncli compare`."""

from pathlib import Path

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.cli.streams import echo, echo_line


@click.command(name="compare")
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN|STUDY...")
@click.option(
    "--metric",
    help="A column of metrics.csv, seconds, or of folds held_out_METRIC [what early stopping "
    "monitors, else the validation loss; of folds, the same on the rows held out].",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the learning curves and the results into this .png, .svg or .pdf file.",
)
@json_option
def command(runs: tuple[Path, ...], metric: str | None, output: Path | None, as_json: bool) -> None:
    """Compare runs or studies: which config is better?

    Runs whose configs differ only in their seeds form a group. The table shows, best group first:
    the mean with its 95% interval, the standard deviation, and the difference from the best group,
    paired by seed or fold, with its interval and p. Where splits of the same rows overlap,
    intervals and p are corrected (Nadeau and Bengio); with several comparisons, p is corrected by
    Holm's method. Fewer than three values have neither interval nor p.
    """
    from nncli.artifacts.rendering import check_format
    from nncli.cli.comparison_table import comparison_in_words
    from nncli.comparison.comparison import compare
    from nncli.comparison.comparison_json import to_json

    if output:
        check_format(output)
    comparison = compare(runs, metric)
    for note in comparison.notes:
        echo_line(f"note: {note}", err=True)
    if output:
        from nncli.comparison.comparison_plot import draw_comparison

        draw_comparison(comparison, output)
    if as_json:
        print_json(to_json(comparison))
    else:
        echo(comparison_in_words(comparison))
        if output:
            echo()
            echo_line(f"picture: {output}")
