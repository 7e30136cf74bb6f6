"""Write docs/coverage.md: exercises of courses and books, each with its command and its numbers.

`python docs/make_coverage.py` runs every command of tests/exercises/list/*.yaml; a test of each
exercise holds its line to what it shows.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "exercises"))

from exercise_runs import Laboratory, holds, shown  # noqa: E402
from exercises import VERDICTS, Claim, Exercise, exercises  # noqa: E402

PAGE = ROOT / "docs" / "coverage.md"
Seen = list[tuple[Claim, list[Any]]]

HEAD = """# Exercises of courses and books

{all} exercises that courses, books and web pages teach neural networks with: what a config and
commands of nncli do of each. {counts}. "yes": all of it, with nothing made outside, and a test
runs the commands and compares the numbers; "partly" and "no": what is missing is said. Where an
exercise's data can't be given away, its command works on a stand-in, which is said too. Commands
are typed in the repository's folder. Made by `docs/make_coverage.py` from
`tests/exercises/list/`.
"""


def line(exercise: Exercise, seen: Seen) -> str:
    """An exercise as a row of its table."""
    commands = "<br>".join(f"`{each.text.removeprefix('nncli ')}`" for each in exercise.commands)
    compared = "<br>".join(_compared(claim, found) for claim, found in seen)
    told = [exercise.title, exercise.verdict, commands, compared, exercise.note]
    cells = [cell.replace("|", "\\|") for cell in told]
    return f"| {exercise.number} | " + " | ".join(cells) + " |"


def _compared(claim: Claim, found: list[Any]) -> str:
    """What was published, and what was seen."""
    if isinstance(found[0], str):
        return f"{claim.what}: {', '.join(claim.published)}"
    texts = claim.published if len(claim.published) > 1 else claim.published * len(found)
    own = " ".join(shown(text, each) for text, each in zip(texts, found, strict=True))
    return f"{claim.what} {' '.join(claim.published)}: **{own}**"


def page(lines: Mapping[int, str]) -> str:
    """The whole page, of every exercise's row."""
    known = exercises()
    counts = Counter(each.verdict for each in known)
    told = ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)
    parts = [HEAD.format(all=len(known), counts=told)]
    for source in dict.fromkeys(each.source for each in known):
        parts += [f"## {source}", "", "| # | exercise | | nncli ... | published: **seen** | |"]
        parts += ["|--:|---|---|---|---|---|"]
        parts += [lines[each.number] for each in known if each.source == source]
        parts += [""]
    return "\n".join(parts).rstrip() + "\n"


def main() -> int:
    lines, wrong = {}, []
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(Path(folder))
        for exercise in exercises():
            seen = laboratory.seen(exercise)
            wrong += [(exercise.number, *each) for each in seen if not holds(*each)]
            lines[exercise.number] = line(exercise, seen)
    for number, claim, found in wrong:
        print(f"{number}: {claim.what}: published {claim.published}, seen {found}")
    PAGE.write_text(page(lines), encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
