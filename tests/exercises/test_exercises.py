"""docs/coverage.md: each exercise shows the published numbers, by the commands that stand there."""

import re
import runpy

import pytest
import stand_ins
from exercise_runs import ROOT, Laboratory, holds
from exercises import exercises

MADE = runpy.run_path(str(ROOT / "docs" / "make_coverage.py"))
LINES = MADE["PAGE"].read_text(encoding="utf-8").splitlines()
ROW = re.compile(r"\| \[?(\d+)\b.* \|$")
ROWS = {int(found[1]): each for each in LINES if (found := ROW.match(each))}


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    return Laboratory(tmp_path_factory.mktemp("laboratory"))


@pytest.mark.parametrize("exercise", exercises(), ids=lambda it: f"{it.number}_{it.title}")
def test_an_exercise_shows_what_was_published(exercise, laboratory):
    seen = laboratory.seen(exercise)
    for claim, found in seen:
        assert holds(claim, found), f"{claim.what}: published {claim.published}, seen {found}"
    row = ROWS[exercise.number]
    assert _roughly(row, seen) == _roughly(MADE["line"](exercise, seen), seen), MADE["__doc__"]


def _roughly(row, seen):
    """A row without the numbers that another machine's last bits may change."""
    is_exact = all(claim.is_exact for claim, _ in seen)
    return row if is_exact else re.sub(r"\*\*.*?\*\*", "", row)


def test_the_page_has_no_other_lines():
    assert MADE["page"](ROWS).splitlines() == LINES, MADE["__doc__"]


def test_exercises_that_are_done_have_commands_and_others_say_why_not():
    known = exercises()
    assert [each.number for each in known] == list(range(1, len(known) + 1))
    done = [each for each in known if each.verdict == "yes"]
    assert [each.number for each in done if not any(it.claims for it in each.commands)] == []
    assert [each.number for each in known if each.verdict != "yes" and not each.note] == []


def test_commands_have_all_that_they_read_beside_them(tmp_path):
    """The configs that they name, or where these stand, and what makes the tables in them."""
    known = exercises()
    configs = {name: text for each in known for name, text in each.configs.items()}
    for exercise in [each for each in known if each.commands]:
        section = "\n".join(MADE["commands"](exercise))
        for name in [name for name in configs if f" {name}" in section.split("```bash")[1]]:
            assert f"`{name}`" in section
            for table in stand_ins.read_by(configs[name]):
                assert re.search(rf"^python .*stand_ins.py .*\b{table}", section, re.M)
    assert stand_ins.main(["cubic.csv"], tmp_path) == 0
    assert (tmp_path / "cubic.csv").exists()
    assert stand_ins.main(["cubik.csv"], tmp_path) == 2
