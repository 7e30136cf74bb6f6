"""`nncli grade`: roundings, what follows from a slip, and slips by their names."""

import math
import re

import pytest
from test_cli_worksheet import fill, solutions

NUMBERS = {  # Mazur's step-by-step example
    "hidden_1/W": [[0.15, 0.25], [0.20, 0.30]],
    "hidden_1/b": [0.35, 0.35],
    "output/W": [[0.40, 0.50], [0.45, 0.55]],
    "output/b": [0.60, 0.60],
}


@pytest.fixture
def mazur(write, folder):
    import numpy as np

    np.savez(folder / "mazur.npz", **{key: np.array(value) for key, value in NUMBERS.items()})
    given = "kernel_initializer: {type: from_file, path: mazur.npz}, "
    given += "bias_initializer: {type: from_file, path: mazur.npz}"
    return write(
        "mazur.yaml",
        "data: {dataset: {type: inline, x: [[0.05, 0.10]], y: [[0.01, 0.99]]}}",
        "network:",
        f"  hidden: [{{type: dense, units: 2, activation: sigmoid, {given}}}]",
        f"  output: {{units: 2, activation: sigmoid, {given}}}",
        "loss: half_mse",
        "optimizer: {type: gd, learning_rate: 1.0}",
        "training: {epochs: 1}",
    )


@pytest.fixture
def several(write):
    """Three rows, so that there is an n to forget."""
    return write(
        "three.yaml",
        "seed: 3",
        "data: {dataset: {type: inline, x: [[1, 2], [3, -1], [0, 2]], y: [1, 2, 4]}}",
        "network: {hidden: [{type: dense, units: 2, activation: tanh}]}",
        "loss: mse",
        "optimizer: {type: gd, learning_rate: 0.1}",
        "training: {epochs: 1}",
    )


def graded(nncli, folder, config, answer, *blanks):
    """The marks by cell. answer(cell, number) -> what is written there."""
    options = [word for blank in blanks for word in ("--blank", blank)]
    (folder / "answers.csv").unlink(missing_ok=True)
    assert nncli("trace", config, "--worksheet", *options).code == 0
    fill(folder / "answers.csv", lambda cell, _: answer(cell))
    done = nncli("grade", "answers.csv", "--json")
    return {mark["cell"]: mark for mark in done.json["files"][0]["marks"]}


@pytest.mark.parametrize("decimals", [3, 4, 5, 8])
def test_a_correct_rounding_is_right_to_as_many_decimals_as_it_has(nncli, mazur, folder, decimals):
    right = solutions(nncli, mazur)
    blanks = ("hidden_*", "output/d*", "output/[za]")
    marks = graded(nncli, folder, mazur, lambda cell: f"{right[cell]:.{decimals}f}", *blanks)
    wrong = [cell for cell, mark in marks.items() if mark["verdict"] != "right"]
    if decimals >= 4:
        assert not wrong
    else:  # where it rounds to 0.000, or to the number before the step, it tells nothing
        assert all(abs(right[cell]) < 5e-4 or cell.endswith("]") for cell in wrong)
        assert not [cell for cell in wrong if re.search(r"/([za]|dz)\[", cell)]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("0.1498", "right"),
        ("0.14978", "right"),
        ("0.1497", "wrong"),  # cut off, not rounded
        ("0.15", "wrong"),  # the number before the step
        ("0.1", "wrong"),
        ("14.98%", "right"),
        ("1.498e-1", "right"),
        ("0,1498", "right"),
    ],
)
def test_a_rounding_of_an_update_has_to_show_the_change(nncli, mazur, folder, answer, verdict):
    marks = graded(nncli, folder, mazur, lambda _: answer, "hidden_1/W/after[0,0]")
    assert marks["hidden_1/W/after[0,0]"]["verdict"] == verdict


