"""Tables: the figures as Markdown, one function a table."""

import re
import statistics
from collections.abc import Iterable, Sequence

from benchmarks.speed import reach
from benchmarks.speed.breakdown import SORTS
from benchmarks.speed.compiling import NETWORKS
from benchmarks.speed.figures import Figures
from benchmarks.speed.memory import bound, training_bound
from benchmarks.speed.programs import COLUMNS, DEFAULT
from benchmarks.speed.reach import Goal, digits
from benchmarks.speed.rows import ROWS
from benchmarks.speed.startup import BARE
from benchmarks.speed.steps import REFERENCE, Steps

MEGABYTE = 1e6


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table, its first column to the left and the others to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))


def machine(figures: Figures) -> str:
    return markdown(["", "here"], figures.machine.items())


def _measured(figures: Figures, threads: int) -> list[str]:
    """The programs that any row has, in their order."""
    found = {name for steps in figures.with_threads(threads) for name in steps.seconds}
    return [name for name in COLUMNS if name in found]


def steps(figures: Figures, threads: int) -> str:
    """Microseconds a step, with the quartiles."""
    names = _measured(figures, threads)
    lines = [
        [ROWS[one.row].title, *(_microseconds(one, name) for name in names)]
        for one in figures.with_threads(threads)
    ]
    return markdown(["µs a step", *names], lines)


def _microseconds(one: Steps, name: str) -> str:
    if name not in one.seconds:
        return ""
    lower, upper = one.spread(name)
    return f"{digits(1e6 * one.median(name))} ({digits(1e6 * lower)}-{digits(1e6 * upper)})"


def ratios(figures: Figures, threads: int) -> str:
    """How many times the default run's step each program's takes."""
    names = [name for name in _measured(figures, threads) if name != DEFAULT]
    lines = [
        [ROWS[one.row].title, *(_times(one.ratio(name, DEFAULT)) for name in names)]
        for one in figures.with_threads(threads)
    ]
    return markdown(["times nncli's step", *names], lines)


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{digits(ratio)}x"


def losses(figures: Figures) -> str:
    """What all programs ended at, and how far apart they were."""
    lines = []
    for one in figures.with_threads(1):
        own = one.loss[REFERENCE]
        name, loss = max(one.loss.items(), key=lambda item: abs(item[1] - own))
        steps = ROWS[one.row].checked_epochs * ROWS[one.row].steps_per_epoch
        apart = f"{abs(loss - own) / own:.0e} ({name})" if loss != own else "0"
        lines.append([ROWS[one.row].title, f"{steps:,}", f"{own:.6g}", apart])
    return markdown(["", "steps", f"loss of {REFERENCE}", "furthest from it, relative"], lines)


def defaults(figures: Figures) -> str:
    """Which engine the default run of each row takes."""
    lines = []
    for one in figures.with_threads(1):
        row, since = ROWS[one.row], one.compiled_from
        compiled = "never" if since is None else f"{since:,}"
        run = f"{row.epochs * row.steps_per_epoch:,}"
        lines.append([row.title, run, one.default.removeprefix("nncli "), compiled])
    return markdown(["row", "updates of the run", "engine", "compiled from, updates"], lines)


def asked(figures: Figures, threads: int) -> str:
    """The reach of every row's steps."""
    lines = [
        [goal.row, goal.asked, goal.found, goal.verdict] for goal in reach.steps(figures, threads)
    ]
    return markdown(["row", "asked", "measured", ""], lines)


def _judged(goals: Iterable[Goal]) -> str:
    """Goals and how far they were reached, for one cell."""
    return "; ".join(f"{goal.asked}: {goal.verdict}" for goal in goals)


def breakdown(figures: Figures) -> str:
    """What a step of the numpy engine goes into: shares, and numbers of calls."""
    lines = [
        [
            ROWS[one.row].title,
            digits(1e6 * one.seconds),
            f"{sum(one.calls.values())}",
            *(_share(one.shares[sort], one.calls[sort]) for sort in SORTS),
        ]
        for one in figures.breakdown
    ]
    return markdown(["row", "µs a step", "calls", *SORTS], lines)


