"""The report of `make bench`, from figures that nobody had to measure."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.speed import data, machine, reach, report, rows, steps, tables
from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.figures import Figures
from benchmarks.speed.memory import Memory, bound
from benchmarks.speed.scaling import Series
from benchmarks.speed.startup import Startup
from benchmarks.speed.steps import Steps

MICRO = 1e-6
CALLS = {"products": 3, "update": 2, "gather": 0, "rest": 7}
SHARES = (0.3, 0.2, 0.0, 0.5)


@pytest.fixture
def figures():
    """The AND row: nncli 2 us a step, scikit-learn 60, torch 100; one turn of three was slow."""
    seconds = {
        "nncli": [2 * MICRO, 20 * MICRO, 2 * MICRO],
        "scikit-learn": [60 * MICRO, 600 * MICRO, 62 * MICRO],
        "torch eager": [100 * MICRO, 1000 * MICRO, 100 * MICRO],
    }
    loss = {"nncli": 0.1, "scikit-learn": 0.1001, "torch eager": 0.1}
    return Figures(
        machine={"CPU": "an abacus", machine.LOAD: "0.1, 0.1, 0.1"},
        steps=[Steps("and", 1, seconds, loss, {"jax scan": "jax is not installed"})],
        breakdown=[Breakdown("and", 2 * MICRO, CALLS, dict(zip(CALLS, SHARES, strict=True)))],
        startup=Startup({"nncli, iris": [0.4, 0.4], "scikit-learn, iris": [1.2, 1.2]}),
        memory=[Memory("mnist-adam", "nncli", bound(rows.ROWS["mnist-adam"]), 0)],
        bookkeeping=[Bookkeeping("and", 1000, 0.5, 1001, 0.03, 0.01)],
        scaling=[Series("width", "nncli", [1, 2, 4, 8], [MICRO, MICRO, MICRO, 2 * MICRO])],
    )


def verdicts(figures):
    return {one.asked.program: one.verdict for one in reach.answers(figures, 1)}


def test_a_ratio_is_that_of_the_same_turn(figures):
    assert figures.of("and", 1).ratio("scikit-learn", "nncli") == pytest.approx(30)


def test_what_was_asked_is_met_short_or_not_measured(figures):
    assert verdicts(figures)["scikit-learn"] == "met"  # 30 times, 27 asked
    assert verdicts(figures)["torch eager"] == "**short**"  # 50 times, 95 asked
    assert verdicts(figures)["nncli"] == "not measured"


def test_the_report_holds_every_figure_and_what_is_missing(figures, tmp_path):
    page = report.write(figures, tmp_path, tolerance=0.005).read_text(encoding="utf-8")
    assert "an abacus" in page
    assert "Not measured: jax scan: jax is not installed." in page
    assert "| 1e-03 (scikit-learn) |" in page
    for picture in ("performance-steps.png", "performance-scaling.png"):
        assert (tmp_path / "images" / picture).stat().st_size > 1000
        assert f"images/{picture}" in page


def test_kept_figures_make_the_same_report(figures, tmp_path):
    figures.save(tmp_path / "figures.json")
    kept = Figures.read(tmp_path / "figures.json")
    assert report.text(kept, 0.005) == report.text(figures, 0.005)


def test_shares_of_a_step_stand_beside_their_calls(figures):
    line = "| AND 2→1, full batch | 2 | 12 | 30% (3) | 20% (2) |  | 50% (7) |"
    assert line in tables.breakdown(figures)


def test_bookkeeping_is_judged_by_all_of_it(figures):
    assert "| 3.0% | 1.0% | met |" in tables.bookkeeping(figures)
    figures.bookkeeping[0].keeping = 0.03
    assert "| 3.0% | 3.0% | **short** |" in tables.bookkeeping(figures)


def test_a_slope_is_that_of_the_larger_half(figures):
    assert figures.scaling[0].slope() == pytest.approx(1.0)
    assert "| 1.00 |" in tables.slopes(figures)


def test_another_loss_than_nnclis_ends_the_benchmark(figures):
    found = figures.of("and", 1)
    steps.check(found)
    found.loss["torch eager"] = 0.2
    with pytest.raises(SystemExit, match=r"torch eager ended at loss 0\.2"):
        steps.check(found)


def test_every_epoch_of_batches_deals_each_row_once():
    row = rows.ROWS["iris"]
    dealt = data.batches(row, 2).reshape(2, -1)
    for epoch in dealt:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(row.rows))
    assert (dealt[0] != dealt[1]).any()


def test_figures_of_a_busy_machine_are_marked(figures):
    assert "Provisional" not in report.text(figures, 0.005)
    figures.machine[machine.LOAD] = "1.9, 0.1, 0.1"
    assert "Provisional" in report.text(figures, 0.005)
