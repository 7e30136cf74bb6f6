"""The background plotter: a process that imports matplotlib during training, then draws."""

import gc
import json
import sys
from typing import IO, TYPE_CHECKING

from nncli.operating_system import start_module

if TYPE_CHECKING:
    from subprocess import Popen

    from nncli.artifacts.learning_curves_plot import Curves


class NotDrawn(Exception):
    """The background plotter failed to draw a plot."""


class BackgroundPlotter:
    """A process that imports matplotlib while this one trains, then draws one plot.

    The import takes longer than training a small network; on a second core it costs no time. The
    process reads one request from standard input, writes the plot to standard output, and ends;
    it also ends when its parent closes the pipe.
    """

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None
        self._trouble = "its process was not started"

    def start(self) -> None:
        """Start the process."""
        try:
            self._process = start_module("nncli.artifacts.background_plotter", hears_errors=True)
        except OSError as error:
            self._trouble = str(error)

    def draw_loss(self, run: "Curves") -> bytes:
        """The loss curve of one run as a png. Raises NotDrawn."""
        if self._process is None:
            raise NotDrawn(self._trouble)
        plot, errors = self._process.communicate(json.dumps(vars(run)).encode())
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        if code := self._process.returncode:
            raise NotDrawn([f"its process ended with {code}", *lines][-1])
        return plot

    def __enter__(self) -> "BackgroundPlotter":
        return self

    def __exit__(self, *error: object) -> None:
        """Kill the process if it still runs."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()


def serve(requests: IO[str], answers: IO[bytes]) -> None:
    """The process's main function: import matplotlib, wait for the request, draw."""
    from nncli.artifacts.learning_curves_plot import Curves, alt_text, curves_figure
    from nncli.artifacts.rendering import content_of, own_style

    with own_style():
        import matplotlib.backends.backend_agg  # noqa: F401

        if request := requests.read():
            curves = [Curves(**json.loads(request))]
            figure = curves_figure(curves, "loss")
            answers.write(content_of(figure, ".png", alt_text(curves, "loss")))


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout.buffer)
    gc.freeze()  # skips the garbage collection at exit
