"""Figures: everything that was measured, and their file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.memory import Memory
from benchmarks.speed.scaling import Series
from benchmarks.speed.startup import Startup
from benchmarks.speed.steps import Steps


@dataclass
class Figures:
    """The machine's facts, and what each part of the benchmark found."""

    machine: dict[str, str]
    steps: list[Steps] = field(default_factory=list)
    breakdown: list[Breakdown] = field(default_factory=list)
    startup: Startup = field(default_factory=Startup)
    memory: list[Memory] = field(default_factory=list)
    bookkeeping: list[Bookkeeping] = field(default_factory=list)
    scaling: list[Series] = field(default_factory=list)

    def of(self, row: str, threads: int) -> Steps | None:
        """The steps of a row."""
        found = (s for s in self.steps if (s.row, s.threads) == (row, threads))
        return next(found, None)

    def with_threads(self, threads: int) -> list[Steps]:
        return [steps for steps in self.steps if steps.threads == threads]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Figures":
        """Raises KeyError or TypeError for a file of another shape."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            machine=content["machine"],
            steps=[Steps(**one) for one in content["steps"]],
            breakdown=[Breakdown(**one) for one in content["breakdown"]],
            startup=Startup(**content["startup"]),
            memory=[Memory(**one) for one in content["memory"]],
            bookkeeping=[Bookkeeping(**one) for one in content["bookkeeping"]],
            scaling=[Series(**one) for one in content["scaling"]],
        )


def from_lines(kind: type, lines: Iterable[str]) -> list:
    """What a child process printed, one JSON object a line."""
    return [kind(**json.loads(line)) for line in lines]
