"""`python -m benchmarks.speed`: measure, print the tables, write docs/performance.md.

--quick takes fewer and shorter turns; with --rows or --quick nothing in docs/ is written, unless
--to says where. --save keeps the figures, and --from makes the report from kept ones.
"""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.speed import machine, memory, report, startup, steps, tables
from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.figures import Figures, from_lines
from benchmarks.speed.rows import ROWS
from benchmarks.speed.scaling import Series

LARGE = ("digits", "mnist-momentum", "mnist-adam", "large-adam")  # where threads can help


def measure(rows: list[str], *, quick: bool) -> Figures:
    """Everything, one part after the other."""
    figures = Figures(machine.facts())
    pace = ["--repetitions", "3", "--least", "0.05"] if quick else []
    for threads in _threads(figures):
        own = [row for row in rows if threads == 1 or row in LARGE]
        for row in own:
            _say(f"steps, threads {threads}: {row}")
            arguments = ["--rows", row, "--threads", str(threads), *pace]
            lines = machine.run_child("steps", *arguments, threads=threads)
            figures.steps += from_lines(steps.Steps, lines)
        print(tables.steps(figures, threads), flush=True)
    _say("where a step goes")
    lines = machine.run_child("breakdown", "--rows", *rows, threads=1)
    figures.breakdown = from_lines(Breakdown, lines)
    _say("start-up")
    figures.startup = startup.measure(2 if quick else 5)
    _say("memory")
    figures.memory = memory.measure([row for row in rows if row in LARGE[1:]], memory.MEASURED)
    _say("beside the steps")
    lines = machine.run_child("bookkeeping", "--rows", *rows, *pace, threads=1)
    figures.bookkeeping = from_lines(Bookkeeping, lines)
    _say("growth")
    figures.scaling = from_lines(Series, machine.run_child("scaling", *pace, threads=1))
    return figures


def _threads(figures: Figures) -> tuple[int, ...]:
    """1, and 2 where there are two cores to oneself: on busy ones, 2 wait for each other."""
    has_two = int(figures.machine["cores"]) > 1 and not machine.is_busy(figures.machine)
    return (1, 2) if has_two else (1,)


def _say(part: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {part}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=lambda text: text.split(","), help=",".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--to", type=Path, help="the folder of the report [docs]")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--from", dest="kept", type=Path, metavar="FILE", help="kept figures")
    given = parser.parse_args()
    rows = given.rows or list(ROWS)
    if unknown := [row for row in rows if row not in ROWS]:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    figures = Figures.read(given.kept) if given.kept else measure(rows, quick=given.quick)
    if given.save:
        figures.save(given.save)
    print(report.text(figures, steps.TOLERANCE))
    is_partial = bool(given.rows or given.quick)
    if given.to or not is_partial:
        print(report.write(figures, given.to or machine.ROOT / "docs", steps.TOLERANCE))


if __name__ == "__main__":
    main()
