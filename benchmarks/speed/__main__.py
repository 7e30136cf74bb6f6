"""`python -m benchmarks.speed`: measure, print the page, write docs/performance.md.

What was measured is kept in benchmarks/speed/figures.json; --page makes the page of it again, and
--only measures some parts anew. With --quick or --rows nothing is written, unless --to says where.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import (
    bounds,
    compiling,
    machine,
    memory,
    ranks,
    reach,
    report,
    startup,
    steps,
    tables,
)
from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.figures import Figures, from_lines
from benchmarks.speed.rows import ROWS
from benchmarks.speed.scaling import Series

KEPT = Path(__file__).with_name("figures.json")
LARGE = ("digits", "mnist-momentum", "mnist-adam", "large-adam")  # where threads can help
TURNS = 5  # of whole commands and compilations
ROUNDS = 3  # of shards and ranks


def _pace(figures: Figures, repetitions: int, least: float) -> list[str]:
    if figures.is_quick:
        repetitions, least = 3, least / 5
    return ["--repetitions", str(repetitions), "--least", f"{least:g}"]


def _steps(figures: Figures, rows: list[str]) -> None:
    figures.steps = []
    for threads in _threads(figures):
        for row in rows:
            if threads == 1 or row in LARGE:
                _say(f"steps, threads {threads}: {row}")
                pace = _pace(figures, 5, 0.15)
                arguments = ["--rows", row, "--threads", str(threads), *pace]
                lines = machine.run_child("steps", *arguments, threads=threads)
                figures.steps += from_lines(steps.Steps, lines)
        print(tables.steps(figures, threads), flush=True)


def _threads(figures: Figures) -> tuple[int, ...]:
    """1, and 2 where there are two cores to oneself: on busy ones, 2 wait for each other."""
    has_two = int(figures.machine["cores"]) > 1 and not machine.is_busy(figures.machine)
    return (1, 2) if has_two else (1,)


def _breakdown(figures: Figures, rows: list[str]) -> None:
    lines = machine.run_child("breakdown", "--rows", *rows, threads=1)
    figures.breakdown = from_lines(Breakdown, lines)


def _startup(figures: Figures, rows: list[str]) -> None:
    figures.startup = startup.measure(1 if figures.is_quick else TURNS)


def _compiling(figures: Figures, rows: list[str]) -> None:
    figures.compiling = compiling.measure(1 if figures.is_quick else TURNS)


def _memory(figures: Figures, rows: list[str]) -> None:
    figures.memory = memory.measure([row for row in rows if row in LARGE[1:]], memory.MEASURED)


def _bookkeeping(figures: Figures, rows: list[str]) -> None:
    lines = machine.run_child("bookkeeping", "--rows", *rows, *_pace(figures, 2, 3.0), threads=1)
    figures.bookkeeping = from_lines(Bookkeeping, lines)


def _ranks(figures: Figures, rows: list[str]) -> None:
    figures.ranks = ranks.measure(1 if figures.is_quick else ROUNDS)


def _scaling(figures: Figures, rows: list[str]) -> None:
    lines = machine.run_child("scaling", *_pace(figures, 3, 0.05), threads=1)
    figures.scaling = from_lines(Series, lines)


PARTS: dict[str, Callable[[Figures, list[str]], None]] = {
    "steps": _steps,
    "breakdown": _breakdown,
    "startup": _startup,
    "compiling": _compiling,
    "memory": _memory,
    "bookkeeping": _bookkeeping,
    "ranks": _ranks,
    "scaling": _scaling,
}


def measure(figures: Figures, rows: list[str], parts: list[str], kept: Path | None) -> None:
    """One part after the other; what is there is kept after each."""
    for part in parts:
        _say(part)
        began = time.monotonic()
        PARTS[part](figures, rows)
        figures.took[part] = time.monotonic() - began
        if kept:
            figures.save(kept)


def _say(part: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {part}", file=sys.stderr, flush=True)


def _names(known: dict[str, object]) -> Callable[[str], list[str]]:
    """A list of names with commas, each of them known."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            lacking = f"no {', '.join(unknown)}; there are {', '.join(known)}"
            raise argparse.ArgumentTypeError(lacking)
        return names

    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=_names(dict(ROWS)), help=",".join(ROWS))
    parser.add_argument("--only", type=_names(dict(PARTS)), help=",".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--to", type=Path, help="the folder of the page and its figures [docs]")
    parser.add_argument("--page", action="store_true", help="measure nothing: the kept figures")
    given = parser.parse_args()
    is_whole = not given.rows and not given.quick
    kept = given.to / KEPT.name if given.to else KEPT if is_whole or given.page else None
    if given.to:
        given.to.mkdir(parents=True, exist_ok=True)
    if given.page or (given.only and kept and kept.exists()):
        assert kept is not None
        figures = Figures.read(kept)
    else:
        figures = Figures(machine.facts(), is_quick=given.quick)
    if not given.page:
        measure(figures, given.rows or list(ROWS), given.only or list(PARTS), kept)
    print(report.text(figures, steps.TOLERANCE))
    if kept:
        print(report.write(figures, given.to or machine.ROOT / "docs", steps.TOLERANCE))
    for key in bounds.without_text(reach.short(reach.all_goals(figures))):
        print(f"bounds.md lacks a text of: {key}", file=sys.stderr)


if __name__ == "__main__":
    main()
