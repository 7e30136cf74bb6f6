"""Watch display: runs and studies as lines, or as a chart on a terminal, during training."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nncli.artifacts.live_view import RUNNING, RunStatus, StudyStatus
from nncli.cli.braille import Line, chart
from nncli.cli.streams import echo
from nncli.cli.text_table import figure
from nncli.engine.metric_columns import VAL
from nncli.engine.stop_reason import IN_WORDS
from nncli.errors import UserError, escaped, few

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

REFRESH_SECONDS = 1.0
LINE_SECONDS = 10.0  # between plain lines, at least
COLORS = ("bright_blue", "yellow", "green", "magenta", "cyan", "red")
MAX_HEIGHT, MIN_HEIGHT, MIN_WIDTH = 20, 4, 24
ENDED: Mapping[str, str] = {**IN_WORDS, "interrupted": "stopped; nncli train --resume goes on"}

Seen = RunStatus | StudyStatus


def progress_in_words(seen: Seen, metric: str) -> str:
    """The progress of a run or study, on one line."""
    if isinstance(seen, StudyStatus):
        return _study_in_words(seen)
    epoch = seen.last("epoch")
    words = [f"{seen.name}  epoch {int(epoch or 0)}/{seen.epochs}"] if seen.epochs else [seen.name]
    columns = (metric, VAL + metric)
    words += [f"{name} {v:.5g}" for name in columns if (v := seen.last(name)) is not None]
    if (seconds := seen.last("seconds")) is not None:
        words.append(f"{seconds:.0f} s")
    if seen.state != RUNNING:
        words.append(ENDED.get(seen.state, seen.state))
    return escaped("  ".join(words))


def _study_in_words(seen: StudyStatus) -> str:
    words = [f"{seen.name}  {seen.done} of {seen.total} {seen.what}"]
    if seen.best is not None:
        words.append(f"best {seen.objective} {figure(seen.best.value)} ({seen.best.run})")
    running = [run for run in seen.runs if not run.has_ended]
    if running:
        words.append("running: " + few([_epoch_of(run) for run in running], 4))
    if seen.has_ended:
        words.append("ended")
    elif not seen.is_running:
        words.append("stopped before its end; --resume goes on")
    return escaped("  ".join(words))


def _epoch_of(run: RunStatus) -> str:
    return f"{run.name} {int(run.last('epoch') or 0)}/{run.epochs}"


def has_ended(seen: Seen) -> bool:
    """Whether a run or study makes no more progress."""
    if isinstance(seen, StudyStatus):
        return seen.has_ended or not seen.is_running
    return seen.has_ended


def check_metric(all_seen: Sequence[Seen], metric: str) -> None:
    """Raises UserError for a column that no run has, if any run has columns."""
    runs = _runs(all_seen)
    known = {name.removeprefix(VAL): None for run in runs for name in run.columns}
    if known and metric not in known:
        names = [name for name in known if name not in ("epoch", "seconds")]
        raise UserError(f"no run has the metric '{escaped(metric)}'; known: {few(names, 20)}")


def _runs(all_seen: Sequence[Seen]) -> list[RunStatus]:
    """The runs to draw."""
    return [
        run for seen in all_seen for run in (seen.runs if isinstance(seen, StudyStatus) else [seen])
    ]


class PlainLines:
    """A line for each run or study after progress, every LINE_SECONDS, and at its end."""

    def __init__(self, metric: str) -> None:
        self.metric = metric
        self.said: dict[int, str] = {}
        self.when: dict[int, float] = {}

    def show(self, all_seen: Sequence[Seen]) -> None:
        now = time.monotonic()
        for place, seen in enumerate(all_seen):
            line = progress_in_words(seen, self.metric)
            is_due = now - self.when.get(place, -LINE_SECONDS) >= LINE_SECONDS or has_ended(seen)
            if is_due and line != self.said.get(place):
                echo(line)
                self.said[place], self.when[place] = line, now

    def close(self) -> None: ...


class Chart:
    """A live chart of all curves, with a line for each below; of one run, train and val."""

    def __init__(self, metric: str, console: "Console") -> None:
        from rich.live import Live

        self.metric = metric
        self.live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
        self.live.start()

    def show(self, all_seen: Sequence[Seen]) -> None:
        width, height = self.live.console.size
        self.live.update(drawn(all_seen, self.metric, width, height), refresh=True)

    def close(self) -> None:
        self.live.stop()


def shown_here(metric: str) -> PlainLines | Chart:
    """The display that fits stdout."""
    from rich.console import Console

    console = Console()
    is_able = console.is_terminal and not console.is_dumb_terminal
    knows_dots = console.encoding.lower().startswith("utf")
    return Chart(metric, console) if is_able and knows_dots else PlainLines(metric)


def drawn(all_seen: Sequence[Seen], metric: str, width: int, height: int) -> "Text":
    """The chart, its legend and the progress lines, for a terminal of that size."""
    from rich.text import Text

    lines, legend = _curves(_runs(all_seen), metric)
    words = [progress_in_words(seen, metric)[:width] for seen in all_seen]
    room = min(MAX_HEIGHT, height - len(words) - 2)
    text = Text(no_wrap=True, overflow="crop")
    if lines and room >= MIN_HEIGHT and width >= MIN_WIDTH:
        for row in chart(lines, width, room):
            for cell in row:
                text.append(cell.letter, cell.style or None)
            text.append("\n")
        left = width
        for name, style in legend:
            text.append(f"━ {name}  "[: max(left, 0)], style)
            left -= len(name) + 4
        text.append("\n")
    text.append("\n".join(words))
    return text


def _curves(runs: Sequence[RunStatus], metric: str) -> tuple[list[Line], list[tuple[str, str]]]:
    """Lines and legend entries; of several runs only the validation curve, if there is one."""
    lines, legend = [], []
    wanted = [(run, column) for run in runs for column in _columns(run, metric, len(runs) == 1)]
    for (run, column), style in zip(wanted, COLORS, strict=False):
        lines.append(Line(run.columns["epoch"], run.columns[column], style))
        legend.append((column if len(runs) == 1 else f"{run.name} {column}", style))
    if len(wanted) > len(COLORS):
        legend.append((f"and {len(wanted) - len(COLORS)} more", "dim"))
    return lines, [(escaped(name), style) for name, style in legend]


def _columns(run: RunStatus, metric: str, is_alone: bool) -> list[str]:
    there = [column for column in (metric, VAL + metric) if column in run.columns]
    return there if is_alone else there[-1:]
