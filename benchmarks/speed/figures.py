"""Figures: everything that was measured, and their file."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.compiling import Compiling
from benchmarks.speed.memory import Memory
from benchmarks.speed.ranks import Ranks
from benchmarks.speed.scaling import Series
from benchmarks.speed.startup import Startup
from benchmarks.speed.steps import Steps

T = TypeVar("T")


@dataclass
class Figures:
    """The machine's facts, and what each part of the benchmark found.

    took: seconds that each part was measured for.  is_quick: whether turns were fewer and shorter.
    """

    machine: dict[str, str]
    is_quick: bool = False
    took: dict[str, float] = field(default_factory=dict)
    steps: list[Steps] = field(default_factory=list)
    breakdown: list[Breakdown] = field(default_factory=list)
    startup: Startup = field(default_factory=Startup)
    compiling: list[Compiling] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    bookkeeping: list[Bookkeeping] = field(default_factory=list)
    ranks: Ranks = field(default_factory=Ranks)
    scaling: list[Series] = field(default_factory=list)

    def of(self, row: str, threads: int) -> Steps | None:
        """The steps of a row."""
        found = (s for s in self.steps if (s.row, s.threads) == (row, threads))
        return next(found, None)

    def with_threads(self, threads: int) -> list[Steps]:
        return [steps for steps in self.steps if steps.threads == threads]

    def save(self, path: Path) -> None:
        """As JSON; a list of numbers takes one line, so that differences can be read."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        text = re.sub(r"\[\s+([-\d.e,\s]+?)\s+\]", _one_line, text)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Figures":
        """Raises KeyError or TypeError for a file of another shape."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            machine=content["machine"],
            is_quick=content["is_quick"],
            took=content["took"],
            steps=[Steps(**one) for one in content["steps"]],
            breakdown=[Breakdown(**one) for one in content["breakdown"]],
            startup=Startup(**content["startup"]),
            compiling=[Compiling(**one) for one in content["compiling"]],
            memory=[Memory(**one) for one in content["memory"]],
            bookkeeping=[Bookkeeping(**one) for one in content["bookkeeping"]],
            ranks=Ranks(**content["ranks"]),
            scaling=[Series(**one) for one in content["scaling"]],
        )


def _one_line(numbers: re.Match[str]) -> str:
    """Of five significant digits, which is more than a clock is worth."""
    return f"[{', '.join(f'{float(number):.5g}' for number in numbers[1].split(','))}]"


def from_lines(kind: type[T], lines: Iterable[str]) -> list[T]:
    """What a child process printed, one JSON object a line."""
    return [kind(**json.loads(line)) for line in lines]
