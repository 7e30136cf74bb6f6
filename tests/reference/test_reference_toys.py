"""configs/toy_*.yaml: ten rows that a few units learn by heart, whatever the starting weights."""

import pytest
from config_runs import run

SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_ten_rows_end_in_the_right_class(seed):
    toy = run("toy_classification", f"seed={seed}")
    assert toy.last.metrics["accuracy"] == 1.0
    assert toy.last.loss < toy.reports[0].loss


@pytest.mark.parametrize("seed", SEEDS)
def test_the_regression_loss_falls(seed):
    toy = run("toy_regression", f"seed={seed}")
    assert toy.last.loss < 0.5 * toy.reports[0].loss
