"""Ranks: the data-parallel steps of benchmarks/ranks.py, beside torch's DDP, for the page."""

import statistics
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec

from benchmarks import ranks


@dataclass
class Ranks:
    """Seconds of a step and seconds of processor a rank, by line, one a round.

    missing: why there is no such table, or no line of torch's.
    """

    walls: dict[str, list[float]] = field(default_factory=dict)
    cpus: dict[str, list[float]] = field(default_factory=dict)
    missing: str = ""

    def ratio(self, line: str, to: str, of: str) -> float | None:
        """How many times longer a line takes than another, in `walls` or `cpus`."""
        found: dict[str, list[float]] = getattr(self, of)
        if line not in found or to not in found:
            return None
        pairs = zip(found[line], found[to], strict=True)
        return statistics.median(one / other for one, other in pairs)


def measure(rounds: int) -> Ranks:
    """Every line in turns, in processes of its own."""
    lacking = [name for name in ("mpi4py", "torch") if not find_spec(name)]
    found = Ranks(missing=", ".join(f"{name} is not installed" for name in lacking))
    if "mpi4py" in lacking:
        return found
    for _ in range(rounds):
        for number, line in enumerate(ranks.LINES):
            if line.program not in lacking:
                time = ranks.measured(number, sys.executable)
                found.walls.setdefault(line.title, []).append(time.wall)
                found.cpus.setdefault(line.title, []).append(time.cpu)
    return found
