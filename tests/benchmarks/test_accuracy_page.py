"""docs/accuracy.md is what results.jsonl says, and its figures are what they are called."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def accuracy(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    import benchmarks.accuracy.__main__ as accuracy

    return accuracy


def test_the_page_is_made_of_the_results(accuracy):
    made = accuracy.page.page(accuracy.read_results())
    assert (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8") == made


def test_what_predictions_are_worth(accuracy):
    part, truth = np.array([0, 2, 2, 2, 2]), np.array([0.0, 1, 2, 3, 6])
    numbers = accuracy.Loaded(None, truth, None, part)
    found = np.array([1.0, 2, 3, 4])
    own = accuracy.figures(numbers, {"predictions": found, "low": found - 1, "high": found + 1})
    assert own == pytest.approx({"r2": 1 - 4 / 14, "coverage": 0.75})
    classes = accuracy.Loaded(None, np.array([0, 1, 1, 0, 0]), np.array(["a", "b"]), part)
    sure = np.array([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1], [0.4, 0.6]])
    own = accuracy.figures(classes, {"predictions": sure})
    assert own["accuracy"] == 0.75
    assert own["log_loss"] == pytest.approx(-np.log([0.8, 0.6, 0.9, 0.4]).mean())
    assert own["calibration_error"] == pytest.approx((0.2 + 0.4 + 0.1 + 0.6) / 4)


def test_only_seeds_that_every_method_of_a_table_has_are_compared(accuracy):
    tried = [("nncli", "ames", 0), ("nncli", "ames", 1), ("HGB", "ames", 0), ("HGB", "hpc", 1)]
    lines = [dict(zip(("method", "table", "seed"), each, strict=True)) for each in tried]
    assert accuracy.page._paired(lines) == [lines[0], lines[2], lines[3]]


def test_ranks_share_ties_and_lower_losses_are_better(accuracy):
    table = accuracy.TABLES[1]
    assert not table.is_number
    lines = [
        {"method": name, "table": table.name, "seed": 0, "cpu": 1.0, "accuracy": 0.9, "log_loss": x}
        for name, x in (("nncli", 0.2), ("HGB", 0.3), ("linear", 0.2))
    ]
    results = accuracy.page.Results(lines)
    ranks = accuracy.page._ranks(results, [table], ["nncli", "HGB", "linear"])
    assert ranks == {"nncli": (2 + 1.5) / 2, "HGB": (2 + 3) / 2, "linear": (2 + 1.5) / 2}


def test_dear_methods_are_beside_ours_on_their_own_seeds(accuracy):
    scores = {"accuracy": 0.9, "log_loss": 0.2, "cpu": 1.0}
    tried = [("nncli", 0, 0.1), ("nncli", 1, 0.5), ("TabM", 0, 0.3)]
    lines = [
        {**scores, "method": name, "table": "hpc", "seed": seed, "log_loss": loss}
        for name, seed, loss in tried
    ]
    text = accuracy.page.page(lines)
    assert "| hpc | TabM | 1 | 0.900 / 0.300 | 0.900 / 0.100 | 1 | 1 |" in text
    assert "| hpc | 0.900 / 0.300 |\n" in text  # the mean of both seeds, which TabM doesn't narrow


def test_a_dear_method_is_ranked_on_the_tables_and_seeds_that_it_has(accuracy):
    tables = [table.name for table in accuracy.TABLES if not table.is_number and not table.is_old]
    scores = {"cpu": 1.0, "accuracy": 0.9}
    losses = {("nncli", 0): 0.1, ("nncli", 1): 0.9, ("HGB", 0): 0.3, ("HGB", 1): 0.1}
    lines = [
        {**scores, "method": method, "table": table, "seed": seed, "log_loss": loss}
        for table in tables[:2]
        for (method, seed), loss in {**losses, ("TabM", 0): 0.2}.items()
    ]
    text = accuracy.page.page(lines)
    assert "TabM, on its 2 tables and their seeds: nncli 1.50, TabM 2.00, HGB 2.50.\n" in text
    assert "Mean ranks" not in accuracy.page.page([x for x in lines if x["table"] == tables[0]])