def test_a_step_that_the_decimals_do_not_show_is_no_answer_by_its_old_number(nncli, mazur, folder):
    """0.29998: five decimals show the step; 0.3 is what it was before."""
    options = ("--set", "optimizer.learning_rate=0.05")
    right = solutions(nncli, mazur, *options)["hidden_1/W/after[1,1]"]
    assert 0 < 0.3 - right < 5e-5
    command = ("--worksheet", "--blank", "hidden_1/W/after[1,1]", *options)
    assert nncli("trace", mazur, *command).code == 0
    for answer, code in ((f"{right:.5f}", 0), ("0.3", 1), ("0.30", 1), ("0.300", 1)):
        fill(folder / "answers.csv", lambda cell, number, answer=answer: answer)
        assert nncli("grade", "answers.csv").code == code, answer


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def test_what_follows_from_a_slip_earns_its_mark(nncli, mazur, folder):
    """z1[0,0] is 0.2 too high: 0.5775; everything after it is worked out with that."""
    z = [0.5775, 0.3925]
    a = [sigmoid(each) for each in z]
    z2 = [a[0] * w + a[1] * v + 0.6 for w, v in ((0.40, 0.45), (0.50, 0.55))]
    a2 = [sigmoid(each) for each in z2]
    dz2 = [(a2[k] - t) / 2 * a2[k] * (1 - a2[k]) for k, t in enumerate((0.01, 0.99))]
    own = {f"hidden_1/z[0,{k}]": z[k] for k in (0, 1)}
    own |= {f"hidden_1/a[0,{k}]": a[k] for k in (0, 1)}
    own |= {f"output/z[0,{k}]": z2[k] for k in (0, 1)} | {f"output/a[0,{k}]": a2[k] for k in (0, 1)}
    own |= {f"output/dz[0,{k}]": dz2[k] for k in (0, 1)}
    own |= {f"output/dW[{i},{k}]": a[i] * dz2[k] for i in (0, 1) for k in (0, 1)}
    weights = NUMBERS["output/W"]
    own |= {
        f"output/W/after[{i},{k}]": weights[i][k] - own[f"output/dW[{i},{k}]"]
        for i in (0, 1)
        for k in (0, 1)
    }
    blanks = ("hidden_1/[za]", "output/[za]", "output/dz", "output/dW", "output/W/after")
    marks = graded(nncli, folder, mazur, lambda cell: f"{own[cell]:.7f}", *blanks)
    wrong = [cell for cell, mark in marks.items() if mark["verdict"] != "right"]
    assert wrong == ["hidden_1/z[0,0]"]
    assert marks["hidden_1/a[0,0]"]["carried"]
    assert marks["hidden_1/a[0,1]"] | {"carried": False} == marks["hidden_1/a[0,1]"]
    done = nncli("grade", "answers.csv")
    assert f"{len(marks) - 1} of {len(marks)} right (" in done.out
    assert "right except for an earlier mistake)" in done.out


def test_a_second_slip_on_top_of_the_first_is_one(nncli, mazur, folder):
    right = solutions(nncli, mazur)
    slipped = {"hidden_1/z[0,0]": 0.5775, "hidden_1/a[0,0]": 0.7}
    blanks = ("hidden_1/z", "hidden_1/a")
    marks = graded(nncli, folder, mazur, lambda cell: slipped.get(cell, right[cell]), *blanks)
    assert [cell for cell, mark in marks.items() if mark["verdict"] == "wrong"] == [*slipped]


def test_a_slip_of_one_step_is_carried_into_the_next(nncli, mazur, folder):
    """W1[0,0] goes up, not down; with it, z1 of the second step is right."""
    command = ("--worksheet", "--steps", 2, "--blank", "hidden_1/W/after", "--blank", "hidden_1/z")
    assert nncli("trace", mazur, *command).code == 0
    done = nncli("trace", mazur, "--format", "json", "--steps", 2)
    first, second = (
        {each["name"]: each["values"] for each in step["tensors"]} for step in done.json["steps"]
    )
    gradient = first["hidden_1/dW"][0][0]
    z = second["hidden_1/z"][0][0] + 0.05 * 2 * gradient
    rows = (folder / "answers.csv").read_text().splitlines()
    cells = {"hidden_1/W/after[0,0]": 0.15 + gradient, "hidden_1/z[0,0]": z}
    filled = [
        row + repr(cells[name])
        if (name := next((n for n in cells if n in row), None))
        and row.split(",")[1] == ("1" if "after" in name else "2")
        else row
        for row in rows
    ]
    (folder / "answers.csv").write_text("\n".join(filled) + "\n")
    marks = nncli("grade", "answers.csv", "--json").json["files"][0]["marks"]
    verdicts = [(mark["step"], mark["cell"], mark["verdict"]) for mark in marks if mark["answer"]]
    assert verdicts == [
        (1, "hidden_1/W/after[0,0]", "wrong"),
        (2, "hidden_1/z[0,0]", "right"),
    ]


@pytest.mark.parametrize(
    ("cell", "answer", "slip"),
    [
        ("output/da[0,0]", lambda right: -right["output/da[0,0]"], "sign"),
        (
            "output/W/after[0,0]",  # W + lr dW
            lambda right: 2 * right["output/W/before[0,0]"] - right["output/W/after[0,0]"],
            "sign",
        ),
        ("output/da[0,0]", lambda right: 3 * right["output/da[0,0]"], "forgot 1/n"),
        ("loss", lambda right: 3 * right["loss"], "forgot 1/n"),
        ("hidden_1/dW[0,1]", lambda right: right["hidden_1/dW[1,0]"], "transposed"),
        ("hidden_1/dz[0,0]", lambda right: right["hidden_1/da[0,0]"], "forgot the slope of the"),
        (
            "hidden_1/z[0,0]",  # x W^T
            lambda right: (
                right["hidden_1/W[0,0]"] + 2 * right["hidden_1/W[0,1]"] + right["hidden_1/b[0]"]
            ),
            "transposed",
        ),
        (
            "output/W/after[0,0]",
            lambda right: right["output/W/before[0,0]"],
            "the number before the step",
        ),
        ("loss", lambda right: 0.4321 * right["loss"], ""),
    ],
)
def test_the_usual_slips_are_recognised_and_said(nncli, several, folder, cell, answer, slip):
    value = answer(solutions(nncli, several))
    mark = graded(nncli, folder, several, lambda _: repr(value), cell)[cell]
    assert mark["verdict"] == "wrong"
    assert mark["slip"].startswith(slip)
    assert bool(mark["slip"]) == bool(slip)
    assert (f"wrong: {slip}" in nncli("grade", "answers.csv").out) == bool(slip)
