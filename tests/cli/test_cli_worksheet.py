"""`nncli trace --worksheet` and `nncli grade`: blanks, answers, marks."""

import csv

import pytest


@pytest.fixture
def by_hand(write, configs):
    """A copy of configs/by_hand.yaml beside the answers."""
    return write("by_hand.yaml", *(configs / "by_hand.yaml").read_text().splitlines())


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def fill(path, answer):
    """Write answer(cell, number of the blank) beside every blank."""
    rows = rows_of(path)
    for row in rows[1:]:
        row["answer"] = answer(row["cell"], int(row["number"]))
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def solutions(nncli, config, *arguments):
    """Every right number by its cell."""
    done = nncli("trace", config, "--format", "json", *arguments)
    found = {}
    for tensor in done.json["tensors"]:
        values, shape = tensor["values"], tensor["shape"]
        if not shape:
            found[tensor["name"]] = values
        for i, row in enumerate(values if shape else []):
            if len(shape) == 1:
                found[f"{tensor['name']}[{i}]"] = row
            for j, value in enumerate(row if len(shape) == 2 else []):
                found[f"{tensor['name']}[{i},{j}]"] = value
    return found


def test_a_worksheet_asks_for_all_that_is_computed(nncli, by_hand, folder):
    done = nncli("trace", by_hand, "--worksheet")
    assert done.code == 0
    assert done.err == (
        "answers.csv: 55 blanks to fill in; mark them with: nncli grade answers.csv\n"
    )
    assert all(f"#{number}____" in done.out for number in range(1, 56))
    cells = [row["cell"] for row in rows_of(folder / "answers.csv")[1:]]
    assert (cells[0], cells[-1], len(cells)) == ("hidden_1/z[0,0]", "output/b/after[0]", 55)


def test_a_worksheet_gives_no_answer_away(nncli, by_hand):
    page = nncli("trace", by_hand, "--worksheet").out
    assert not {"64", "32", "16", "8", "0.968", "-0.016"} & set(page.split())
    assert "1*1 +" not in page  # the arithmetic


def test_a_number_asked_for_is_referred_to_where_it_stands_again(nncli, by_hand):
    page = nncli("trace", by_hand, "--worksheet", "--blank", "output/dW").out
    assert page.split().count("#1") == page.split().count("#2") == 1  # the update's gradient


def test_what_one_step_ends_with_the_next_one_only_refers_to(nncli, by_hand):
    page = nncli("trace", by_hand, "--worksheet", "--steps", 2).out
    second = page.partition("step 2, in epoch")[2]
    assert not {"0.968", "1.032", "-0.016"} & set(second.split())


@pytest.mark.parametrize(
    ("patterns", "cells"),
    [
        (["output/dW[1,0]"], ["output/dW[1,0]"]),
        (["loss", "output/[za]"], ["output/z[0,0]", "output/a[0,0]", "loss"]),
        (["hidden_*/b/after"], [f"hidden_{n}/b/after[{i}]" for n in (1, 2) for i in (0, 1)]),
    ],
)
def test_cells_can_be_chosen(nncli, by_hand, folder, patterns, cells):
    chosen = [part for pattern in patterns for part in ("--blank", pattern)]
    assert nncli("trace", by_hand, "--worksheet", *chosen).code == 0
    assert [row["cell"] for row in rows_of(folder / "answers.csv")[1:]] == cells


