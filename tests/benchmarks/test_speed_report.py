"""The report of `make bench`, from figures that nobody had to measure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.speed import (
    bounds,
    machine,
    reach,
    report,
    rows,
    steps,
    tables,
)
from benchmarks.speed.__main__ import KEPT
from benchmarks.speed.bookkeeping import Bookkeeping
from benchmarks.speed.breakdown import Breakdown
from benchmarks.speed.compiling import Compiling
from benchmarks.speed.figures import Figures
from benchmarks.speed.memory import Memory, bound, training_bound
from benchmarks.speed.ranks import Ranks
from benchmarks.speed.scaling import Series
from benchmarks.speed.startup import Startup
from benchmarks.speed.steps import Steps

MICRO = 1e-6
CALLS = {"products": 3, "update": 2, "gather": 0, "rest": 7}
SHARES = (0.3, 0.2, 0.0, 0.5)


@pytest.fixture
def figures():
    """The AND row: nncli 2 us a step, scikit-learn 60, torch 1; one turn of three was slow."""
    own = [2 * MICRO, 20 * MICRO, 2 * MICRO]
    seconds = {
        "nncli": own,
        "nncli numpy": [8 * MICRO, 80 * MICRO, 8 * MICRO],
        "nncli compiled": own,
        "scikit-learn": [60 * MICRO, 600 * MICRO, 62 * MICRO],
        "torch eager": [1 * MICRO, 10 * MICRO, 1 * MICRO],
    }
    loss = {"nncli numpy": 0.1, "scikit-learn": 0.1001, "torch eager": 0.1}
    missing = {"jax scan": "jax is not installed"}
    adam = rows.ROWS["mnist-adam"]
    taken = (bound(adam), training_bound(adam))
    return Figures(
        machine={"CPU": "an abacus", machine.LOAD: "0.1, 0.1, 0.1", "cores": "2"},
        took={"steps": 120.0},
        steps=[
            Steps("and", 1, seconds, loss, missing, "nncli compiled", 60_000),
            Steps("mnist-adam", 1, dict(seconds), loss, missing, "nncli numpy", None),
        ],
        breakdown=[Breakdown("and", 2 * MICRO, CALLS, dict(zip(CALLS, SHARES, strict=True)))],
        startup=Startup(
            {"nncli train, iris": [0.4, 0.4], "scikit-learn, iris": [1.2, 1.2]},
            {"nncli train, iris": [0.2, 0.2], "scikit-learn, iris": [0.2, 0.2]},
        ),
        compiling=[Compiling(3, [0.09, 0.08, 0.5], [0.05, 0.05, 0.05])],
        memory=[
            Memory("mnist-adam", "nncli numpy", *taken),
            Memory("mnist-adam", "nncli compiled", *taken),
            Memory("mnist-adam", "scikit-learn", taken[0] // 2, 2 * taken[1]),
        ],
        bookkeeping=[Bookkeeping("digits", "compiled", 1000, 0.5, 0.04, 1001, 0.03, 0.01)],
        ranks=Ranks(
            {"a, 8 shards": [0.2, 0.3], "a, 8 shards, 2 ranks": [0.1, 0.15]},
            {"a, 8 shards": [0.2, 0.3], "a, 8 shards, 2 ranks": [0.1, 0.15]},
        ),
        scaling=[Series("width", "nncli numpy", [1, 2, 4, 8], [MICRO, MICRO, MICRO, 2 * MICRO])],
    )


def verdicts(goals):
    return {goal.key: goal.verdict for goal in goals}


def test_a_ratio_is_that_of_the_same_turn(figures):
    assert figures.of("and", 1).ratio("scikit-learn", "nncli") == pytest.approx(30)


def test_what_was_asked_is_met_short_or_not_measured(figures):
    found = verdicts(reach.steps(figures, 1))
    assert found["steps 1: and: scikit-learn to nncli"] == "met"  # 30 times ours
    assert found["steps 1: and: torch eager to nncli"] == "**short**"  # half of ours
    assert found["steps 1: and: jax scan to nncli"] == "not measured"


def test_whole_commands_are_judged_by_the_import_beside_them_and_by_peers(figures):
    found = verdicts(reach.all_goals(figures))
    assert found["start-up: nncli train, iris"] == "**short**"  # twice the import, 1.6 asked
    assert found["start-up: scikit-learn, iris"] == "met"
    assert "| 0.40 | 0.40-0.40 | 2x | ≤ 1.6x the bare import: **short** |" in tables.startup(
        figures
    )


def test_memory_is_judged_on_the_line_of_the_default_run(figures):
    lines = tables.memory(figures).splitlines()
    assert "nncli numpy (default)" in lines[2]
    assert "training ≤ 1.15 ÷ bound: met; training ≤ scikit-learn's: met" in lines[2]
    assert "all ≤ 1.5 ÷ bound: met; all ≤ scikit-learn's: **short**" in lines[2]
    assert "met" not in lines[3]


def test_compiling_is_judged_by_its_median(figures):
    assert verdicts(reach.compiling(figures.compiling[0])) == {"compiling: 3": "met"}


def test_two_ranks_are_judged_by_one(figures):
    assert "| 125 | 2x | ≥ 1.5x as fast as one: met |" in tables.ranks(figures).splitlines()[-1]
    figures.ranks = Ranks(missing="mpi4py is not installed")
    assert tables.ranks(figures) == "Not measured: mpi4py is not installed."


def test_rows_that_are_short_and_no_others_have_their_text(figures, tmp_path, monkeypatch):
    path = tmp_path / "bounds.md"
    path.write_text(
        "# x\n\n## steps ?: and: torch *\n\nA.\n\n## scoring: *\n\nB.\n\n## memory: *\n\nTO FILL\n"
    )
    known = bounds.texts(path)
    monkeypatch.setattr(bounds, "texts", lambda: known)
    short = reach.short(reach.all_goals(figures))
    page = bounds.section(short)
    assert "**AND 2→1, full batch: nncli ahead of torch eager (0.5x).**\nA." in page
    assert "B." not in page
    lacking = bounds.without_text(short)
    assert "start-up: nncli train, iris" in lacking
    assert "memory: mnist-adam: all: scikit-learn" in lacking
    assert "steps 1: and: torch eager to nncli" not in lacking


def test_every_goal_has_a_text_for_where_it_is_short(figures):
    one = figures.steps[0]
    figures.steps = [
        Steps(row, threads, one.seconds, one.loss, {}, "nncli compiled")
        for threads in (1, 2)
        for row in reach.STEPS
    ]
    names = [*reach.TO_BARE, *reach.SECONDS, *reach.STARTUP_PEERS]
    turns = {name: [1.0, 1.0] for name in names}
    figures.startup = Startup(turns, turns)
    known = bounds.texts()
    assert [g.key for g in reach.all_goals(figures) if bounds.place(g, known) is None] == []


@pytest.mark.skipif(not KEPT.exists(), reason="the page is older than figures.json")
def test_the_page_is_made_of_the_kept_figures():
    page = KEPT.parents[2] / "docs" / "performance.md"
    made = report.text(Figures.read(KEPT), steps.TOLERANCE)
    assert page.read_text(encoding="utf-8") == made
    assert "Not looked into yet" not in made


def test_the_report_holds_every_figure_and_what_is_missing(figures, tmp_path):
    page = report.write(figures, tmp_path, tolerance=0.005).read_text(encoding="utf-8")
    assert "an abacus" in page
    assert "measured in 2 minutes on" in page
    assert "| AND 2→1, full batch | 100,000 | compiled | 60,000 |" in page
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


def test_scoring_is_judged_from_digits_up(figures):
    assert "| 3.0% | 1.0% | 0.04 | scoring ≤ 10%: met |" in tables.bookkeeping(figures)
    figures.bookkeeping[0].scoring = 0.11
    assert "| 11.0% | 1.0% | 0.04 | scoring ≤ 10%: **short** |" in tables.bookkeeping(figures)


def test_a_slope_is_that_of_the_larger_half(figures):
    assert figures.scaling[0].slope() == pytest.approx(1.0)
    assert "| 1.00 |" in tables.slopes(figures)


def test_another_loss_than_nnclis_ends_the_benchmark(figures):
    found = figures.of("and", 1)
    steps.check(found)
    found.loss["torch eager"] = 0.2
    with pytest.raises(SystemExit, match=r"torch eager ended at loss 0\.2"):
        steps.check(found)


def test_figures_of_a_busy_machine_are_marked(figures):
    assert "Provisional" not in report.text(figures, 0.005)
    figures.machine[machine.LOAD] = "1.9, 0.1, 0.1"
    assert "Provisional" in report.text(figures, 0.005)
