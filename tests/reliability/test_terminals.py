"""Terminals: no name of a column, a class or a run is obeyed by what shows it."""

import csv
import json

import pytest
from foreign_texts import CONTROL, LINE_ENDS

OTHER = ("\x00", "\ufeff", "\n", "\r")  # which a table takes for no part of a name, or for a blank
SIGNS = [sign for sign in (*CONTROL, *LINE_ENDS) if sign not in OTHER]
ALL = "".join(f"{sign}x" for sign in SIGNS)
CLASSES = [f"yes{ALL}", f"no{ALL}", "perhaps"]


@pytest.fixture
def place(folder, nncli):
    """A table whose every name is full of signs, a config that names itself so, and its run."""
    names = [f"n{number}{sign}x" for number, sign in enumerate(SIGNS)]
    header = [*names, f"category{ALL}", f"constant{ALL}", f"all the same{ALL}", f"target{ALL}"]
    with (folder / f"t{SIGNS[0]}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in range(60):
            numbers = [(row * (place + 3)) % 11 for place in range(len(names))]
            writer.writerow(
                [*numbers, f"{ALL}{row % 3}", 1, f"same{ALL}", CLASSES[row % 5 % 3]],
            )
    lines = {
        "name": f"run{ALL}\nx\rx",
        "data": {"path": f"t{SIGNS[0]}.csv", "target": header[-1]},
        "network": {"hidden": [2]},
        "training": {"epochs": 2},
        "output": {"plots": []},
    }
    (folder / "it.yaml").write_text(json.dumps(lines))
    assert nncli("train", "it.yaml", "--quiet", "--runs-dir", "runs").code == 0
    (run,) = (folder / "runs").iterdir()
    return f"t{SIGNS[0]}.csv", run


def commands(table, run):
    """(arguments, exit code) of every command, its errors among them."""
    yield ("validate", "it.yaml"), 0
    yield ("config", "it.yaml"), 0
    yield ("config", "it.yaml", "--json"), 0
    yield ("train", "it.yaml"), 0
    yield ("train", "it.yaml", "--json", "--folds", "2"), 0
    yield ("train", "it.yaml", "--folds", "2"), 0
    yield ("train", "--resume", run), None
    yield ("train", "--resume", run, "--set", "training.epochs=3"), 0
    yield ("train", "it.yaml", "--set", f"data.target={CLASSES[0]}"), 2
    yield ("train", f"{ALL}.yaml"), 2
    yield ("evaluate", run), 0
    yield ("evaluate", run, "--json", "--no-plots"), 0
    yield ("evaluate", run, "--data", table, "--no-plots"), 0
    yield ("evaluate", run, "--data", f"{ALL}.csv"), 2
    yield ("predict", run, table, "-o", f"p{ALL}.csv"), 0
    yield ("predict", run, "it.yaml"), 2
    yield ("doctor", run), 0
    yield ("gradcheck", run), 0
    yield ("verify", run), 0
    yield ("explain", run), 0
    yield ("export", run, "--to", "numpy"), 0
    yield ("export", run, "--to", "numpy", "-o", f"s{ALL}.py"), 0
    yield ("export", run, "--to", "pytorch"), 0
    yield ("export", run, "--to", "pytorch", "-o", f"t{ALL}.py"), 0
    yield ("export", run, "--to", "tensorboard", "-o", f"l{ALL}"), 0
    yield ("watch", run), 0
    yield ("watch", run, "--metric", ALL), 2
    for form in ("text", "markdown", "html", "json"):
        yield ("trace", run, "--format", form), 0
    yield ("trace", run, "--worksheet", "--answers", f"a{ALL}.csv"), 0
    yield ("grade", f"a{ALL}.csv"), 1
    yield ("plot-loss", run), 0
    yield ("plot-loss", run, "--metric", ALL), 2
    yield ("compare", run, "-o", "c.svg"), 0
    yield ("compare", run, "--json"), 0
    yield ("compare", run, "runs"), 2
    yield ("compare", run, f"{ALL}"), 2
    yield ("compare", run, "--metric", ALL), 2
    yield ("plot-boundary", run), 0
    yield ("plot-boundary", run, "--features", ALL), 2
    yield ("init", table, "--target", f"target{ALL}", "-o", "-"), 0
    yield ("init", table, "--target", ALL), 2
    yield ("list", ALL), 2
    yield (ALL,), 2
    yield ("train", "it.yaml", f"--{ALL}"), 2


def test_no_sign_in_a_name_reaches_a_terminal(place, nncli):
    table, run = place
    shown = 0
    for arguments, code in commands(table, run):
        done = nncli(*arguments)
        assert done.code == code or code is None, (arguments, done.err)
        for text in (done.out, done.err):
            found = {sign for sign in text if sign != "\n" and not sign.isprintable()}
            assert not found, (arguments, found, text)
            shown += text.count(r"\u202e")
    assert shown > 50


def test_no_name_makes_one_line_of_a_summary_look_like_two(place, nncli):
    done = nncli("validate", "it.yaml")
    for line in (done.out + done.err).splitlines():
        assert not line.startswith("x")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_predictions_that_a_spreadsheet_takes_for_formulas_are_kept_and_named(
    sign, folder, nncli, write
):
    formula = f'{sign}HYPERLINK("http://x")'.strip()
    with (folder / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["x", "y"], *([i, [formula, "no"][i % 2]] for i in range(20))])
    config = write("it.yaml", "data: {path: t.csv, target: y}", "training: {epochs: 1}")
    assert nncli("train", config, "-q", "--set", "output.plots=[]").code == 0
    done = nncli("predict", "runs/it-001", "t.csv", "--probabilities")
    rows = list(csv.reader(done.out.splitlines()))
    predicted = {row[rows[0].index("prediction")] for row in rows[1:]}
    assert predicted <= {formula, "no"}
    is_named = "a spreadsheet takes for formulas" in done.err
    assert is_named == (formula[0] in "=+-@")


def test_numbers_are_no_formulas(folder, nncli, write):
    rows = "".join(f"{i % 2},{(-1) ** i}\n" for i in range(20))
    (folder / "t.csv").write_text(f"x,y\n{rows}")
    config = write("it.yaml", "data: {path: t.csv, target: y, task: classification}")
    assert nncli("train", config, "-q", "--set", "output.plots=[]").code == 0
    done = nncli("predict", "runs/it-001", "t.csv")
    assert done.code == 0
    assert "-1" in done.out
    assert "spreadsheet" not in done.err
