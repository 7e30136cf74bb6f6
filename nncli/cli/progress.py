"""Progress of a training run: a bar on a terminal, plain lines elsewhere. All on stderr."""

import sys
import time
from contextlib import suppress
from typing import Any

from nncli.cli.streams import echo
from nncli.engine.epoch_monitor import EpochReport

LINES = 10  # plain lines per run
REFRESH = 0.1  # seconds between updates of the bar


def report_in_words(report: EpochReport) -> str:
    """`loss 0.12  val_loss 0.15  lr 0.1`, of a report that isn't partial."""
    words = [f"loss {report.loss:.5g}"]
    if report.val_loss is not None:
        words.append(f"val_loss {report.val_loss:.5g}")
    if report.learning_rate is not None:
        words.append(f"lr {report.learning_rate:.3g}")
    return "  ".join(words)


class NoProgress:
    """Nothing, as --quiet asks."""

    def show(self, report: EpochReport) -> None: ...

    def close(self) -> None: ...


class LineProgress(NoProgress):
    """About ten lines a run, the first and the last epoch among them."""

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
        if now - self.drawn < REFRESH and not report.stopped:
            return
        self.drawn = now
        if not report.is_partial:
            self.state = report_in_words(report)
        self.bar.update(self.task, completed=report.epoch, state=self.state)
        self.bar.refresh()

    def close(self) -> None:
        self.bar.stop()


class Progress:
    """What suits the place stderr goes to; a run goes on when nobody is left to read it."""

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
        """Leave the terminal as it was."""
        with suppress(OSError):
            self.shown.close()
