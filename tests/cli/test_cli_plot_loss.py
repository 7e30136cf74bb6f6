"""`nncli plot-loss`: learning curves as pictures."""

import re
from pathlib import Path

import pytest


def texts(svg: Path) -> str:
    """What an svg says: the comments that name its paths."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", svg.read_text()))


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.pdf", b"%PDF-"),
        ("a.svg", b"<?xml"),
        ("A.PNG", b"\x89P"),
    ],
)
def test_suffix_chooses_the_format(nncli, iris, name, begins):
    done = nncli("plot-loss", iris.path, "-o", name)
    assert (done.code, done.out, done.err) == (0, f"{name}\n", "")
    assert Path(name).read_bytes().startswith(begins)


def test_default_name_is_the_run_s_and_the_metric_s(nncli, iris, iris_copy):
    assert nncli("plot-loss", iris.path).out == "iris-001-loss.png\n"
    assert nncli("plot-loss", iris.path, "--metric", "accuracy").out == "iris-001-accuracy.png\n"
    assert nncli("plot-loss", iris.path, iris_copy.path).out == "loss.png\n"
    assert sorted(path.name for path in Path().glob("*.png")) == [
        "iris-001-accuracy.png",
        "iris-001-loss.png",
        "loss.png",
    ]


def test_run_named_from_inside_still_has_its_name(nncli, iris_copy, monkeypatch):
    monkeypatch.chdir(iris_copy.path)
    assert nncli("plot-loss", ".").out == f"{iris_copy.path.name}-loss.png\n"


def test_train_and_validation_are_shown_with_the_best_epoch(nncli, iris):
    nncli("plot-loss", iris.path, "-o", "a.svg")
    shown = texts(Path("a.svg"))
    for text in ("train", "validation", "best val_loss: epoch 20", "cross_entropy, nats per row"):
        assert text in shown


@pytest.mark.parametrize("metric", ["accuracy", "val_accuracy"])
def test_metric_is_shown_for_train_and_validation(nncli, iris, metric):
    nncli("plot-loss", iris.path, "-o", "a.svg", "--metric", metric)
    assert {"accuracy", "train", "validation"} <= set(texts(Path("a.svg")).splitlines())


def test_several_runs_share_a_picture_by_name(nncli, iris, iris_copy):
    nncli("plot-loss", iris.path, iris_copy.path, "-o", "a.svg")
    shown = texts(Path("a.svg")).splitlines()
    for run in (iris, iris_copy):
        assert any(line.startswith(f"{run.path.name}  ") for line in shown)
    assert {"train", "validation"} <= set(shown)


def test_log_scale_changes_the_axis(nncli, iris):
    nncli("plot-loss", iris.path, "-o", "linear.svg", "--linear")
    nncli("plot-loss", iris.path, "-o", "log.svg", "--log")
    assert "\n0.2\n0.5\nloss" in texts(Path("log.svg"))
    assert "\n0.2\n0.4\n" in texts(Path("linear.svg"))


@pytest.mark.parametrize(("picture", "begins"), [("svg", b"<?xml"), ("pdf", b"%PDF-")])
def test_format_names_the_file(nncli, iris, picture, begins):
    done = nncli("plot-loss", iris.path, "--format", picture)
    assert done.out == f"iris-001-loss.{picture}\n"
    assert Path(done.out.strip()).read_bytes().startswith(begins)


def test_format_beside_a_file_s_name_is_one_too_many(nncli, iris):
    done = nncli("plot-loss", iris.path, "--format", "svg", "-o", "a.png")
    assert done.code == 2
    assert "--format is for a plot without --output" in done.err


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_same_run_gives_the_same_bytes(nncli, iris, suffix):
    for name in ("a", "b"):
        nncli("plot-loss", iris.path, "-o", f"{name}.{suffix}")
    assert Path(f"a.{suffix}").read_bytes() == Path(f"b.{suffix}").read_bytes()


def test_unknown_metric_names_the_known_ones(nncli, iris):
    done = nncli("plot-loss", iris.path, "--metric", "accurracy")
    assert done.code == 2
    assert "'accurracy'" in done.err
    assert "f1_macro" in done.err
    assert not list(Path().glob("*.png"))


@pytest.mark.parametrize("name", ["a.gif", "a", "a.png.txt"])
def test_unknown_suffix_names_the_known_ones(nncli, iris, name):
    done = nncli("plot-loss", iris.path, "-o", name)
    assert done.code == 2
    assert ".png, .svg, .pdf" in done.err
    assert not Path(name).exists()


@pytest.mark.parametrize("place", ["file/a.png", "nowhere/a.png"])
def test_picture_that_can_not_be_written_is_an_io_failure(nncli, iris, place):
    Path("file").touch()
    done = nncli("plot-loss", iris.path, "-o", place)
    assert (done.code, done.out) == (74, "")
    assert done.err.startswith(f"{place}: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("name", ["$\\nope$", "_hidden", "a\\b{c}", "x^2_3"])
def test_run_s_name_is_shown_as_it_is(nncli, iris_copy, name):
    renamed = iris_copy.path.rename(iris_copy.path.with_name(name))
    assert nncli("plot-loss", renamed, renamed, "-o", "a.svg").code == 0
    label = next(line for line in texts(Path("a.svg")).splitlines() if " at " in line)
    assert label.split("  ")[0].endswith(name.lstrip("_"))


def test_name_in_letters_the_font_lacks_is_no_reason_to_complain(process, iris_copy):
    renamed = iris_copy.path.rename(iris_copy.path.with_name("虹膜"))
    done = process("plot-loss", renamed, "-o", "a.png")
    assert (done.code, done.err) == (0, "")


def test_changed_log_is_a_corrupt_run(nncli, iris_copy):
    log = iris_copy.path / "metrics.csv"
    log.write_bytes(log.read_bytes().replace(b"0", b"1", 1))
    done = nncli("plot-loss", iris_copy.path)
    assert done.code == 4
    assert done.err.startswith(f"{log}: ")


def test_plot_loss_needs_a_run(nncli):
    assert nncli("plot-loss").code == 2
    assert nncli("plot-loss", "nowhere").code == 2
