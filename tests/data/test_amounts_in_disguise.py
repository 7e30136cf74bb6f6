"""Texts that begin like numbers, in a form that nobody knows: said, with the key that overrules."""

import pytest

from nncli.data.reading.table_file import TableFile

FORMS = {
    "fractions": lambda i: f"{i}/100",
    "two units": lambda i: f"{i}cm" if i % 2 else f"{i}in",
    "hexadecimal": lambda i: f"0x{i:x}",
    "feet": lambda i: f"{4 + i % 3}'{i}\"",
    "ranges": lambda i: f"{i}-{i + 10}",
    "errors": lambda i: f"{i}.1±0.2",
    "hours and minutes": lambda i: f"{i}:30",  # up to 24:30, which is no time of a day
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
