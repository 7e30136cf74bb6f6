"""A class of twelve: worksheets of their own numbers, every error a student makes, and the marks.

What each of them writes down is worked out here, with NumPy, the way they think it goes.
"""

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from nncli.cli.exercise import Exercise
from nncli.cli.grading import grade_all, tables_in
from nncli.cli.worksheets import write_class

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "configs" / "lessons" / "mazur.yaml"
NAMES = ["Ann", "Bob", "Cem", "Dora", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jan", "Kim", "Leo"]
X, T, RATE = np.array([[0.05, 0.1]]), np.array([[0.01, 0.99]]), 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def worked(own, mistake=""):
    """A whole step by hand, from own weights, with one thing done wrongly and all else rightly."""
    w1, b1, w2, b2 = own
    z1 = X @ (w1.T if mistake == "transposed" else w1) + b1
    a1 = sigmoid(z1)
    z2 = a1 @ w2 + (0 if mistake == "forgot the bias" else b2)
    a2 = sigmoid(z2)
    loss = ((a2 - T) ** 2).sum() / (1 if mistake == "forgot the 1/2" else 2)
    da2 = T - a2 if mistake == "sign" else a2 - T
    dz2 = da2 if mistake == "forgot the slope of the activation" else da2 * a2 * (1 - a2)
    dw2 = a1.T @ dz2
    rate = 1 if mistake == "forgot the learning rate" else RATE
    new2 = w2 - rate * dw2
    da1 = dz2 @ (new2 if mistake == "the weights after the step" else w2).T
    dz1 = da1 * a1 * (1 - a1)
    dw1 = X.T @ dz1
    return {
        "hidden_1/z": z1,
        "hidden_1/a": a1,
        "output/z": z2,
        "output/a": a2,
        "loss": loss,
        "output/da": da2,
        "output/dz": dz2,
        "output/dW": dw2,
        "hidden_1/da": da1,
        "hidden_1/dz": dz1,
        "hidden_1/dW": dw1,
        "hidden_1/W/after": w1 - rate * dw1,
        "output/W/after": new2,
    }


def number(arrays, cell):
    name, _, index = cell.partition("[")
    places = tuple(map(int, index.rstrip("]").split(","))) if index else ()
    return float(np.asarray(arrays[name])[places])


def fill(path, written):
    """written: of a cell, what stands beside it."""
    with path.open(newline="") as file:
        header, made_by, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows([header, made_by, *([*row[:3], written(row[2])] for row in rows)])


def weights_of(folder, variant):
    loaded = Exercise(folder / "mazur.yaml", variant=variant).loaded()
    views = loaded.built.job.network.layout.views(loaded.state.theta)
    return [views[name] for name in ("hidden_1/W", "hidden_1/b", "output/W", "output/b")]


MISTAKES = {  # of whoever does all but one thing rightly
    "Bob": "sign",
    "Cem": "forgot the slope of the activation",
    "Dora": "transposed",
    "Eli": "the weights after the step",
    "Fay": "forgot the learning rate",
    "Kim": "forgot the bias",
    "Leo": "forgot the 1/2",
}
CELLS = [
    f"{name}{index}"
    for name, each in worked([np.eye(2), np.ones(2), np.eye(2), np.ones(2)]).items()
    for index in ([f"[{i},{j}]" for i, j in np.ndindex(each.shape)] if np.ndim(each) else [""])
]
FORWARD = ("hidden_1/z", "hidden_1/a", "output/z", "output/a", "loss")


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    """out/ has a worksheet and an empty table for each, back/ the tables as they filled them in."""
    folder = tmp_path_factory.mktemp("class")
    shutil.copy(LESSON, folder)
    (folder / "names.txt").write_text("\n".join(NAMES) + "\n\n# the parallel class: next week\n")
    exercise = Exercise(folder / "mazur.yaml")
    write_class(exercise, folder / "names.txt", folder / "out", "html")
    back = folder / "back"
    back.mkdir()
    own = {name: weights_of(folder, variant) for variant, name in enumerate(NAMES, 1)}
    for name in NAMES:
        shutil.copy(folder / "out" / f"{name}.csv", back)
        arrays = worked(own[name], MISTAKES.get(name, ""))
        fill(back / f"{name}.csv", lambda cell, arrays=arrays: f"{number(arrays, cell):.6f}")
    gus = worked(own["Gus"])
    fill(back / "Gus.csv", lambda cell: f"{number(gus, cell):.2f}")
    hana = worked(own["Hana"])
    half_done = {cell: f"{number(hana, cell):.5f}" for cell in CELLS if cell.startswith(FORWARD)}
    fill(back / "Hana.csv", lambda cell: half_done.get(cell, ""))
    (back / "Ivo.csv").write_bytes(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xff\xfe\x00")
    ann = worked(own["Ann"])
    fill(back / "Jan.csv", lambda cell: f"{number(ann, cell):.6f}")
    kim = worked(own["Kim"], "forgot the bias")
    fill(back / "Kim.csv", lambda cell: f"{number(kim, cell):.6f}".replace(".", ","))
    return folder


@pytest.fixture(scope="module")
def graded(class_folder):
    """The marks of all of them."""
    tables = tables_in([class_folder / "back"])
    return grade_all(tables, None, class_folder / "out", 0.01)


@pytest.fixture
def back(class_folder, folder):
    """What came back, to be changed."""
    shutil.copytree(class_folder, folder, dirs_exist_ok=True)
    return folder / "back"


def wrong(graded, name):
    return {it.blank.cell: it.slip for it in graded.marks[name] if it.verdict == "wrong"}


def rights(graded, name):
    return sum(it.verdict == "right" for it in graded.marks[name])


def test_who_does_it_all_rightly_has_it_all_right(graded):
    assert (rights(graded, "Ann"), len(graded.marks["Ann"])) == (33, 33)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_and_what_follows_from_it_is_right(graded, name):
    assert set(wrong(graded, name).values()) == {MISTAKES[name]}
    ends_there = name in ("Dora", "Fay", "Leo")  # what follows isn't there, or hardly another
    assert any(it.is_carried for it in graded.marks[name]) != ends_there


def test_where_each_mistake_was_made(graded):
    cells = {name: {cell.partition("[")[0] for cell in wrong(graded, name)} for name in MISTAKES}
    assert cells == {
        "Bob": {"output/da"},
        "Cem": {"output/dz"},
        "Dora": {"hidden_1/z"},
        "Eli": {"hidden_1/da"},
        "Fay": {"hidden_1/W/after", "output/W/after"},
        "Kim": {"output/z"},
        "Leo": {"loss"},
    }


def test_two_decimals_are_too_few_for_small_numbers_alone(graded):
    forward = [it for it in graded.marks["Gus"] if it.blank.cell.startswith(FORWARD)]
    assert all(it.verdict == "right" for it in forward)
    assert set(wrong(graded, "Gus").values()) == {"rounded too far"}


def test_half_a_sheet_has_its_marks(graded):
    empty = [it for it in graded.marks["Hana"] if it.verdict == "empty"]
    assert (rights(graded, "Hana"), len(empty)) == (9, 24)


def test_copied_numbers_are_not_one_s_own(graded, class_folder):
    assert rights(graded, "Jan") < 25  # most of them follow from what is wrong
    told = f"{class_folder / 'back' / 'Jan.csv'}: its answers are right for Ann's worksheet"
    assert graded.notes == [told]


def test_what_cannot_be_read_is_said_and_all_others_are_marked(graded):
    (line,) = graded.unread["Ivo"]
    assert line.endswith("Ivo.csv: a spreadsheet's own file, not a table: save it as CSV")
    assert len(graded.marks) == 11


def test_the_class_in_json(nncli, back):
    done = nncli("grade", "back", "--key", "out", "--json")
    assert done.code == 2
    assert len(done.json["files"]) == 11
    (unread,) = done.json["unread"]
    assert unread["file"] == "back/Ivo.csv"
    assert done.err.splitlines()[-1] == unread["problems"][0]
    found = {it["slip"]: (it["answers"], it["students"]) for it in done.json["went_wrong"]}
    assert found["forgot the learning rate"] == (8, ["Fay"])
    assert "not answered" in list(found)[-2:]


def test_the_class_s_table_has_a_row_a_student_and_a_column_a_blank(nncli, back, graded):
    nncli("grade", "back", "--key", "out", "-o", "marks.csv")
    with Path("marks.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert list(rows)[:3] == ["Ann", "Bob", "Cem"]
    assert set(rows) == set(NAMES)
    assert sum(column.startswith("#") for column in rows["Ann"]) == 33
    for name, marks in graded.marks.items():
        ones = [int(rows[name][f"#{it.blank.number} {it.blank.cell}"]) for it in marks]
        assert sum(ones) == rights(graded, name) == int(rows[name]["right"])
    assert rows["Leo"]["went wrong"] == "forgot the 1/2"
    assert rows["Hana"]["empty"] == "24"
    assert (rows["Ivo"]["right"], rows["Ivo"]["problem"][:12]) == ("", "back/Ivo.csv")


def test_the_terminal_shows_the_table_and_what_went_wrong_most(nncli, back, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    done = nncli("grade", "back", "--key", "out")
    lines = done.out.splitlines()
    head = "right z1 a1 z2 a2 loss da2 dz2 dW2 da1 dz1 dW1 W1 W2"
    assert " ".join(lines[0].split()) == head
    ann = "Ann 33/33 2/2 2/2 2/2 2/2 1/1 2/2 2/2 4/4 2/2 2/2 4/4 4/4 4/4"
    assert " ".join(lines[1].split()) == ann
    assert max(map(len, lines)) <= 100
    assert "* includes answers that are right except for an earlier mistake" in lines
    at = lines.index("most frequent mistakes")
    assert "  forgot the learning rate, in W1, W2: 8 answers of Fay" in lines[at:]
    assert "the gradient is multiplied by lr before it is taken off." in done.out


def test_a_narrow_terminal_has_the_table_in_parts(nncli, back, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    lines = nncli("grade", "back", "--key", "out").out.splitlines()
    assert max(map(len, lines)) <= 50
    assert sum(line.startswith("Ann ") for line in lines) > 1


def test_another_student_s_worksheet_is_noticed(nncli, back):
    shutil.copy(back / "Ann.csv", back / "Jan.csv")
    done = nncli("grade", "back", "--key", "out")
    assert "back/Jan.csv: was made from another worksheet than out/Jan.csv" in done.err
    assert "back/Ann.csv: was" not in done.err


def test_a_table_that_nobody_was_given_has_no_key(nncli, back):
    (back / "Ann.csv").rename(back / "Ann (1).csv")
    done = nncli("grade", "back", "--key", "out")
    assert "back/Ann (1).csv: out has no Ann (1).csv, whose worksheet would count" in done.err


def test_without_a_key_tables_from_elsewhere_find_their_config_by_its_name(nncli, back, folder):
    (folder / "mail").mkdir()
    back.rename(folder / "mail" / "back")
    done = nncli("grade", "mail/back", "--json")
    assert {each["student"]: each["right"] for each in done.json["files"]}["Ann"] == 33


def test_marks_in_the_same_folder_are_no_answers(nncli, back):
    assert nncli("grade", "back", "--key", "out", "-o", "back/marks.csv").code == 2
    done = nncli("grade", "back", "--key", "out")
    assert "marks.csv" not in done.err


def test_a_folder_without_tables_is_told(nncli, folder):
    (folder / "empty").mkdir()
    done = nncli("grade", "empty")
    assert (done.code, done.err) == (2, "empty: no tables of answers (.csv) in it\n")


def test_whatever_lies_in_the_folder_keeps_nobody_s_marks_back(nncli, back):
    (back / "Bob.csv").unlink()
    (back / "Bob.csv").mkdir()
    os.mkfifo(back / "pipe.csv")
    (back / "Dora.csv").write_text("")
    (back / "notes.txt").write_text("Eli was ill")
    done = nncli("grade", "back", "--key", "out", "--json")
    assert done.code == 2
    assert {each["student"] for each in done.json["files"]} == {*NAMES} - {"Bob", "Dora", "Ivo"}
    assert len(done.err.splitlines()) == 5  # four files, and a note on Jan's


def test_one_student_s_folder_and_file_are_marked_alike(nncli, back):
    for name in NAMES[1:]:
        (back / f"{name}.csv").unlink()
    assert "Ann    33/33" in nncli("grade", "back").out
    done = nncli("grade", "back", "--details")
    assert (done.code, done.out.splitlines()[0]) == (0, "back/Ann.csv: 33 of 33 right")
    assert nncli("grade", "back/Ann.csv").out == "back/Ann.csv: 33 of 33 right\n\n"
