"""Texts that begin like numbers, in a form that nobody knows: said, with the key that overrules."""

import pytest

from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.table_file import TableFile

FORMS = {
    "fractions": lambda i: f"{i}/100",
    "two units": lambda i: f"{i}cm" if i % 2 else f"{i}in",
    "hexadecimal": lambda i: f"0x{i:x}",
    "feet": lambda i: f"{4 + i % 3}'{i}\"",
    "ranges": lambda i: f"{i}-{i + 10}",
    "errors": lambda i: f"{i}.1±0.2",
    "times": lambda i: f"{i % 24:02}:{i:02}",
    "durations": lambda i: f"{i}h {i}m",
    "millions": lambda i: f"{i}.2 Mio. EUR",
    "quarters": lambda i: f"{1990 + i}Q1",
}


def notes(tmp_path, cells, **keys):
    lines = [f"{i % 7},{cell},{'ab'[i % 2]}" for i, cell in enumerate(cells)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["x,h,y", *lines]), encoding="utf-8")
    origin = TableFile(path=path, target=("y",), **keys).load().origin
    assert origin is not None
    return [note for note in origin.notes if "begin like numbers" in note]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("repeats", [1, 3])
def test_amounts_in_an_unknown_form_are_said(tmp_path, form, repeats):
    cells = [FORMS[form](i // repeats) for i in range(25 * repeats)]
    found = notes(tmp_path, cells)
    assert len(found) == 1
    assert "column 'h'" in found[0]
    assert "data.columns: {h: categorical}" in found[0]


@pytest.mark.parametrize(("seconds", "form"), [("", "%H:%M"), (":30", "%H:%M:%S")])
def test_times_of_a_day_are_said_with_the_key_that_reads_them(tmp_path, seconds, form):
    cells = [f"{i % 24}:{i:02}{seconds}" for i in range(50)]
    (found,) = notes(tmp_path, cells)
    assert f'if they are times, data.columns: {{h: {{format: "{form}"}}}}' in found
    keys = {"h": ColumnKeys(format=form)}
    assert notes(tmp_path, cells, kinds={"h": "date"}, keys=keys) == []
    assert "format: ..." in notes(tmp_path, [*cells, "24:00"])[0]  # no strptime reads it


@pytest.mark.parametrize(
    "cells",
    [
        [f"{i:05}" for i in range(60)],  # codes
        [f"A{i % 20}" for i in range(60)],
        ["1st", "2nd", "3rd"] * 20,
    ],
    ids=["codes", "letters first", "few"],
)
def test_other_texts_are_not(tmp_path, cells):
    assert notes(tmp_path, cells) == []


def test_who_says_that_they_are_categories_is_believed(tmp_path):
    cells = [f"{i // 3}/100" for i in range(75)]
    assert notes(tmp_path, cells, kinds={"h": "categorical"}) == []
