"""Cross-validation: every row that isn't kept aside is held out once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.folds import folds
from nncli.errors import DataError
from nncli.parts.splits import (
    FixedSplit,
    GroupSplit,
    NoSplit,
    RandomSplit,
    Rows,
    StratifiedSplit,
    TimeSplit,
)
from nncli.parts.table import Column, Table

GROUPS = 30


def make_table(rows=150, classes=3, seed=0):
    """Rows of several classes, groups and times, mixed."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(rows) % classes) if classes else random.normal(size=(rows, 1))
    aside = {
        "group": Column(random.integers(GROUPS, size=rows).astype(float)),
        "time": Column(random.permutation(rows) // 2 * 1.0),
        "said": Column(np.arange(rows) % 5 // 4.0, ("train", "test")),
    }
    return Table(
        np.zeros((rows, 1)), y, ("x",), classes=tuple(map(str, range(classes))), aside=aside
    )


def cut(split, table, count=5, seed=0):
    """(the split's own rows, its folds)."""
    random = np.random.default_rng(seed)
    rows = split.rows(table, random)
    return rows, folds(split, table, rows, count, random)


SPLITS = [
    NoSplit(),
    RandomSplit(),
    RandomSplit(test=0.2),
    StratifiedSplit(),
    StratifiedSplit(train=0.8, val=0.2),
    GroupSplit(column="group"),
    FixedSplit(column="said"),
]


@pytest.mark.parametrize("count", [2, 5, 10])
@pytest.mark.parametrize("split", SPLITS, ids=lambda split: str(split)[:40])
def test_every_row_but_those_of_test_is_held_out_once(split, count):
    rows, found = cut(split, make_table(), count)
    pool = sorted([*rows.train, *rows.val])
    assert len(found) == count
    assert sorted(np.concatenate([fold.test for fold in found])) == pool
    for fold in found:
        assert sorted(np.concatenate([fold.train, fold.val, fold.test])) == pool
        assert not np.isin(rows.test, np.concatenate([fold.train, fold.val, fold.test])).any()
        assert len(np.unique(np.concatenate([fold.train, fold.val, fold.test]))) == len(pool)


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: str(split)[:40])
def test_validation_rows_keep_their_proportion(split):
    rows, found = cut(split, make_table())
    share = len(rows.val) / (len(rows.train) + len(rows.val))
    for fold in found:
        wanted = share * (len(fold.train) + len(fold.val))
        assert abs(len(fold.val) - wanted) <= (15 if isinstance(split, GroupSplit) else 1)
        assert (len(fold.val) == 0) == (len(rows.val) == 0)


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(10, 40), min_size=2, max_size=8), count=st.integers(2, 10),
    seed=st.integers(0, 3),
)  # fmt: skip
def test_stratified_folds_differ_by_one_row_of_a_class_at_most(sizes, count, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    names = tuple(map(str, range(len(sizes))))
    table = Table(np.zeros((len(y), 1)), y, ("x",), classes=names)
    _, found = cut(StratifiedSplit(train=1.0), table, count, seed)
    counts = np.array([np.bincount(y[fold.test], minlength=len(sizes)) for fold in found])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_groups_are_never_separated_by_a_fold():
    table = make_table()
    group = table.column("group").values
    for fold in cut(GroupSplit(column="group"), table)[1]:
        parts = (fold.train, fold.val, fold.test)
        every = set(group[np.concatenate(parts)])
        assert sum(len(set(group[part])) for part in parts) == len(every)


@pytest.mark.parametrize("count", [1, 4, 9])
def test_folds_in_time_learn_from_the_past_only(count):
    table = make_table()
    time = table.column("time").values
    rows, found = cut(TimeSplit(column="time"), table, count)
    assert len(found) == count
    held = np.concatenate([fold.test for fold in found])
    assert len(np.unique(held)) == len(held)
    assert time[held].max() < time[rows.test].min()
    for before, fold in zip([None, *found], found, strict=False):
        assert time[fold.train].max() < time[fold.val].min() <= time[fold.val].max()
        assert time[fold.val].max() < time[fold.test].min()
        if before is not None:  # each learns from all that came before
            assert time[before.test].max() < time[fold.test].min()
            assert len(fold.train) > len(before.train)


def test_the_seed_decides_the_folds():
    table = make_table()
    first, again, other = (cut(RandomSplit(), table, seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0].test, again[0].test)
    assert not np.array_equal(first[0].test, other[0].test)


def test_folds_of_numbers_are_cut_at_random():
    rows, found = cut(NoSplit(), make_table(classes=0), 7)
    assert sorted(len(fold.test) for fold in found) == [21] * 4 + [22] * 3
    assert len(rows.train) == 150


@pytest.mark.parametrize(
    ("split", "count", "message"),
    [
        (RandomSplit(train=1.0), 11, "11 folds of 10 rows: a fold would be empty"),
        (GroupSplit(column="c", train=1.0), 4, "4 folds: column 'c' has 3 groups"),
        (TimeSplit(column="c", train=1.0), 3, "3 folds of 10 rows: a fold would be empty"),
    ],
)
def test_too_many_folds_are_refused(split, count, message):
    values = Column(np.array([0.0] * 6 + [1, 1, 2, 2]))
    table = Table(np.zeros((10, 1)), np.zeros((10, 1)), ("x",), aside={"c": values})
    rows = Rows(np.arange(10), np.empty(0, int), np.empty(0, int))
    with pytest.raises(DataError, match=message):
        folds(split, table, rows, count, np.random.default_rng(0))
