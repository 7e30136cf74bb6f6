"""Splits that look at a column: groups, times and what the table itself says."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import columns, lines_of, read, write

from nncli.errors import DataError, TableError
from nncli.parts.splits import FixedSplit, GroupSplit, RandomSplit, StratifiedSplit, TimeSplit
from nncli.parts.table import PART, Column, Table


def table_with(values, categories=(), y=None):
    """A Table that has a column `c` aside."""
    values = np.asarray(values, dtype=float)
    y = np.zeros((len(values), 1)) if y is None else np.asarray(y)
    classes = tuple(map(str, range(y.max() + 1))) if y.ndim == 1 else ()
    column = Column(values, tuple(categories))
    return Table(np.zeros((len(values), 1)), y, ("x",), classes=classes, aside={"c": column})


def deal(split, table, seed=0):
    return split.rows(table, np.random.default_rng(seed))


def names(rows, count):
    """The part of each row."""
    found = [""] * count
    for part, chosen in rows.named().items():
        for row in chosen:
            assert found[row] == ""
            found[row] = part
    return found


# ---- groups


@settings(max_examples=100)
@given(
    groups=st.lists(st.integers(0, 12), min_size=20, max_size=80).filter(lambda g: len(set(g)) > 2),
    seed=st.integers(0, 5),
    shares=st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.25, 0.25), (0.8, 0.0, 0.2), (0.4, 0.6, 0)]),
)
def test_a_group_is_never_separated(groups, seed, shares):
    split = GroupSplit(column="c", **dict(zip(("train", "val", "test"), shares, strict=True)))
    rows = deal(split, table_with(groups), seed)
    parts = names(rows, len(groups))
    assert "" not in parts
    assert len(set(zip(groups, parts, strict=True))) == len(set(groups))
    for name, share in zip(("train", "val", "test"), shares, strict=True):
        assert (name in parts) == (share > 0)
    largest = max(np.bincount(groups))
    sizes = [parts.count(name) for name in ("train", "val", "test")]
    assert np.abs(np.array(sizes) - np.array(shares) * len(groups)).max() <= largest


def test_shares_of_many_small_groups_are_met():
    rows = deal(GroupSplit(column="c"), table_with(np.repeat(np.arange(100), 10)))
    assert [len(part) for part in rows.named().values()] == [700, 150, 150]


def test_a_large_group_leaves_the_others_to_the_other_parts():
    rows = deal(GroupSplit(column="c"), table_with([0] * 50 + [1] * 50 + [2]))
    assert sorted(len(part) for part in rows.named().values()) == [1, 50, 50]


def test_the_seed_decides_which_groups():
    table = table_with(np.repeat(np.arange(40), 3))
    first, again, other = (deal(GroupSplit(column="c"), table, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_groups_are_texts_or_numbers(tmp_path):
    text = columns(c=["Ann", "Bob", "Cem", "Dee"], x=[1, 2, 3], y=["a", "b"], rows=40)
    table = read(tmp_path, text, aside={"c": "data.split.column"})
    parts = names(deal(GroupSplit(column="c", train=0.5, val=0.25, test=0.25), table), 40)
    assert sorted(set(zip(["Ann", "Bob", "Cem", "Dee"] * 10, parts, strict=True))) == sorted(
        zip(["Ann", "Bob", "Cem", "Dee"], parts[:4], strict=True)
    )
    assert "c" not in table.features


def test_too_few_groups_are_refused():
    with pytest.raises(DataError, match="column 'c' has 2 groups in these 40 rows: too few for 3"):
        deal(GroupSplit(column="c"), table_with([0, 1] * 20))
    assert len(deal(GroupSplit(column="c", train=0.5, test=0.5), table_with([0, 1] * 20)).val) == 0


# ---- times


@settings(max_examples=100)
@given(
    times=st.lists(st.integers(0, 60), min_size=20, max_size=80).filter(lambda t: len(set(t)) > 12),
    seed=st.integers(0, 3),
)
def test_nothing_is_learnt_from_the_future(times, seed):
    times = [*times, *range(61, 61 + len(times))]  # so that no part is of one moment
    rows = deal(TimeSplit(column="c"), table_with(times), seed)
    of = np.array(times)
    assert of[rows.train].max() < of[rows.val].min()
    assert of[rows.val].max() < of[rows.test].min()
    assert "" not in names(rows, len(times))
    # shares are met but for rows of one moment, which go to the earlier part
    assert len(rows.train) >= round(0.7 * len(times)) - 1
    assert (of < of[rows.train].max()).sum() < 0.7 * len(times) + 1


def test_rows_of_one_moment_stay_together():
    rows = deal(TimeSplit(column="c", train=0.5, test=0.5), table_with([3, 1, 2, 2, 2, 2, 2, 4]))
    assert rows.train.tolist() == [1, 2, 3, 4, 5, 6]
    assert rows.test.tolist() == [0, 7]


@pytest.mark.parametrize("shares", [{}, {"train": 0.5, "test": 0.5}])
def test_moments_that_leave_a_part_empty_are_refused(shares):
    times = [1] * 39 + [2]
    if shares:
        times = [1] * 40
    with pytest.raises(
        DataError, match=r"no row is left for (val|test): too many of 'c' are equal"
    ):
        deal(TimeSplit(column="c", **shares), table_with(times))


@pytest.mark.parametrize(
    "write_date",
    [
        lambda t: t.date().isoformat(),
        lambda t: t.isoformat(),
        lambda t: t.isoformat(sep=" "),
        lambda t: t.isoformat() + "Z",
        lambda t: t.strftime("%G-W%V-%u"),
        lambda t: (t.replace(tzinfo=UTC) + timedelta(hours=5)).isoformat().replace("+00", "+05"),
        lambda t: t.strftime("%Y%m%d"),
        lambda t: str(int(t.timestamp())),
    ],
    ids=["date", "T", "space", "Z", "week", "zone", "digits", "seconds"],
)
def test_dates_are_put_in_order(tmp_path, write_date):
    days = np.random.default_rng(0).permutation(300)
    dates = [write_date(datetime(2025, 11, 5) + timedelta(int(day))) for day in days]
    text = columns(c=dates, x=[1, 2, 3], y=["a", "b"], rows=300)
    table = read(tmp_path, text, aside={"c": "data.split.column"})
    rows = deal(TimeSplit(column="c"), table)
    assert sorted(days[rows.train]) == list(range(210))
    assert sorted(days[rows.test]) == list(range(255, 300))


def test_zones_are_compared_at_one_moment():
    dates = ("2026-01-01T00:30+01:00", "2025-12-31T23:45Z", "2026-01-01T05:00+05:30", "2026-01-01")
    # in UTC: 23:30, 23:45, 23:30 and, without a zone, 00:00
    table = table_with([0, 1, 2, 3], dates)
    rows = deal(TimeSplit(column="c", train=0.5, val=0.25, test=0.25), table)
    assert [part.tolist() for part in rows.named().values()] == [[0, 2], [1], [3]]


def test_what_is_no_date_is_all_placed(tmp_path):
    dates = ["2026-01-01", "2026-02-30", "01/02/2026", "2026-01-03"]
    text = columns(c=dates, x=[1, 2, 3], y=["a", "b"], rows=4)
    table = read(tmp_path, text, aside={"c": "data.split.column"})
    with pytest.raises(TableError) as caught:
        deal(TimeSplit(column="c"), table)
    expected = "expected a number or a date such as 2026-03-01"
    assert lines_of(caught.value, tmp_path) == [
        f"table.csv:3: column 'c': {expected}, found '2026-02-30'",
        f"table.csv:4: column 'c': {expected}, found '01/02/2026'",
    ]


@pytest.mark.parametrize("split", [GroupSplit(column="c"), TimeSplit(column="c")])
def test_rows_without_a_value_are_all_placed(tmp_path, split):
    text = columns(c=[1, 2, "", 4], x=[1, 2, 3], y=["a", "b"], rows=100)
    table = read(tmp_path, text, aside={"c": "data.split.column"})
    with pytest.raises(TableError) as caught:
        deal(split, table)
    found = lines_of(caught.value, tmp_path)
    assert found[0] == "table.csv:4: column 'c': the split needs a value here"
    assert found[-1] == "and 5 more"


# ---- what the table says


def test_a_column_says_which_rows_train(tmp_path):
    said = ["train", "Test", " val ", "VALIDATION", "dev", "training", "holdout"]
    text = columns(c=said, x=[1, 2, 3], y=["a", "b"], rows=14)
    table = read(tmp_path, text, aside={"c": "data.split.column"})
    rows = deal(FixedSplit(column="c"), table)
    assert rows.train.tolist() == [0, 5, 7, 12]
    assert rows.val.tolist() == [2, 3, 4, 9, 10, 11]
    assert rows.test.tolist() == [1, 6, 8, 13]


def test_two_parts_are_enough(tmp_path):
    text = columns(c=["train", "test"], x=[1, 2, 3], y=["a", "b", "a", "b", "b"], rows=10)
    rows = deal(FixedSplit(column="c"), read(tmp_path, text, aside={"c": "data.split.column"}))
    assert list(rows.named()) == ["train", "test"]


def test_files_say_which_rows_train(tmp_path):
    test = write(tmp_path, "x,y\n7,a\n8,b\n", "test.csv")
    split = FixedSplit(test=test)
    table = read(tmp_path, columns(x=[1, 2, 3], y=["a", "b"], rows=6), parts=split.files)
    rows = deal(split, table)
    assert (rows.train.tolist(), rows.val.tolist(), rows.test.tolist()) == (
        [0, 1, 2, 3, 4, 5], [], [6, 7],
    )  # fmt: skip
    assert table.column(PART).categories == ("train", "test")


@pytest.mark.parametrize(
    ("values", "categories", "lines"),
    [
        ([0, 1, 2, 1], ("train", "tst", "val"), {2: "tst", 4: "tst"}),
        ([0, 1, 1, 0], (), {1: "0", 2: "1", 3: "1", 4: "0"}),
        ([0, 1, 1, 0], ("train", "test", "unused"), {}),
    ],
)
def test_other_words_are_all_placed(values, categories, lines):
    split, table = FixedSplit(column="c"), table_with(values, categories)
    if not lines:
        assert deal(split, table).train.tolist() == [0, 3]
        return
    with pytest.raises(TableError) as caught:
        deal(split, table)
    assert caught.value.lines() == [
        f"row {row}: column 'c': expected train, val or test, found '{word}'"
        for row, word in lines.items()
    ]


def test_a_fixed_split_needs_training_rows():
    with pytest.raises(DataError, match="says train of no row"):
        deal(FixedSplit(column="c"), table_with([0, 1], ("val", "test")))


# ---- shares


@settings(max_examples=150)
@given(
    sizes=st.lists(st.integers(2, 40), min_size=1, max_size=12),
    shares=st.tuples(st.integers(1, 8), st.integers(0, 8), st.integers(0, 8)),
    seed=st.integers(0, 3),
)
def test_shares_are_met_in_every_class_and_in_all(sizes, shares, seed):
    shares = np.array(shares) / sum(shares)
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = StratifiedSplit(**dict(zip(("train", "val", "test"), shares.tolist(), strict=True)))
    parts = split.divide(
        table_with(y, y=y), np.arange(len(y)), split.shares, np.random.default_rng(seed)
    )
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for part, share in zip(parts, shares, strict=True):
        counts = np.bincount(y[part], minlength=len(sizes))
        assert np.abs(counts - share * np.array(sizes)).max() < 1
        assert abs(len(part) - share * len(y)) < 2
        assert len(part) == 0 or share > 0


def test_a_split_looks_at_no_value_of_a_feature():
    one, other = (Table(np.full((50, 1), fill), np.zeros((50, 1)), ("x",)) for fill in (0.0, 7.0))
    first, second = deal(RandomSplit(), one), deal(RandomSplit(), other)
    np.testing.assert_array_equal(first.train, second.train)
