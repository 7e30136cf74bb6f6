"""Progress of a training run: a bar on a terminal, plain lines elsewhere. All on stderr."""

import sys
import time
from contextlib import suppress
from typing import Any

from nncli.cli.streams import echo
from nncli.engine.epoch_monitor import EpochReport

LINES = 10  # plain lines per run
REFRESH_SECONDS = 0.1  # of the bar


def report_in_words(report: EpochReport) -> str:
    """A complete report as `loss 0.12  val_loss 0.15  lr 0.1`."""
    words = [f"loss {report.loss:.5g}"]
    if report.val_loss is not None:
        words.append(f"val_loss {report.val_loss:.5g}")
    if report.learning_rate is not None:
        words.append(f"lr {report.learning_rate:.3g}")
    return "  ".join(words)


class NoProgress:
    """No progress, for --quiet."""

    def show(self, report: EpochReport) -> None: ...

    def close(self) -> None: ...


class LineProgress(NoProgress):
    """About ten lines per run, including the first and the last epoch."""

    def __init__(self, epochs: int) -> None:
        self.epochs, self.every = epochs, max(1, -(-epochs // LINES))
        self.next = 0

    def show(self, report: EpochReport) -> None:
        if report.is_partial or (report.epoch < self.next and not report.stopped):
            return
        width = len(str(self.epochs))
        echo(f"epoch {report.epoch:>{width}}/{self.epochs}  {report_in_words(report)}", err=True)
        self.next = (report.epoch // self.every + 1) * self.every


class ProgressBar(NoProgress):
    """A bar with the losses, the learning rate and the time left."""

    def __init__(self, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self.bar = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=Console(stderr=True),
            expand=True,
            auto_refresh=False,
        )
        self.task: Any = self.bar.add_task("", total=epochs, state="")
        self.drawn, self.state = 0.0, ""
        self.bar.start()

    def show(self, report: EpochReport) -> None:
        now = time.monotonic()
        if now - self.drawn < REFRESH_SECONDS and not report.stopped:
            return
        self.drawn = now
        if not report.is_partial:
            self.state = report_in_words(report)
        self.bar.update(self.task, completed=report.epoch, state=self.state)
        self.bar.refresh()

    def close(self) -> None:
        self.bar.stop()


class Progress:
    """Bar or lines, as fits stderr; errors of stderr don't stop the run."""

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        self.shown = NoProgress()
        if not quiet:
            self.shown = ProgressBar(epochs) if sys.stderr.isatty() else LineProgress(epochs)

    def show(self, report: EpochReport) -> None:
        """Show an epoch."""
        try:
            self.shown.show(report)
        except OSError:
            self.shown = NoProgress()

    def close(self) -> None:
        """Restore the terminal."""
        with suppress(OSError):
            self.shown.close()
