"""Learning curves: loss and metrics as png, svg or pdf."""

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nncli.artifacts.pictures import check_format, own_style, picture, write_picture
from nncli.errors import UserError, escaped

if TYPE_CHECKING:
    from nncli.config.resolved import Resolved


@dataclass(frozen=True)
class Curves:
    """One run's metrics.csv, and how to label it.

    loss: what it is, as `cross_entropy, nats per row`.
    best_epoch: the run's own best, by `monitor` and `min_delta`.
    scores: the metrics that are better the higher they are.
    """

    name: str
    columns: Mapping[str, Sequence[float]]
    loss: str
    best_epoch: int | None
    monitor: str = "loss"
    min_delta: float = 0.0
    scores: Sequence[str] = ()

    def best_of(self, column: str) -> int | None:
        """The epoch with the column's best value: the run's own where that is what it watched."""
        if self.best_epoch is None:
            return None
        if column == self.monitor:
            return self.best_epoch
        sign = -1.0 if column.removeprefix("val_") in self.scores else 1.0
        values = zip(self.columns[column], self.columns["epoch"], strict=True)
        finite = [(sign * value, int(epoch)) for value, epoch in values if math.isfinite(value)]
        return min(finite)[1] if finite else None


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


def draw_curves(runs: Sequence[Curves], path: Path, metric: str, is_log: bool) -> None:
    """Draw `metric` of every run, train and val, to `path` (png, svg or pdf by its suffix).

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
        write_picture(path, lambda: _figure(runs, metric, is_log))
    except OverflowError:
        raise UserError(f"{metric} has values too large to draw on this axis") from None


def _figure(runs: Sequence[Curves], metric: str, is_log: bool = False) -> Any:
    import matplotlib
    from matplotlib.figure import Figure  # without pyplot: no window system, half the import

    beside = len(runs) > 3  # where a legend inside would hide the curves
    figure = Figure(figsize=(9.6 if beside else 6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    few, many = matplotlib.colormaps["tab10"], matplotlib.colormaps["turbo"]
    count = len(runs)
    colors = [few(i) if count <= 10 else many(i / (count - 1)) for i in range(count)]
    for run, color in zip(runs, colors, strict=True):
        _draw_run(axes, run, metric, color, is_alone=len(runs) == 1)
    axes.set_xlabel("epoch")
    axes.set_ylabel(_label(runs, metric), parse_math=False)
    if is_log:
        axes.set_yscale("log")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.02)
    if len(runs) == 1:
        axes.set_title(escaped(runs[0].name), loc="left", fontsize=11, parse_math=False)
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
    for text in axes.legend(frameon=False, fontsize=9 if count <= 6 else 6, **place).get_texts():
        text.set_parse_math(False)  # a $ in a run's name is a $
    return figure


def _draw_run(axes: Any, run: Curves, metric: str, color: Any, *, is_alone: bool) -> None:
    epochs = run.columns["epoch"]
    prefix = "" if is_alone else f"{escaped(run.name).lstrip('_')} "  # matplotlib hides labels in _
    is_judged, last = metric not in ("learning_rate", "seconds"), None
    train = "train" if is_judged else metric
    for column, label, style in ((metric, train, "-"), (f"val_{metric}", "validation", "--")):
        if column in run.columns:
            width = 1.6 if is_alone or style == "-" else 1.2
            shade = "tab:orange" if is_alone and style == "--" else color
            dots = "o" if len(epochs) < 3 else None
            axes.plot(
                epochs,
                run.columns[column],
                style,
                color=shade,
                linewidth=width,
                marker=dots,
                markersize=3,
                label=prefix + label,
            )
            last = column, shade
    if last is not None and is_judged:
        _mark_best(axes, run, *last, prefix)


def _mark_best(axes: Any, run: Curves, column: str, shade: Any, prefix: str) -> None:
    """A ring around the best of a curve, and by what it is the best."""
    epoch, epochs = run.best_of(column), list(run.columns["epoch"])
    if epoch not in epochs:
        return
    best = run.columns[column][epochs.index(epoch)]
    is_by_steps = column == run.monitor and run.min_delta
    least = f" (min_delta {run.min_delta:g})" if is_by_steps else ""
    note = f"{prefix}best {column}{least}: epoch {epoch}, {best:.4g}"
    axes.plot(epoch, best, "o", color=shade, fillstyle="none", label=note)


def _label(runs: Sequence[Curves], metric: str) -> str:
    if metric != "loss":
        return escaped(metric)
    names = {run.loss for run in runs}
    if len(names) > 1:
        return "loss"
    return f"loss ({names.pop()})"


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
            answers.write(picture(".png", lambda: _figure([curves], "loss")))


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout.buffer)
