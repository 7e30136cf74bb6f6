"""Reach: what was asked of each row, beside what was measured."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.compiling import Compiling
from benchmarks.speed.figures import Figures
from benchmarks.speed.memory import Memory, bound, training_bound
from benchmarks.speed.programs import DEFAULT
from benchmarks.speed.ranks import Ranks
from benchmarks.speed.rows import ROWS
from benchmarks.speed.startup import Startup

SHORT = "**short**"


@dataclass(frozen=True)
class Goal:
    """A bound on a measured number; measured: None where a program is missing.

    key: "part: row: what", by which bounds.md has what bounds it.  row: as a reader knows it.
    """

    key: str
    row: str
    asked: str
    measured: float | None
    bound: float
    is_least: bool = False
    unit: str = "x"

    @property
    def is_met(self) -> bool | None:
        if self.measured is None:
            return None
        if self.is_least:
            return self.measured >= self.bound
        return self.measured <= self.bound

    @property
    def verdict(self) -> str:
        return {None: "not measured", True: "met", False: SHORT}[self.is_met]

    @property
    def found(self) -> str:
        """What was measured, with its unit."""
        if self.measured is None:
            return ""
        if self.unit == "%":
            return f"{100 * self.measured:.1f}%"
        return f"{digits(self.measured)}{self.unit}"


def digits(value: float) -> str:
    """Three significant digits, without exponents."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class Asked:
    """Of a row's steps: how many times longer `program` may take, or has to take, than `to`."""

    program: str
    to: str
    bound: float
    is_least: bool = False

    def in_words(self) -> str:
        if self.is_least:
            return f"{self.to} ahead of {self.program}"
        return f"{self.program} ≤ {self.bound:g}x {self.to}"


PEERS = ("scikit-learn", "torch eager", "jax scan")
AHEAD = [Asked(peer, DEFAULT, 1.0, is_least=True) for peer in PEERS]
STEPS = {
    "and": AHEAD,
    "iris": [*AHEAD, Asked("nncli compiled", "jax scan", 0.15)],
    "linear-64": [*AHEAD, Asked("nncli compiled", "jax scan", 0.8)],
    "linear-full": AHEAD,
    "digits": [
        *AHEAD,
        Asked("nncli compiled", "products alone", 1.2),
        Asked("nncli compiled", "jax scan", 0.7),
    ],
    "mnist-momentum": [*AHEAD, Asked(DEFAULT, "products alone", 1.15)],
    "mnist-adam": [*AHEAD, Asked(DEFAULT, "products alone", 1.15)],
    "large-adam": [*AHEAD, Asked(DEFAULT, "products alone", 1.05)],
}
STARTUP_PEERS = ("scikit-learn, iris", "torch, iris", "jax, iris")
TO_BARE = {"nncli train, AND": 1.6, "nncli train, iris": 1.6}  # times the bare import
SECONDS = {
    "nncli train, AND, with its picture": 0.9,
    "nncli train, iris, with its picture": 0.9,
    "nncli train, AND, 100,000 updates": 1.0,
    "nncli evaluate, iris, with pictures": 1.2,
}
COMPILING = {3: 0.1}  # layers -> seconds
SCORING = 0.1
SCORED = ("digits", "mnist-momentum", "mnist-adam", "large-adam")
MEMORY, MEMORY_IN_ALL = 1.15, 1.5  # times the bound, in training and with reading
SHARDS, RANKS = 1.3, 1.5


def steps(figures: Figures, threads: int) -> Iterator[Goal]:
    """For every row measured with so many threads; with two, only to be ahead."""
    for row, all_asked in STEPS.items():
        found = figures.of(row, threads)
        if found is None:
            continue
        title = ROWS[row].title + (f", {threads} threads" if threads > 1 else "")
        for asked in all_asked if threads == 1 else AHEAD:
            key = f"steps {threads}: {row}: {asked.program} to {asked.to}"
            ratio = found.ratio(asked.program, asked.to)
            yield Goal(key, title, asked.in_words(), ratio, asked.bound, asked.is_least)


def startup(found: Startup, name: str) -> Iterator[Goal]:
    """Of a whole command."""
    key = f"start-up: {name}"
    if name in TO_BARE:
        most = TO_BARE[name]
        yield Goal(key, name, f"≤ {most:g}x the bare import", found.to_bare(name), most)
    if name in SECONDS:
        most = SECONDS[name]
        yield Goal(key, name, f"≤ {most:g} s", found.median(name), most, unit=" s")
    if name in STARTUP_PEERS:
        ratio = found.ratio(name, "nncli train, iris")
        yield Goal(key, name, "nncli ahead", ratio, 1.0, is_least=True)


def compiling(one: Compiling) -> Iterator[Goal]:
    if one.layers in COMPILING:
        most, row = COMPILING[one.layers], f"compiling {one.layers} layers"
        yield Goal(f"compiling: {one.layers}", row, f"≤ {most:g} s", one.median, most, unit=" s")


def memory(one: Memory, figures: Figures) -> Iterator[Goal]:
    """Of the default run's line, what it takes in training and in all."""
    steps, row = figures.of(one.row, 1), ROWS[one.row]
    if steps is None or steps.default != one.program:
        return
    peers = {other.program: other for other in figures.memory if other.row == one.row}
    peer = peers.get("scikit-learn")
    for what, own, unit, most, their in (
        ("training", one.training, training_bound(row), MEMORY, peer and peer.training),
        ("all", one.growth, bound(row), MEMORY_IN_ALL, peer and peer.growth),
    ):
        key, title = f"memory: {one.row}: {what}", f"{row.title}, memory"
        yield Goal(f"{key}: bound", title, f"{what} ≤ {most:g} ÷ bound", own / unit, most, unit="")
        ratio = own / their if their else None
        yield Goal(f"{key}: scikit-learn", title, f"{what} ≤ scikit-learn's", ratio, 1.0)


def bookkeeping(one: Bookkeeping) -> Iterator[Goal]:
    if one.row in SCORED:
        row, asked = ROWS[one.row].title, f"scoring ≤ {100 * SCORING:.0f}%"
        yield Goal(f"scoring: {one.row}", row, asked, one.scoring, SCORING, unit="%")


def ranks(found: Ranks, line: str) -> Iterator[Goal]:
    """Of a line of the data-parallel table."""
    key = f"ranks: {line}"
    if line.endswith("8 shards"):
        ratio = found.ratio(line, line.replace("8 shards", "whole batches"), "cpus")
        asked = f"≤ {SHARDS:g}x whole batches, of processor time"
        yield Goal(key, line, asked, ratio, SHARDS)
    if line.endswith("8 shards, 2 ranks"):
        gain = found.ratio(line.removesuffix(", 2 ranks"), line, "walls")
        yield Goal(key, line, f"≥ {RANKS:g}x as fast as one", gain, RANKS, is_least=True)


def all_goals(figures: Figures) -> Iterator[Goal]:
    """Every goal of the page, in its order."""
    for threads in (1, 2):
        yield from steps(figures, threads)
    for name in figures.startup.seconds:
        yield from startup(figures.startup, name)
    for compiled in figures.compiling:
        yield from compiling(compiled)
    for taken in figures.memory:
        yield from memory(taken, figures)
    for beside in figures.bookkeeping:
        yield from bookkeeping(beside)
    for line in figures.ranks.walls:
        yield from ranks(figures.ranks, line)


def short(goals: Iterable[Goal]) -> list[Goal]:
    return [goal for goal in goals if goal.is_met is False]
