"""Tables: the figures as Markdown, one function a table."""

from collections.abc import Iterable, Sequence

from benchmarks.speed import reach
from benchmarks.speed.breakdown import SORTS
from benchmarks.speed.figures import Figures
from benchmarks.speed.memory import bound, training_bound
from benchmarks.speed.programs import PROGRAMS
from benchmarks.speed.rows import ROWS
from benchmarks.speed.steps import Steps

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
    return [name for name in PROGRAMS if name in found]


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
    return f"{_digits(1e6 * one.median(name))} ({_digits(1e6 * lower)}-{_digits(1e6 * upper)})"


def _digits(value: float) -> str:
    """Three significant digits, without exponents."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratios(figures: Figures, threads: int) -> str:
    """How many times nncli's step each program's takes."""
    names = [name for name in _measured(figures, threads) if name != "nncli"]
    lines = [
        [ROWS[one.row].title, *(_times(one.ratio(name, "nncli")) for name in names)]
        for one in figures.with_threads(threads)
    ]
    return markdown(["times nncli's step", *names], lines)


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{_digits(ratio)}x"


def losses(figures: Figures) -> str:
    """What all programs ended at, and how far apart they were."""
    lines = []
    for one in figures.with_threads(1):
        own = one.loss["nncli"]
        name, loss = max(one.loss.items(), key=lambda item: abs(item[1] - own))
        steps = ROWS[one.row].checked_epochs * ROWS[one.row].steps_per_epoch
        apart = f"{abs(loss - own) / own:.0e} ({name})" if loss != own else "0"
        lines.append([ROWS[one.row].title, f"{steps:,}", f"{own:.6g}", apart])
    return markdown(["", "steps", "nncli's loss", "furthest from it, relative"], lines)


def asked(figures: Figures, threads: int) -> str:
    """The reach of every row."""
    found = [(ROWS[one.row].title, one) for one in reach.answers(figures, threads)]
    if threads == 1:
        found += [(one.row, one) for one in reach.startup_answers(figures.startup)]
    lines = [
        [title, one.asked.in_words(), _times(one.measured), one.verdict] for title, one in found
    ]
    return markdown(["row", "asked", "measured", ""], lines)


def breakdown(figures: Figures) -> str:
    """What a step of the numpy engine goes into: shares, and numbers of calls."""
    lines = [
        [
            ROWS[one.row].title,
            _digits(1e6 * one.seconds),
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
        limit = reach.SECONDS.get(name)
        median = figures.startup.median(name)
        verdict = "met" if limit and median < limit else "**short**"
        spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
        goal = f"< {limit:g} s: {verdict}" if limit else ""
        lines.append([name, f"{median:.2f}", spread, goal])
    return markdown(["whole command", "seconds", "least-most", "asked"], lines)


def memory(figures: Figures) -> str:
    lines = []
    for one in figures.memory:
        row = ROWS[one.row]
        whole, training = bound(row), training_bound(row)
        lines.append(
            [
                row.title,
                one.program,
                f"{one.growth / MEGABYTE:.0f}",
                f"{one.growth / whole:.2f}",
                f"{one.training / MEGABYTE:.0f}",
                f"{one.training / training:.2f}",
            ]
        )
    header = ["row", "program", "MB in all", "÷ bound", "MB in training", "÷ bound without data"]
    return markdown(header, lines)


def bookkeeping(figures: Figures) -> str:
    lines = [
        [
            ROWS[one.row].title,
            f"{one.epochs:,}",
            f"{one.seconds:.2f}",
            f"{one.logged:,}",
            f"{100 * one.scoring:.1f}%",
            f"{100 * one.keeping:.1f}%",
            "met" if one.share < reach.SHARE else "**short**",
        ]
        for one in figures.bookkeeping
    ]
    sum_ = f"sum < {100 * reach.SHARE:.0f}%"
    header = ["row", "epochs", "seconds", "rows logged", "scoring", "log, checkpoints", sum_]
    return markdown(header, lines)


def slopes(figures: Figures) -> str:
    lines = [
        [
            one.kind,
            one.program,
            f"{one.sizes[0]:,} to {one.sizes[-1]:,}",
            f"{_digits(1e6 * one.seconds[0])} to {_digits(1e6 * one.seconds[-1])}",
            f"{one.slope():.2f}",
        ]
        for one in figures.scaling
    ]
    return markdown(["grows", "program", "sizes", "µs a step", "slope, upper half"], lines)
