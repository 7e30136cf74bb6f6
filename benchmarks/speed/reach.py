"""Reach: what was asked of each row, beside what was measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.speed.figures import Figures
from benchmarks.speed.startup import Startup


@dataclass(frozen=True)
class Asked:
    """A bound on how many times longer `program` takes than `to`."""

    program: str
    to: str
    bound: float
    is_least: bool = False

    def in_words(self) -> str:
        if self.is_least:
            return f"{self.to} ≥ {self.bound:g}x faster than {self.program}"
        return f"{self.program} ≤ {self.bound:g}x {self.to}"

    def is_met(self, measured: float) -> bool:
        return measured >= self.bound if self.is_least else measured <= self.bound


def _faster(than: str, bound: float, program: str = "nncli") -> Asked:
    return Asked(than, program, bound, is_least=True)


def _row(scikit_learn: float, torch: float, products: float | None, *others: Asked) -> list[Asked]:
    peers = [_faster("scikit-learn", scikit_learn), _faster("torch eager", torch)]
    alone = [] if products is None else [Asked("nncli", "products alone", products)]
    return [*peers, *alone, *others]


def _compiled(to: str, bound: float) -> Asked:
    return Asked("nncli compiled", to, bound)


STEPS = {
    "and": _row(27, 95, None, _faster("nncli", 6, "nncli compiled")),
    "iris": _row(18, 30, 3.5, _compiled("jax scan", 0.15)),
    "linear-64": _row(50, 90, 1.8, _compiled("jax scan", 0.8)),
    "linear-full": _row(4.5, 12, 1.4),
    "digits": _row(5, 7, 2.0, _compiled("products alone", 1.2), _compiled("jax scan", 0.7)),
    "mnist-momentum": _row(1.9, 1.5, 1.35, _compiled("products alone", 1.2)),
    "mnist-adam": _row(2.4, 1.5, 1.4, _compiled("products alone", 1.2), _compiled("jax scan", 1.0)),
    "large-adam": _row(1.4, 1.0, 1.1, _compiled("products alone", 1.0)),
}
STARTUP = [
    _faster("scikit-learn, iris", 4, "nncli, iris"),
    _faster("torch, iris", 8, "nncli, iris"),
]
SECONDS = {"nncli, AND, 100,000 updates": 1.0}
SHARE = 0.05
MEMORY = 1.1  # times the bound


@dataclass(frozen=True)
class Equivalent:
    """One line of the table; measured: None where a program is missing."""

    row: str
    asked: Asked
    measured: float | None

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        return "met" if self.asked.is_met(self.measured) else "**short**"


def answers(figures: Figures, threads: int) -> Iterator[Equivalent]:
    """For every row measured with so many threads, in the table's order."""
    for row, all_asked in STEPS.items():
        steps = figures.of(row, threads)
        if steps is not None:
            for asked in all_asked:
                yield Equivalent(row, asked, steps.ratio(asked.program, asked.to))


def startup_answers(startup: Startup) -> Iterator[Equivalent]:
    for asked in STARTUP:
        yield Equivalent("whole command", asked, startup.ratio(asked.program, asked.to))
