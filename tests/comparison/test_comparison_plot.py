"""`nncli compare -o`: one picture of curves and results."""

import re
from pathlib import Path

import pytest
from comparison_runs import rate, seed

from nncli.comparison.comparison import compare
from nncli.comparison.comparison_plot import OTHERS, SHADES, apart, draw_comparison
from nncli.errors import escaped


def texts(svg: Path) -> str:
    """What an svg says: the comments that name its paths."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", svg.read_text()))


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF-")])
def test_suffix_chooses_the_format(nncli, folder, on_one_split, all_of, name, begins):
    done = nncli("compare", *all_of(on_one_split), "-o", name)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"\n\npicture: {name}\n")
    assert Path(name).read_bytes().startswith(begins)
    assert [path.name for path in folder.iterdir()] == [name]


def test_picture_names_groups_by_what_differs_and_is_the_same_each_time(
    nncli, folder, on_one_split, all_of
):
    for name in ("a.svg", "b.svg"):
        assert nncli("compare", *all_of(on_one_split), "-o", name, "--json").json["groups"]
    shown = texts(Path("a.svg"))
    for text in ("epoch", "val_loss", "learning_rate 0.1", "learning_rate 0.001"):
        assert text in shown
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()


def test_folds_show_the_validation_curve_of_the_metric(nncli, folder, folds):
    assert nncli("compare", *folds.values(), "-o", "a.svg").code == 0
    assert {"held_out_loss", "val_loss"} <= set(texts(Path("a.svg")).splitlines())


def test_beyond_eight_groups_the_rest_is_grey(folder, twenty):
    draw_comparison(compare(twenty), Path("a.svg"))
    svg = Path("a.svg").read_text()
    assert all(color.lower() in svg for color in SHADES)
    assert f"#{round(float(OTHERS) * 255):02x}" in svg
    assert f"all but the best {len(SHADES)}" in texts(Path("a.svg"))


def test_run_that_ended_early_ends_its_curve_and_not_the_others(folder, maker):
    runs = [
        maker.run("e", rate(0.1), seed(s), f"training.epochs={9 - s}", "loss=mse") for s in (0, 1)
    ]
    draw_comparison(compare(runs), Path("a.png"))


@pytest.mark.parametrize("name", ["$\\nope$", "_hidden", "a\\b{c}", "x^2_3", "a\nb"])
def test_names_are_shown_as_they_are(nncli, folder, maker, name):
    runs = [maker.run(each, rate(lr)) for each, lr in (("a", 0.1), ("b", 0.01))]
    renamed = [run.rename(run.with_name(f"{name}{place}")) for place, run in enumerate(runs)]
    more = maker.run("c", f"network.hidden={[5] * 12}")  # too long for a label
    done = nncli("compare", *renamed, more, "-o", "a.svg")
    assert (done.code, done.err) == (0, "")
    assert escaped(f"{name}0") in done.out
    assert " ".join(f"{name}0".split()) in texts(Path("a.svg"))


@pytest.mark.parametrize("name", ["a.gif", "a"])
def test_unknown_suffix_is_refused_before_any_run_is_read(nncli, folder, name):
    done = nncli("compare", "nowhere", "-o", name)
    assert done.code == 2
    assert ".png, .svg, .pdf" in done.err


def test_picture_that_can_not_be_written_is_an_io_failure(nncli, folder, on_one_split):
    done = nncli("compare", *on_one_split[0.1], "-o", "nowhere/a.png")
    assert (done.code, done.out, done.err.count("\n")) == (74, "", 1)


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([], []),
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([0.97, 0.99], [0.9, 1.0]),
        ([0.0, 0.01], [0.0, 0.1]),
        ([0.30, 0.35, 0.36], [0.237, 0.337, 0.437]),
    ],
)
def test_labels_are_moved_apart(wanted, places):
    assert apart(wanted, 0.1) == pytest.approx(places, abs=1e-3)
