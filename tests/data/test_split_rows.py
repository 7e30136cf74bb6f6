"""Which rows train, validate and test."""

import numpy as np
import pytest

from nncli.errors import DataError
from nncli.parts.splits import NoSplit, RandomSplit, StratifiedSplit
from nncli.parts.table import Table

SPLITS = [RandomSplit, StratifiedSplit]


def make_table(*class_sizes):
    """So many rows of each class, mixed."""
    y = np.repeat(np.arange(len(class_sizes)), class_sizes)
    y = np.random.default_rng(0).permutation(y)
    x = np.arange(len(y), dtype=float)[:, None]
    return Table(x, y, ("x1",), classes=tuple(map(str, range(len(class_sizes)))))


def deal(split, table, seed=0):
    return split.rows(table, np.random.default_rng(seed))


def sizes(rows):
    return len(rows.train), len(rows.val), len(rows.test)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("class_sizes", [(50, 50, 50), (97, 2, 1), (7, 8, 9), (3, 3, 4)])
def test_every_row_is_in_exactly_one_split(split, class_sizes):
    rows = deal(split(train=0.6, val=0.2, test=0.2), make_table(*class_sizes))
    dealt = np.concatenate([rows.train, rows.val, rows.test])
    assert sorted(dealt) == list(range(sum(class_sizes)))


@pytest.mark.parametrize("split", SPLITS)
def test_rows_are_in_ascending_order(split):
    rows = deal(split(), make_table(30, 30))
    assert all(np.all(np.diff(chosen) > 0) for chosen in rows.named().values())


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, (70, 15, 15)),
        ({"test": 0.3}, (70, 0, 30)),
        ({"val": 0.1, "test": 0.2}, (70, 10, 20)),
        ({"train": 0.8, "val": 0.2}, (80, 20, 0)),
        ({"train": 1.0}, (100, 0, 0)),
    ],
    ids=str,
)
def test_sizes_follow_the_shares(split, shares, expected):
    assert sizes(deal(split(**shares), make_table(50, 30, 20))) == expected


@pytest.mark.parametrize("rows", range(7, 60))
def test_sizes_are_within_one_row_of_the_shares(rows):
    found = sizes(deal(RandomSplit(train=0.7, val=0.15, test=0.15), make_table(rows)))
    assert np.abs(np.array(found) - np.array([0.7, 0.15, 0.15]) * rows).max() < 1


@pytest.mark.parametrize("class_sizes", [(50, 50, 50), (90, 10), (13, 17, 23, 29), (101, 9, 33)])
def test_a_stratified_split_has_each_class_s_share_within_one_row(class_sizes):
    table = make_table(*class_sizes)
    rows = deal(StratifiedSplit(train=0.7, val=0.15, test=0.15), table)
    for chosen, share in ((rows.train, 0.7), (rows.val, 0.15), (rows.test, 0.15)):
        counts = np.bincount(table.y[chosen], minlength=len(class_sizes))
        assert np.abs(counts - share * np.array(class_sizes)).max() <= 1


def test_rounding_in_many_small_classes_does_not_add_up():
    # 0.15 of 4 rows is 0.6: rounded alone, each of 25 classes would give a row to val and test
    rows = deal(StratifiedSplit(), make_table(*[4] * 25))
    assert sizes(rows) == (70, 15, 15)


@pytest.mark.parametrize("split", SPLITS)
def test_the_seed_decides_and_nothing_else(split):
    table = make_table(40, 40)
    first, again, other = (deal(split(), table, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train, again.train)
    assert not np.array_equal(first.train, other.train)


def test_no_split_trains_on_every_row():
    rows = deal(NoSplit(), make_table(3, 4))
    assert rows.train.tolist() == list(range(7))
    assert list(rows.named()) == ["train"]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"train": 0.5, "test": 0.2}, "train \\+ val \\+ test = 1, found 0.7"),
        ({"train": 0.9, "val": 0.3}, "found 1.2"),
        ({"train": 0.0, "test": 1.0}, "a train share > 0"),
        ({"val": 0.5, "test": 0.5}, "a train share > 0"),
    ],
)
def test_shares_that_cannot_be_are_refused(split, shares, message):
    with pytest.raises(ValueError, match=message):
        split(**shares)


@pytest.mark.parametrize("split", SPLITS)
def test_too_few_rows_for_a_share_are_refused(split):
    with pytest.raises(DataError, match=r"a val share of 0.1 of 3 rows is no row at all"):
        deal(split(train=0.8, val=0.1, test=0.1), make_table(3))


def test_a_number_cannot_be_stratified():
    table = Table(np.zeros((9, 1)), np.zeros((9, 1)), ("x1",))
    with pytest.raises(DataError, match="use random"):
        deal(StratifiedSplit(), table)