def test_right_answers_are_right(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--rows", "0")
    right = solutions(nncli, by_hand)
    fill(folder / "answers.csv", lambda cell, number: f"{right[cell]:.6g}")
    done = nncli("grade", "answers.csv")
    assert (done.code, done.out, done.err) == (0, "answers.csv: 55 of 55 right\n\n", "")


@pytest.mark.parametrize(
    "answer",
    ["16", "16.1", "1.6e1", "32/2", "16,0", " 16 ", "15 1/1", "1600%", "1.6x10^1", "'16", "=16"],
)
def test_a_number_may_be_written_in_many_ways(nncli, by_hand, folder, answer):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/da")
    fill(folder / "answers.csv", lambda cell, number: answer)
    assert nncli("grade", "answers.csv").code == 0


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("", "empty"),
        ("17", "wrong"),
        ("-16", "wrong: sign"),
        ("nan", "not a number"),
        ("sixteen", "not a number"),
        ("1/0", "not a number"),
        ("inf", "wrong"),
        ("1 6", "not a number"),
        ("1_6", "not a number"),
    ],
)
def test_what_is_not_right_is_said_with_the_solution(nncli, by_hand, folder, answer, verdict):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/da")
    fill(folder / "answers.csv", lambda cell, number: answer)
    done = nncli("grade", "answers.csv")
    assert done.code == 1
    assert done.out.splitlines()[0] == "answers.csv: 0 of 1 right"
    row = done.out.splitlines()[2]
    assert row.startswith("#1 output/da[0,0]")
    assert "  16  " in row
    assert row.endswith(verdict)


