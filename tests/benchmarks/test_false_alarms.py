"""The corrected test keeps its 5%, where the plain one doesn't: a short run of the benchmark."""

import runpy
from pathlib import Path

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "false_alarms.py"))


def test_equally_good_learners_are_told_apart_seldom():
    tables, plain, corrected = BENCHMARK["alarms"](BENCHMARK["least_squares"], (0.7, 0.3), 200)
    assert plain > 0.25 * tables
    assert corrected <= 0.08 * tables
