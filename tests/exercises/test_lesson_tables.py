"""The tables beside lessons are what their formulas make."""

import runpy
from pathlib import Path

import pytest

MADE = runpy.run_path(str(Path(__file__).parent / "make_tables.py"))


@pytest.mark.parametrize("name", MADE["tables"]())
def test_a_table_is_what_its_formula_makes(name):
    lines = (MADE["LESSONS"] / name).read_text(encoding="utf-8").splitlines()
    made = MADE["tables"]()[name].splitlines()
    assert lines[0] == made[0]
    for line, own in zip(lines[1:], made[1:], strict=True):  # up to a last bit of sin and cos
        cells, values = line.split(","), own.split(",")
        assert cells[2:] == values[2:]
        assert [float(c) for c in cells[:2]] == pytest.approx([float(v) for v in values[:2]])


def test_every_table_is_read_by_a_lesson():
    read = "".join(path.read_text("utf-8") for path in MADE["LESSONS"].glob("*.yaml"))
    names = {path.name for path in MADE["LESSONS"].glob("*.csv")}
    assert names == set(MADE["tables"]())
    assert [name for name in names if f"path: {name}" not in read] == []