def test_the_tolerance_is_a_share_of_the_right_number(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/da")
    fill(folder / "answers.csv", lambda cell, number: "16.7")
    assert nncli("grade", "answers.csv").code == 1
    assert nncli("grade", "answers.csv", "--tolerance", "0.05").code == 0


def test_solutions_can_be_kept_back(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/da")
    assert "16" not in nncli("grade", "answers.csv", "--no-solutions").out.split()


def test_several_students_are_marked_at_once(nncli, by_hand, folder):
    for name, answer in (("ann", "64"), ("bob", "6")):
        nncli("trace", by_hand, "--worksheet", "--blank", "loss", "--answers", f"{name}.csv")
        fill(folder / f"{name}.csv", lambda cell, number, answer=answer: answer)
    done = nncli("grade", "ann.csv", "bob.csv", "--json")
    assert done.code == 1
    assert [file["right"] for file in done.json["files"]] == [1, 0]
    assert done.json["files"][1]["marks"] == [
        {
            "number": 1,
            "step": 1,
            "cell": "loss",
            "answer": "6",
            "solution": 64.0,
            "verdict": "wrong",
            "carried": False,
            "slip": "",
        }
    ]


def test_the_trace_s_options_are_those_of_the_worksheet(nncli, configs, folder):
    options = ("--set", "seed=5", "--rows", "3,100", "--set", "data.split=none")
    nncli("trace", configs / "iris.yaml", *options, "--worksheet", "--blank", "output/z")
    right = solutions(nncli, configs / "iris.yaml", *options)
    fill(folder / "answers.csv", lambda cell, number: repr(right[cell]))
    assert nncli("grade", "answers.csv", "--tolerance", "1e-9").code == 0


def test_answers_that_are_there_are_never_overwritten(nncli, by_hand, folder):
    (folder / "answers.csv").write_text("my work")
    done = nncli("trace", by_hand, "--worksheet")
    assert (done.code, done.out) == (2, "")
    assert done.err == "answers.csv: exists already; choose another with --answers\n"
    assert (folder / "answers.csv").read_text() == "my work"


def test_a_config_that_has_changed_grades_nothing(nncli, by_hand):
    nncli("trace", by_hand, "--worksheet")
    by_hand.write_text(by_hand.read_text().replace("0.001", "0.002"))
    done = nncli("grade", "answers.csv")
    assert done.code == 2
    assert done.err == (
        "answers.csv: by_hand.yaml has changed since the worksheet was made from it\n"
    )


def test_a_config_that_has_moved_can_be_named(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    by_hand.rename(folder / "moved.yaml")
    assert "use --of" in nncli("grade", "answers.csv").err
    assert nncli("grade", "answers.csv", "--of", "moved.yaml").code == 1


def test_a_run_can_be_the_exercise(nncli, train, gate, folder):
    run = train(gate)
    nncli("trace", run.path, "--worksheet", "--blank", "loss")
    assert nncli("grade", "answers.csv").out.startswith("answers.csv: 0 of 1 right")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: expected the header number,step,cell,answer"),
        ("a,b\n", ":1: expected the header"),
        ("number,step,cell,answer\n", ": lacks the row 'worksheet'"),
        ("number,step,cell,answer\nworksheet,,rm -rf /,x\n", "can't tell what it is a worksheet"),
        ("number,step,cell,answer\nworksheet,,nncli train x,x\n", "can't tell what it is"),
        ("number,step,cell,answer\nworksheet,,'nncli trace,x\n", "can't tell what it is"),
        ("number,step,cell,answer\nworksheet,,nncli trace --help,x\n", "can't tell what it is"),
        ("number,step,cell,answer\n1,1,loss\n", ":2: expected 4 cells, found 3"),
        ("number,step,cell,answer\none,1,loss,3\n", ":2: expected a blank's number, found 'one'"),
        ("number,step,cell,answer\n1,1,loss,3\n1,1,loss,4\n", ":3: a second answer to blank 1"),
    ],
)
def test_a_table_that_is_no_worksheet_is_refused_with_its_line(nncli, folder, text, message):
    (folder / "answers.csv").write_text(text)
    done = nncli("grade", "answers.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("answers.csv")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_cell_of_another_trace_is_refused(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    table = folder / "answers.csv"
    table.write_text(table.read_text().replace(",loss,", ",hidden_9/z,"))
    done = nncli("grade", "answers.csv")
    assert done.code == 2
    assert done.err == (
        "answers.csv: blank 1: expected loss of step 1, found hidden_9/z of step 1\n"
    )


def test_a_row_that_was_deleted_is_an_empty_answer(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/dW")
    table = folder / "answers.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    fill(table, lambda cell, number: "64")
    assert nncli("grade", "answers.csv").out.startswith("answers.csv: 1 of 2 right")


def test_an_answer_that_nobody_asked_for_is_refused(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    with (folder / "answers.csv").open("a") as file:
        file.write("2,1,loss,64\n")
    assert nncli("grade", "answers.csv").err == "answers.csv: blank 2: the worksheet has 1\n"


def test_one_bad_file_leaves_the_others_marked(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    fill(folder / "answers.csv", lambda cell, number: "64")
    (folder / "bad.csv").write_text("nothing")
    done = nncli("grade", "bad.csv", "answers.csv")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "answers.csv: 1 of 1 right" in done.out


def test_a_copy_of_the_old_weight_is_no_answer_to_an_update(nncli, configs, folder):
    """The step is much smaller than one percent of the weight."""
    nncli("trace", configs / "and_gate.yaml", "--worksheet", "--blank", "output/W/after[1,0]")
    right = solutions(nncli, configs / "and_gate.yaml")
    before = right["output/W/before[1,0]"]
    fill(folder / "answers.csv", lambda cell, number: repr(before))
    assert nncli("grade", "answers.csv", "--tolerance", "0.2").code == 1
    fill(folder / "answers.csv", lambda cell, number: f"{right[cell]:.6g}")
    assert nncli("grade", "answers.csv").code == 0


@pytest.mark.parametrize(
    ("blank", "gone"),
    [
        ("output/z", ["output/a"]),  # the identity
        ("hidden_1/z", ["hidden_1/a", "hidden_1/dz"]),  # relu
        ("hidden_1/dW", ["hidden_1/W/m", "hidden_1/W/m_hat", "hidden_1/W/after"]),
        ("hidden_2/dz", ["hidden_2/db", "hidden_2/dW"]),  # sums over the only row
    ],
)
def test_what_would_give_a_blank_away_is_kept_back(nncli, by_hand, blank, gone):
    adam = ("--set", "optimizer=adam")
    page = nncli("trace", by_hand, *adam, "--worksheet", "--blank", blank).out
    shown = page.count("?")
    cells = solutions(nncli, by_hand, *adam)
    assert shown >= sum(cell.partition("[")[0] in gone for cell in cells)


def test_what_is_kept_back_is_so_wherever_it_stands_again(nncli, by_hand):
    """dW follows from dz by itself: neither the update nor the next step may show it."""
    page = nncli("trace", by_hand, "--worksheet", "--steps", 2, "--blank", "output/dz").out
    shown = [line.split() for line in page.partition("output/W (2 x 1)")[2].splitlines()[2:5]]
    assert shown == [["before", "gradient", "after"], ["1", "?", "?"], ["1", "?", "?"]]
    second = page.partition("step 2, in epoch")[2].partition("output/W  (2 x 1)")[2]
    assert [line.strip() for line in second.splitlines()[1:3]] == ["?", "?"]


def test_slots_of_one_parameter_keep_nothing_of_another_back(nncli, by_hand):
    adam = ("--set", "optimizer=adam")
    page = nncli("trace", by_hand, *adam, "--worksheet", "--blank", "hidden_1/W/m").out
    assert "?" not in page.partition("hidden_2/W (2 x 2)")[2]


def test_a_number_that_overflowed_makes_no_other_answer_right(nncli, by_hand, folder):
    far = ("--set", "optimizer.learning_rate=1e120", "--steps", 3)
    nncli("trace", by_hand, *far, "--worksheet", "--blank", "hidden_1/a")
    fill(folder / "answers.csv", lambda cell, number: "7")
    assert nncli("grade", "answers.csv").out.startswith("answers.csv: 0 of 6 right")


def test_a_key_decides_which_exercise_counts(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "output/dW", "--answers", "key.csv")
    nncli("trace", by_hand, "--worksheet", "--blank", "output/dW[0,0]", "--answers", "easy.csv")
    fill(folder / "easy.csv", lambda cell, number: "64")
    assert nncli("grade", "easy.csv").code == 0
    done = nncli("grade", "easy.csv", "--key", "key.csv")
    assert (done.code, done.out.splitlines()[0]) == (1, "easy.csv: 1 of 2 right")


def test_given_numbers_are_no_exercise(nncli, by_hand):
    done = nncli("trace", by_hand, "--worksheet", "--blank", "hidden_1/W")
    assert done.code == 2
    assert "no cell that is computed" in done.err


def test_page_and_answers_are_two_files(nncli, by_hand, folder):
    done = nncli("trace", by_hand, "--worksheet", "-o", "x.csv", "--answers", "x.csv")
    assert done.code == 2
    assert not (folder / "x.csv").exists()


def test_a_page_goes_through_a_link_into_what_it_points_at(nncli, by_hand, folder):
    (folder / "real.txt").write_text("old")
    (folder / "link.txt").symlink_to("real.txt")
    assert nncli("trace", by_hand, "-o", "link.txt").code == 0
    assert (folder / "link.txt").is_symlink()
    assert (folder / "real.txt").read_text().startswith("by_hand: step 1")


def test_a_spreadsheet_s_semicolons_are_read(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    table = folder / "answers.csv"
    table.write_text("\ufeff" + table.read_text().replace(",", ";"), encoding="utf-8")
    assert nncli("grade", "answers.csv").out.startswith("answers.csv: 0 of 1 right")


def test_a_spreadsheet_s_unicode_text_and_notes_beside_are_read(nncli, by_hand, folder):
    nncli("trace", by_hand, "--worksheet", "--blank", "loss")
    table = folder / "answers.csv"
    lines = [line.replace(",", "\t") + "\ta note" for line in table.read_text().splitlines()]
    table.write_text("\n".join(lines), encoding="utf-16")
    assert nncli("grade", "answers.csv").out.startswith("answers.csv: 0 of 1 right")


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "by_hand.yaml", "-o", "by_hand.yaml"),
        ("trace", "by_hand.yaml", "--worksheet", "-o", "./by_hand.yaml"),
        ("trace", "by_hand.yaml", "--worksheet", "--answer-sheet", "by_hand.yaml"),
        ("grade", "answers.csv", "-o", "answers.csv"),
        ("grade", ".", "-o", "answers.csv"),
        ("grade", "answers.csv", "--key", "key.csv", "-o", "key.csv"),
        ("grade", "answers.csv", "--of", "by_hand.yaml", "-o", "by_hand.yaml"),
    ],
    ids=" ".join,
)
def test_what_is_read_is_not_written_over(nncli, by_hand, folder, arguments):
    assert nncli("trace", by_hand, "--worksheet").code == 0
    (folder / "key.csv").write_bytes((folder / "answers.csv").read_bytes())
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    done = nncli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(": is read by this command: choose another file with -o\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
