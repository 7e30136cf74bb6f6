"""`nncli watch`."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from nncli.cli.options import RUN
from nncli.engine.metric_columns import VAL

INTERRUPTED = 130


@click.command(name="watch")
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN|STUDY...")
@click.option("--metric", default="loss", show_default=True, help="A column of metrics.csv.")
def command(runs: tuple[Path, ...], metric: str) -> int:
    """Show learning curves while runs or studies train.

    Curves on a terminal, plain lines elsewhere. It ends when they do; Ctrl-C ends only the
    watching. Of a study, the runs that train now and the best so far are drawn.
    """
    try:
        _watch(runs, metric.removeprefix(VAL))
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _watch(runs: Sequence[Path], metric: str) -> None:
    from nncli.artifacts.live_view import RunView, StudyView
    from nncli.artifacts.study_directory import is_study
    from nncli.cli.watch_display import REFRESH_SECONDS, check_metric, has_ended, shown_here

    views = [StudyView(run) if is_study(run) else RunView(run) for run in runs]
    all_seen = [view.status() for view in views]
    check_metric(all_seen, metric)
    shown = shown_here(metric)
    try:
        shown.show(all_seen)
        while not all(map(has_ended, all_seen)):
            time.sleep(REFRESH_SECONDS)
            all_seen = [view.status() for view in views]
            shown.show(all_seen)
    finally:
        shown.close()
