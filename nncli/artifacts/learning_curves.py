"""Learning curves: loss and metrics as png, svg or pdf."""

import gc
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nncli.artifacts.curves_figure import Curves, curves_figure, described
from nncli.artifacts.pictures import check_format, own_style, picture, write_picture
from nncli.errors import UserError

if TYPE_CHECKING:
    from nncli.config.resolved import Resolved


def run_curves(
    name: str, columns: Mapping[str, Sequence[float]], trained: "Resolved", best_epoch: int | None
) -> Curves:
    """Of a run whose config is `trained`."""
    from nncli.engine.settings import default_monitor

    stopping = trained.training.early_stopping
    return Curves(
        name,
        columns,
        ", ".join(filter(None, (trained.loss.title, trained.loss.unit))),
        best_epoch,
        monitor=stopping.monitor if stopping else default_monitor("val_loss" in columns),
        min_delta=stopping.min_delta if stopping else 0.0,
        scores=[metric.name for metric in trained.evaluation.metrics if metric.is_score],
    )


def draw_curves(
    runs: Sequence[Curves], path: Path, metric: str, is_log: bool | None = None
) -> None:
    """Draw `metric` of every run, train and val, to `path` (png, svg or pdf by its suffix).

    is_log: whether the axis is logarithmic; None: as `log_suits` says.
    Raises UserError for another suffix or a metric that no run has, FileFailure if it can't write.
    """
    check_format(path)
    known = list(dict.fromkeys(c.removeprefix("val_") for run in runs for c in run.columns))
    if all(metric not in run.columns for run in runs):
        raise UserError(f"no run has the metric '{metric}'; known: {', '.join(known)}")
    values = [value for run in runs for value in run.columns.get(metric, ())]
    if is_log and not any(value > 0 for value in values):
        raise UserError(f"{metric} has no positive values to draw on a logarithmic axis")
    try:
        write_picture(path, lambda: curves_figure(runs, metric, is_log), described(runs, metric))
    except OverflowError:
        raise UserError(f"{metric} has values too large to draw on this axis") from None


class NotDrawn(Exception):
    """A picture that the background plotter failed to draw, and why."""


class BackgroundPlotter:
    """A process that loads matplotlib while this one trains, then draws.

    Importing matplotlib takes longer than training a small network; on a second core it costs
    nothing. The process waits for one request on its standard input, answers with a picture on its
    standard output and ends with it, so that it never outlives its parent.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble = "its process was not started"

    def start(self) -> None:
        """Start the process."""
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "nncli.artifacts.learning_curves",
                ],  # -P: nothing from the cwd
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the trainer, which asks for a last plot
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # so on Windows
            )
        except OSError as error:
            self._trouble = str(error)

    def draw_loss(self, run: Curves) -> bytes:
        """The loss of one run as a png. Raises NotDrawn."""
        if self._process is None:
            raise NotDrawn(self._trouble)
        picture, errors = self._process.communicate(json.dumps(vars(run)).encode())
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        if code := self._process.returncode:
            raise NotDrawn([f"its process ended with {code}", *lines][-1])
        return picture

    def __enter__(self) -> "BackgroundPlotter":
        return self

    def __exit__(self, *error: object) -> None:
        """End the process if it wasn't needed."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()


def serve(requests: IO[str], answers: IO[bytes]) -> None:
    """The process's side: load matplotlib, wait for the request, draw."""
    with own_style():
        import matplotlib.backends.backend_agg  # noqa: F401

        if request := requests.read():
            curves = Curves(**json.loads(request))
            answers.write(
                picture(
                    ".png", lambda: curves_figure([curves], "loss"), described([curves], "loss")
                )
            )


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout.buffer)
    gc.freeze()  # whoever waits for its end waits for no search for garbage