def _share(share: float, calls: int) -> str:
    return f"{100 * share:.0f}% ({calls})" if calls else ""


def startup(figures: Figures) -> str:
    lines = []
    for name, seconds in figures.startup.seconds.items():
        ratio = 1.0 if name == BARE else figures.startup.to_bare(name)
        spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
        goals = _judged(reach.startup(figures.startup, name))
        median = f"{figures.startup.median(name):.2f}"
        lines.append([name, median, spread, _times(ratio), goals])
    return markdown(["whole command", "seconds", "least-most", "÷ bare import", "asked"], lines)


def compiling(figures: Figures) -> str:
    lines = []
    for one in figures.compiling:
        again = statistics.median(one.again)
        spread = f"{min(one.first):.2f}-{max(one.first):.2f}"
        goals = _judged(reach.compiling(one))
        widths = "→".join(map(str, NETWORKS[one.layers].widths))
        layers = f"{one.layers}: {widths}"
        lines.append([layers, f"{one.median:.2f}", spread, f"{again:.2f}", goals])
    return markdown(["layers", "seconds", "least-most", "the next one", "asked"], lines)


def memory(figures: Figures) -> str:
    lines = []
    for one in figures.memory:
        row = ROWS[one.row]
        whole, training = bound(row), training_bound(row)
        steps = figures.of(one.row, 1)
        is_default = steps is not None and steps.default == one.program
        lines.append(
            [
                row.title,
                f"{one.program} (default)" if is_default else one.program,
                f"{one.growth / MEGABYTE:.0f}",
                f"{one.growth / whole:.2f}",
                f"{one.training / MEGABYTE:.0f}",
                f"{one.training / training:.2f}",
                _judged(reach.memory(one, figures)),
            ]
        )
    header = ["row", "program", "MB in all", "÷ bound", "MB in training", "÷ bound without data"]
    return markdown([*header, "asked"], lines)


def bookkeeping(figures: Figures) -> str:
    lines = [
        [
            ROWS[one.row].title,
            one.engine,
            f"{one.epochs:,}",
            f"{one.seconds:.2f}",
            f"{one.logged:,}",
            f"{100 * one.scoring:.1f}%",
            f"{100 * one.keeping:.1f}%",
            f"{one.compiling:.2f}",
            _judged(reach.bookkeeping(one)),
        ]
        for one in figures.bookkeeping
    ]
    shares = ["scoring", "log, checkpoints", "s of compiling", "asked"]
    return markdown(["row", "engine", "epochs", "seconds", "rows logged", *shares], lines)


def ranks(figures: Figures) -> str:
    """Steps of shards and ranks, beside torch's; or why there are none."""
    found = figures.ranks
    if not found.walls:
        return f"Not measured: {found.missing or 'left out'}."
    lines = []
    for line, walls in found.walls.items():
        spent = 1e3 * statistics.median(found.cpus[line])
        alone = re.sub(r", 2 ranks$| DDP, 2 processes$", "", line)
        gain = "" if alone == line else _times(found.ratio(alone, line, "walls"))
        goals = _judged(reach.ranks(found, line))
        lines.append([line, f"{1e3 * statistics.median(walls):.0f}", f"{spent:.0f}", gain, goals])
    header = ["2,048 rows a step", "ms a step", "ms of processor a rank", "times one", "asked"]
    return markdown(header, lines)


def slopes(figures: Figures) -> str:
    lines = [
        [
            one.kind,
            one.program,
            f"{one.sizes[0]:,} to {one.sizes[-1]:,}",
            f"{digits(1e6 * one.seconds[0])} to {digits(1e6 * one.seconds[-1])}",
            f"{one.slope():.2f}",
        ]
        for one in figures.scaling
    ]
    return markdown(["grows", "program", "sizes", "µs a step", "slope, upper half"], lines)
