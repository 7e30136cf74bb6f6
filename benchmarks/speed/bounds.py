"""Bounds: what is known of the goals that weren't reached, from bounds.md, for the page.

bounds.md has a text under each heading `## KEY; KEY`, of goals as `reach.Goal.key` has them; a key
may end in `*`. Texts of goals that were reached or not measured stay out of the page.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.speed.reach import Goal

TEXTS = Path(__file__).with_name("bounds.md")
OPEN = "TO FILL"  # in a text that somebody has yet to write


def texts(path: Path = TEXTS) -> list[tuple[list[str], str]]:
    """(keys, text), in the file's order."""
    _, *parts = path.read_text(encoding="utf-8").split("\n## ")
    found = []
    for part in parts:
        heading, _, text = part.partition("\n")
        found.append(([key.strip() for key in heading.split(";")], text.strip()))
    return found


def place(goal: Goal, known: list[tuple[list[str], str]]) -> int | None:
    """The first text that is of this goal."""
    for number, (keys, _) in enumerate(known):
        if any(fnmatchcase(goal.key, key) for key in keys):
            return number
    return None


def without_text(short: Iterable[Goal]) -> list[str]:
    """The keys of goals that are short and have no text, or one that isn't written yet."""
    known = texts()
    places = [(goal.key, place(goal, known)) for goal in short]
    return [key for key, number in places if number is None or OPEN in known[number][1]]


def section(short: list[Goal]) -> str:
    """Each text once, under the goals that it is of."""
    if not short:
        return "No row is short."
    known = texts()
    places = [place(goal, known) for goal in short]
    return "\n\n".join(_parts(short, places, known))


def _parts(
    short: list[Goal], places: list[int | None], known: list[tuple[list[str], str]]
) -> Iterator[str]:
    for number in dict.fromkeys(places):
        own = [goal for goal, found in zip(short, places, strict=True) if found == number]
        head = "; ".join(f"{goal.row}: {goal.asked} ({goal.found})" for goal in own)
        text = "Not looked into yet." if number is None else known[number][1]
        yield f"**{head}.**\n{text}"
