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
from stand_ins import read_by  # noqa: E402

TITLE = "Commands of {}"
PAGE = ROOT / "docs" / "coverage.md"
Seen = list[tuple[Claim, list[Any]]]

HEAD = """# Exercises of courses and books

**{counts}**, of {all} exercises that courses, books and web pages teach neural networks with.

- "yes": a config and commands do all of it, with nothing made outside but rows that the exercise
  gives or draws. A test runs them and compares the numbers, printed digit by printed digit unless
  a range is given.
- "partly" and "no": what is missing is said.
- "by method" ({by_method} of those done): the data can't be given away, so the command works on a
  stand-in that is made up; the published score isn't claimed. `tests/exercises/stand_ins.py`
  writes it, and rows that an exercise draws.

An exercise's number leads to its commands. `nncli init --lesson` copies from `configs/lessons/`.
The page is made by `docs/make_coverage.py` from `tests/exercises/list/`.
"""


def line(exercise: Exercise, seen: Seen) -> str:
    """An exercise as a row of its table."""
    number = f"{exercise.number}"
    if exercise.commands:
        number = _linked(exercise.number)
    compared = "<br>".join(_compared(claim, found) for claim, found in seen)
    told = exercise.title + (f"<br>({exercise.note})" if exercise.note else "")
    cells = [number, exercise.verdict, told, compared]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def commands(exercise: Exercise) -> list[str]:
    """What is typed, with the configs that are in no folder."""
    lines = [f"#### {TITLE.format(exercise.number)}", ""]
    named = {word for each in exercise.commands for word in each.text.split()}
    tables: list[str] = []
    for other in exercises():
        for name in [each for each in other.configs if each in named]:
            tables += read_by(other.configs[name])
            if other.number != exercise.number:
                lines += [f"`{name}` is that of {_linked(other.number)}.", ""]
    for name, text in exercise.configs.items():
        lines += [f"`{name}`:", "", "```yaml", text.rstrip(), "```", ""]
    made = [f"python tests/exercises/stand_ins.py {' '.join(tables)}"] if tables else []
    return [*lines, "```bash", *made, *(each.text for each in exercise.commands), "```", ""]


def _linked(number: int) -> str:
    return f"[{number}](#{TITLE.format(number).lower().replace(' ', '-')})"


def _compared(claim: Claim, found: list[Any]) -> str:
    """What was published, and what was seen."""
    if isinstance(found[0], str):
        return f"*{claim.what}*: **{', '.join(claim.published)}**"
    texts = claim.published if len(claim.published) > 1 else claim.published * len(found)
    own = ", ".join(shown(text, each) for text, each in zip(texts, found, strict=True))
    return f"*{claim.what}*: {', '.join(claim.published)} → **{own}**"


def page(lines: Mapping[int, str]) -> str:
    """The whole page, of every exercise's row."""
    known = exercises()
    counts = Counter(each.verdict for each in known)
    told = ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)
    by_method = sum(each.note.startswith("by method") for each in known)
    parts = [HEAD.format(all=len(known), counts=told, by_method=by_method)]
    for source in dict.fromkeys(each.source for each in known):
        own = [each for each in known if each.source == source]
        parts += [f"## {source}", "", "| # | | exercise | *what*: published → **seen** |"]
        parts += ["|--:|---|---|---|", *(lines[each.number] for each in own), ""]
    parts += ["## Commands", "", "Each exercise's, typed in the repository's folder.", ""]
    for each in known:
        parts += commands(each) if each.commands else []
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
