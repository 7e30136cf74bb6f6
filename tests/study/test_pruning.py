"""Median pruning, by hand."""

import math
import pickle

import pytest

from nncli.study.ended_trial import EndedTrial
from nncli.study.pruning import MedianPruner

NAN = math.nan


def told(*curves, state="completed"):
    return [
        EndedTrial(number, {}, state, curve[max(curve)], curve)
        for number, curve in enumerate(curves)
    ]


def line(values, first=1):
    return dict(enumerate(values, first))


FOUR = told(*(line([start - epoch / 10 for epoch in range(10)]) for start in (1.0, 2.0, 3.0, 4.0)))


def test_worse_than_the_median_of_the_best_so_far_is_pruned():
    pruner = MedianPruner.of(FOUR, "minimize")
    assert pruner.epochs == (6, 7, 8, 9, 10)
    assert pruner.medians == pytest.approx((2.0, 1.9, 1.8, 1.7, 1.6))
    assert pruner.should_prune(line([5, 5, 5, 5, 5, 2.1]))
    assert not pruner.should_prune(line([5, 5, 5, 5, 5, 1.95]))
    assert not pruner.should_prune(line([1.0, 5, 5, 5, 5, 5, 5, 5]))  # its best counts
    assert pruner.should_prune(dict.fromkeys(range(1, 21), 1.7))  # longer than any


def test_more_is_better():
    better = told(*({e: -v for e, v in each.reports.items()} for each in FOUR))
    pruner = MedianPruner.of(better, "maximize")
    assert pruner.should_prune(line([-5, -5, -5, -5, -5, -2.1]))
    assert not pruner.should_prune(line([-5, -5, -5, -5, -5, -1.95]))


def test_none_is_pruned_in_the_warm_up_or_before_four_have_completed():
    worst = line([9.0] * 10)
    assert not MedianPruner.of(FOUR, "minimize").should_prune(line([9.0] * 5))
    assert not MedianPruner.of(FOUR, "minimize").should_prune({})
    assert not MedianPruner.of(FOUR[:3], "minimize").should_prune(worst)
    others = told(worst, worst, worst, state="pruned") + told(worst, state="diverged")
    assert not MedianPruner.of([*FOUR[:3], *others], "minimize").should_prune(worst)
    long = told(*[dict.fromkeys(range(1, 201), 1.0)] * 4)
    assert not MedianPruner.of(long, "minimize").should_prune(line([9.0] * 20))
    assert MedianPruner.of(long, "minimize").should_prune(line([9.0] * 21))


def test_what_ended_early_keeps_its_best_and_what_is_not_known_yet_prunes_nothing():
    short = told(*[line([1.0] * 3)] * 2, *[line([4.0] * 20)] * 2)
    pruner = MedianPruner.of(short, "minimize")
    assert pruner.medians == (2.5,) * 15
    late = told(*[{10: 1.0, 20: 1.0}] * 4)
    pruner = MedianPruner.of(late, "minimize")
    assert not pruner.should_prune(line([9.0] * 9))
    assert pruner.should_prune(line([9.0] * 10))


def test_nan_is_worse_than_any_number():
    pruner = MedianPruner.of(FOUR, "minimize")
    assert pruner.should_prune(line([NAN] * 6))
    assert not pruner.should_prune(line([1.0, NAN, NAN, NAN, NAN, NAN]))
    unknown = told(*[line([NAN] * 10)] * 4)
    assert not MedianPruner.of(unknown, "minimize").should_prune(line([9.0] * 10))


def test_the_picture_can_be_sent():
    pruner = MedianPruner.of(FOUR, "minimize")
    assert pickle.loads(pickle.dumps(pruner)) == pruner
