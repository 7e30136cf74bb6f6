"""Study table: render a running study within a terminal's size."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from nncli.artifacts.trial_records import FAILED
from nncli.cli.study_state import WAITING, Row, StudyState
from nncli.errors import counted, escaped
from nncli.frozen import frozen

if TYPE_CHECKING:
    from nncli.artifacts.trial_records import TrialRecord

STYLES = {"completed": "", "pruned": "dim", WAITING: "dim", "diverged": "yellow"}
MAX_CELL = 18  # characters of a cell
NARROW_KEY = 10  # characters of a key's name in a narrow terminal
STATE_WIDTH, VALUE_WIDTH = 9, 8
BETWEEN = "  "
OTHER_LINES = 5  # of a terminal, without trials


@frozen
class Column:
    """A heading and a cell per row."""

    cells: tuple[str, ...]
    is_text: bool = False
    least: int = 0  # width, so that a longer cell doesn't shift the columns to its right

    @property
    def width(self) -> int:
        return max(self.least, *(len(cell) for cell in self.cells))

    def lines(self) -> list[str]:
        just = str.ljust if self.is_text else str.rjust
        return [just(cell, self.width) for cell in self.cells]


def drawn(state: StudyState, width: int, height: int, most: int, *, stops: bool) -> Text:
    """The table and status lines for a terminal of that size."""
    rows = state.rows(max(1, min(most, height - OTHER_LINES)))
    columns, left_out = _fitting_columns(state, rows, width)
    best = state.best if state.facts.kind == "sweep" else None
    lines = [BETWEEN.join(cells) for cells in zip(*(c.lines() for c in columns), strict=True)]
    text = Text(no_wrap=True, overflow="ellipsis")
    for line, row in zip(lines, [None, *rows], strict=True):
        text.append(f"{line.rstrip()[:width]}\n", _style(row, best))
    if left_out:
        text.append(f"{counted(left_out, 'key')} more in trials.csv"[:width] + "\n", "dim")
    for line in _status(state, best, width, stops=stops):
        text.append(f"\n{line[:width]}")
    return text


def _style(row: Row | None, best: "TrialRecord | None") -> str:
    if row is None:
        return "bold"
    if best is not None and row.trial.run == best.run:
        return "bold green"
    return "red" if row.state in FAILED else STYLES.get(row.state, "cyan")


# ---- columns


def _fitting_columns(
    state: StudyState, rows: Sequence[Row], width: int
) -> tuple[list[Column], int]:
    """The columns that fit, and the number of keys left out."""
    fixed = [
        Column(("trial", *(_label(row.trial) for row in rows)), is_text=True),
        Column(("state", *(row.state for row in rows)), is_text=True, least=STATE_WIDTH),
        Column(
            (_cut(state.facts.objective), *(_number(r.trial.value) for r in rows)),
            least=VALUE_WIDTH,
        ),
    ]
    best = [Column(("best", *(_number(row.best) for row in rows)), least=VALUE_WIDTH)]
    best = best if state.facts.kind == "sweep" else []
    keys = state.facts.keys
    wide = [_key_column(key, name, rows) for key, name in zip(keys, short_names(keys), strict=True)]
    close = [Column((_cut(each.cells[0], NARROW_KEY), *each.cells[1:]), True) for each in wide]
    for columns in ([*fixed, *best, *wide], [*fixed, *best, *close]):
        if _width(columns) <= width:
            return columns, 0
    while close and _width([*fixed, *close]) > width:
        close.pop()
    return [*fixed, *close], len(keys) - len(close)


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width + len(BETWEEN) for column in columns) - len(BETWEEN)


def _key_column(key: str, name: str, rows: Sequence[Row]) -> Column:
    cells = (_value(row.trial.keys.get(key, "")) for row in rows)
    return Column((_cut(name), *cells), is_text=True)


def short_names(keys: Sequence[str]) -> list[str]:
    """The shortest distinct ends of dotted keys.

    >>> short_names(["optimizer", "optimizer.learning_rate", "network.hidden.0"])
    ['optimizer', 'learning_rate', 'hidden.0']
    """
    names = []
    for key in keys:
        parts = key.split(".")
        ends = [".".join(parts[-count:]) for count in range(1, len(parts) + 1)]
        others = [other for other in keys if other != key]
        good = (
            end
            for end in ends
            if not end[0].isdigit() and not any(o.endswith(f".{end}") or o == end for o in others)
        )
        names.append(next(good, key))
    return names


def _label(trial: "TrialRecord") -> str:
    """A trial's label: `7` for trial-0007; else its run's name, as fold-1."""
    if trial.run.startswith("trial-"):
        return str(trial.number)
    if trial.run.startswith("confirm-"):
        number, _, seed = trial.run.removeprefix("confirm-").partition("/")
        return f"{int(number)} {seed}"
    return trial.run


def _value(text: str) -> str:
    """A key's value, with numbers rounded."""
    try:
        number = float(text)
    except ValueError:
        return _cut(escaped(text))
    return text if number.is_integer() and len(text) < NARROW_KEY else f"{number:.4g}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _cut(text: str, longest: int = MAX_CELL) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


# ---- status


def _status(state: StudyState, best: "TrialRecord | None", width: int, *, stops: bool) -> list[str]:
    """The status in one line, or in two on a narrow terminal."""
    counts = state.counts()
    what = "runs" if state.again else state.facts.trials_word
    again = " that confirm the best" if state.again else ""
    words = [f"{counts.pop('done')} of {state.total} {what}{again}"]
    words += [f"{count} {name}" for name, count in counts.items() if count]
    if stops:
        words.append("stopping")
    elif (left := state.seconds_left()) is not None and left > 0:
        words.append(f"{clock(left)} left")
    found = []
    if best is not None:
        found.append(f"best {_number(best.value)} (trial {best.number})")
    elif state.facts.kind != "sweep" and (mean := state.mean()):
        found.append(f"mean {mean[0]:.5g} ± {mean[1]:.2g}")
    line = ", ".join(words + found)
    return [line] if len(line) <= width else [", ".join(words), *found]


def clock(seconds: float) -> str:
    """Seconds as `1:05` or `2:00:00`.

    >>> clock(65), clock(7200), clock(0.5)
    ('1:05', '2:00:00', '0:01')
    """
    whole = -int(-seconds // 1)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
