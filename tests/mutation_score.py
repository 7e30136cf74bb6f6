"""`mutmut results --all true | python tests/mutation_score.py`: what share of mutants tests kill.

Of each group of files by itself. Exits with 1 if one is below the bar.
"""

import sys
from collections import Counter
from collections.abc import Iterable

BAR = 0.85
GROUPS = {
    "optimizers": "nncli.parts.optimizers.",
    "losses": "nncli.parts.losses.",
    "config loading": "nncli.config.",
    "checkpoint": "nncli.artifacts.",
}
KILLED = ("killed", "timeout")  # a mutant that never ends is noticed too


def statuses(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """How many mutants of each group came to which end, from lines of `mutant: status`."""
    found = {group: Counter[str]() for group in GROUPS}
    for line in lines:
        mutant, _, status = line.strip().rpartition(": ")
        for group, start in GROUPS.items():
            if mutant.startswith(start) and status != "not checked":
                found[group][status] += 1
    return found


def killed(counts: Counter[str]) -> float:
    """The share of mutants that a test notices; those that no test reaches are among the rest."""
    return sum(counts[status] for status in KILLED) / counts.total()


if __name__ == "__main__":
    found = {group: counts for group, counts in statuses(sys.stdin).items() if counts}
    for group, counts in found.items():
        ends = ", ".join(f"{number} {status}" for status, number in counts.most_common())
        sys.stdout.write(f"{group:<15} {killed(counts):6.1%} of {counts.total():>4}: {ends}\n")
    sys.exit(any(killed(counts) < BAR for counts in found.values()))
