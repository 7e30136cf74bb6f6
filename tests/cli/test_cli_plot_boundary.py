"""`nncli plot-boundary`: what a run predicts over two features, as a picture."""

import re
from pathlib import Path

import pytest


def texts(svg: str) -> str:
    """What an svg says: the comments that name its paths, a line of text each."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", Path(svg).read_text()))


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.png", b"\x89PNG\r\n\x1a\n"), ("a.pdf", b"%PDF-"), ("a.svg", b"<?xml")],
)
def test_suffix_chooses_the_format_and_same_run_gives_the_same_bytes(nncli, iris, name, begins):
    written = []
    for _ in range(2):
        done = nncli("plot-boundary", iris.path, "--features", "petal_length", "-o", name)
        assert (done.code, done.out, done.err) == (0, f"{name}\n", "")
        written.append(Path(name).read_bytes())
    assert written[0].startswith(begins)
    assert written[0] == written[1]


def test_default_is_two_features_said_and_a_picture_named_after_the_run(nncli, iris):
    done = nncli("plot-boundary", iris.path)
    assert (done.code, done.out) == (0, "iris-001-boundary.png\n")
    expected = "note: drawn over petal_length and petal_width; choose others with --features\n"
    assert done.err == expected
    assert Path("iris-001-boundary.png").read_bytes().startswith(b"\x89PNG")


def test_picture_names_axes_classes_held_values_and_mistakes(nncli, iris):
    done = nncli(
        "plot-boundary", iris.path, "--features", "sepal_length,petal_width", "-o", "a.svg"
    )
    assert (done.code, done.err) == (0, "")
    shown = texts("a.svg").replace("\N{NO-BREAK SPACE}", " ")
    for text in ("sepal_length", "petal_width", "species", "setosa", "versicolor", "virginica"):
        assert text in shown.splitlines()
    assert "held at their median: sepal_width 3, petal_length 4" in shown
    assert "predicted wrong" in shown
    assert "iris-001" in shown


def test_gate_needs_no_choice_and_holds_nothing(nncli, train, gate):
    done = nncli("plot-boundary", train(gate).path, "-o", "a.svg")
    assert (done.code, done.err) == (0, "")
    assert {"x1", "x2", "output", "0", "1", "probability"} <= set(texts("a.svg").splitlines())
    assert "held" not in texts("a.svg")


def test_regression_has_a_colour_bar_with_its_target(nncli, train, write):
    config = write(
        "line.yaml",
        "data: {dataset: {type: linear_regression, samples: 50, coefficients: [2, 1]}}",
        "training: {epochs: 1}",
    )
    done = nncli("plot-boundary", train(config).path, "-o", "a.svg")
    assert (done.code, done.err) == (0, "")
    assert "predicted y (dots: true)" in texts("a.svg")


def test_categories_have_columns_by_name(nncli, train, configs):
    run = train(configs / "penguins.yaml", "--set", "training.epochs=1")
    done = nncli("plot-boundary", run.path, "--features", "island,bill_depth_mm", "-o", "a.svg")
    assert (done.code, done.err) == (0, "")
    shown = texts("a.svg")
    assert {"Biscoe", "Dream", "Torgersen", "island"} <= set(shown.splitlines())
    assert "held at their median or most frequent value" in shown


@pytest.mark.parametrize("name", ["$\\nope$", "_hidden", "a\\b{c}", "x^2_3"])
def test_names_are_shown_as_they_are(nncli, train, write, name):
    config = write(
        "names.yaml",
        "data:",
        "  dataset:",
        f"    {{type: inline, x: [[0, 1], [1, 0]], y: ['{name}', other], features: ['{name}', b]}}",
        "training: {epochs: 1}",
    )
    done = nncli("plot-boundary", train(config).path, "-o", "a.svg")
    assert (done.code, done.err) == (0, "")
    assert texts("a.svg").splitlines().count(name) == 2  # on the axis, and in the legend


def test_diverged_run_is_drawn_with_a_note(nncli, write):
    config = write(
        "wild.yaml",
        "data: {dataset: {type: linear_regression, samples: 50, coefficients: [2, 1]}}",
        "network: {hidden: []}",
        "optimizer: {type: sgd, learning_rate: 1.0e+100}",
        "output: {plots: []}",
    )
    assert nncli("train", config, "--quiet").code == 5
    done = nncli("plot-boundary", "runs/wild-001")
    assert done.code == 0
    assert done.err == "note: training has diverged; these are the last weights it kept\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--features", "petal_lenght,sepal_width"], "(did you mean 'petal_length'?)"),
        (["--features", "petal_width,petal_width"], "'petal_width' twice"),
        (["--features", "petal_width,petal_length,sepal_width"], "found 3"),
        (["--target", "specis"], "(did you mean 'species'?)"),
        (["-o", "a.gif"], "a.gif: expected a name ending in .png, .svg, .pdf"),
    ],
)
def test_mistakes_are_named_in_one_line_and_nothing_is_written(nncli, iris, arguments, message):
    done = nncli("plot-boundary", iris.path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not [*Path().iterdir()]


def test_picture_that_can_not_be_written_is_an_io_failure(nncli, iris):
    done = nncli("plot-boundary", iris.path, "--features", "petal_width", "-o", "nowhere/a.png")
    assert (done.code, done.out) == (74, "")
    assert done.err.startswith("nowhere/a.png: ")


def test_plot_boundary_needs_a_run(nncli, folder):
    assert nncli("plot-boundary").code == 2
    assert nncli("plot-boundary", "nowhere").code == 2
    assert "not a run directory" in nncli("plot-boundary", folder).err
