"""Splits: which rows are for training, validation and test. Simple -> complex."""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated

import numpy as np

from nncli.constraints import ConfigPath, Share
from nncli.errors import DataError, did_you_mean, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import PART, Table, refuse_rows
from nncli.registry import Part, part


@frozen
class Rows:
    """Row indices of each split, ascending and disjoint."""

    train: Array
    val: Array
    test: Array

    def named(self) -> dict[str, Array]:
        """The splits that aren't empty, by name."""
        every = {"train": self.train, "val": self.val, "test": self.test}
        return {name: rows for name, rows in every.items() if len(rows)}


def divide_groups(
    groups: Sequence[Array], shares: Sequence[float], random: np.random.Generator
) -> list[Array]:
    """The rows of each part, ascending, if each group is shuffled and cut by the shares.

    The rounding error of a group is carried to the next, so that the totals are right, too.
    """
    wanted, carried = np.asarray(shares, dtype=float), np.zeros(len(shares))
    parts: list[list[Array]] = [[np.empty(0, dtype=np.intp)] for _ in shares]
    for group in groups:
        ideal = wanted * len(group)
        counts = _largest_remainders(ideal, len(group), carried)
        carried += ideal - counts
        cuts = np.cumsum(counts)[:-1]
        for chosen, piece in zip(parts, np.split(random.permutation(group), cuts), strict=True):
            chosen.append(piece)
    return [np.sort(np.concatenate(chosen)) for chosen in parts]


def divide_at_random(
    pool: Array, shares: Sequence[float], random: np.random.Generator
) -> list[Array]:
    """The pool's parts, whatever the rows are."""
    return divide_groups([pool], shares, random)


def divide_by_class(
    table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
) -> list[Array]:
    """The pool's parts, each with the pool's proportions of classes."""
    classes = table.y[pool]
    return divide_groups([pool[classes == c] for c in range(len(table.classes))], shares, random)


def divide_by_label(
    table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
) -> list[Array]:
    """The pool's parts, each with its share of each label's rows.

    Among the rows left, those of the rarest label are divided first; those without labels last. How
    many a part gets depends on what it lacks of the label, and in total. Source: Sechidis,
    Tsoumakas and Vlahavas (2011), On the stratification of multi-label data, a label at a time.
    """
    columns = [table.y[pool] > 0, np.ones(len(pool), dtype=bool)]  # the last: in total
    has, left = np.column_stack(columns), np.arange(len(pool))
    lacking = np.outer(shares, has.sum(axis=0))
    owner = np.zeros(len(pool), dtype=np.intp)
    while len(left):
        counts = has[left].sum(axis=0)
        column = int(np.where(counts > 0, counts, np.inf).argmin())
        rows = random.permutation(left[has[left, column]])
        wanted = np.maximum(lacking[:, column], 0.0)
        wanted = wanted / wanted.sum() if wanted.any() else np.asarray(shares, dtype=float)
        owed = lacking[:, -1] - np.multiply(shares, len(left))  # in total, from labels before
        counts = _largest_remainders(wanted * len(rows), len(rows), owed)
        for number, piece in enumerate(np.split(rows, np.cumsum(counts)[:-1])):
            owner[piece] = number
            lacking[number] -= has[piece].sum(axis=0)
        left = left[~has[left, column]]
    return [pool[owner == number] for number in range(len(shares))]


def divide_by_target(
    table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
) -> list[Array]:
    """The pool's parts by classes or labels; at random if the target has neither."""
    if table.labels:
        return divide_by_label(table, pool, shares, random)
    if table.classes:
        return divide_by_class(table, pool, shares, random)
    return divide_at_random(pool, shares, random)


class Split(Part):
    """Table -> Rows.

    column: the name of the column that it depends on, if any.
    """

    kind = "split"
    column: str | None = None

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        raise NotImplementedError

    def divide(
        self, table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
    ) -> list[Array]:
        """Divide the rows `pool` into parts by shares that sum to 1; here `divide_by_target`."""
        return divide_by_target(table, pool, shares, random)


@part("none")
class NoSplit(Split):
    """Every row trains; `evaluate` then scores the training rows, and says so."""

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        none = np.empty(0, dtype=np.intp)
        return Rows(np.arange(len(table)), none, none)


@frozen
class Shares(Split):
    """train + val + test = 1. Default: 0.7, 0.15, 0.15; with val or test, train is the rest."""

    train: Annotated[Share | None, "share of rows; default: what is left"] = None
    val: Annotated[Share | None, "share of rows; default 0 if another is given"] = None
    test: Annotated[Share | None, "share of rows; default 0 if another is given"] = None

    def __post_init__(self) -> None:
        if self.train == self.val == self.test is None:
            shares = (0.7, 0.15, 0.15)
        else:
            val, test = self.val or 0.0, self.test or 0.0
            rest = 1.0 - val - test
            shares = (round(rest, 12) if self.train is None else self.train, val, test)
        for name, share in zip(("train", "val", "test"), shares, strict=True):
            object.__setattr__(self, name, share)  # the resolved config shows all three
        if abs(sum(shares) - 1.0) > 1e-9:
            raise ValueError(f"expected train + val + test = 1, found {sum(shares):g}")
        if shares[0] <= 0:
            raise ValueError("expected a train share > 0")

    @property
    def shares(self) -> tuple[float, float, float]:
        assert self.train is not None
        return self.train, self.val or 0.0, self.test or 0.0

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        """The rows of each split. Raises DataError if one with a share > 0 is empty."""
        rows = Rows(*self.divide(table, np.arange(len(table)), self.shares, random))
        for name, share in zip(("train", "val", "test"), self.shares, strict=True):
            if share > 0 and name not in rows.named():
                reason = f"a {name} share of {share:g} of {len(table)} rows is no row at all"
                if self.column and share * len(table) >= 1:
                    reason = f"no row is left for {name}: too many of '{self.column}' are equal"
                raise DataError(reason)
        return rows


def _largest_remainders(ideal: Array, total: int, carried: Array | float = 0.0) -> Array:
    """`ideal` rounded to integers that sum to `total`: those with the largest remainders go up.

    carried: added to the remainders when they are compared.
    """
    counts = np.floor(ideal + 1e-9).astype(int)
    remainders = ideal - counts
    wishes = np.where(remainders > 1e-9, remainders + carried, -np.inf)
    counts[np.argsort(-wishes, kind="stable")[: total - counts.sum()]] += 1
    return counts


@part("random")
class RandomSplit(Shares):
    """Rows assigned at random."""

    def divide(
        self, table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
    ) -> list[Array]:
        return divide_at_random(pool, shares, random)


@part("stratified")
class StratifiedSplit(Shares):
    """Rows assigned at random within each class, so that every split has the classes' proportions.

    With several labels, every split has its share of each label's rows.
    """

    def divide(
        self, table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
    ) -> list[Array]:
        if table.task == "regression":
            raise DataError(
                "a stratified split needs classes, but the target is a number: use random"
            )
        return divide_by_target(table, pool, shares, random)


ColumnName = Annotated[str, "a column of the table, which is then no feature"]


@part("group")
class GroupSplit(Shares):
    """Whole groups assigned at random: rows with equal values in `column` are never separated.

    A patient, a customer or a machine that is in the training rows is in no other split.
    """

    column: ColumnName = field(kw_only=True)

    def divide(
        self, table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
    ) -> list[Array]:
        """Each group, the largest first, goes to the part that lacks most rows."""
        values = _column_values(table, self.column, pool)
        _, group_of_row = np.unique(values, return_inverse=True)
        order = random.permutation(group_of_row.max() + 1)
        sizes = np.bincount(group_of_row)
        wanting = np.asarray(shares, dtype=float) * len(pool)
        owner = np.empty(len(sizes), dtype=int)
        if (wanting > 0).sum() > len(sizes):
            raise DataError(
                f"column '{self.column}' has {len(sizes)} groups in these {len(pool):,} rows: too "
                f"few for {(wanting > 0).sum()} parts"
            )
        empty = wanting > 0
        order = order[np.argsort(-sizes[order], kind="stable")]
        for assigned, group in enumerate(order):
            candidates = wanting
            if len(order) - assigned <= empty.sum():  # the groups left are needed by empty parts
                candidates = np.where(empty, wanting, -np.inf)
            owner[group] = np.argmax(candidates)
            wanting[owner[group]] -= sizes[group]
            empty[owner[group]] = False
        return [pool[owner[group_of_row] == index] for index in range(len(shares))]


@part("time")
class TimeSplit(Shares):
    """The earliest rows train, later ones validate, the latest test: nobody knows the future.

    `column` holds numbers or dates (ISO 8601, such as 2026-03-01; others by a format in
    data.columns). Rows of one moment stay together.
    """

    column: ColumnName = field(kw_only=True)

    def divide(
        self, table: Table, pool: Array, shares: Sequence[float], random: np.random.Generator
    ) -> list[Array]:
        times = _times(table, self.column, _column_values(table, self.column, pool), pool)
        order = np.argsort(times, kind="stable")
        counts = _largest_remainders(np.asarray(shares, dtype=float) * len(pool), len(pool))
        ends, rising = np.cumsum(counts), times[order]
        # a part ends behind the last row of its last moment, so that equal moments stay together
        cuts = [
            int(np.searchsorted(rising, rising[end - 1], "right")) if end else 0 for end in ends
        ]
        return [np.sort(pool[piece]) for piece in np.split(order, cuts[:-1])]


def _column_values(table: Table, name: str, pool: Array) -> Array:
    """A column's values in the pool. Raises DataError without the column, or if one is missing."""
    try:
        values = table.column(name).values[pool]
    except KeyError:
        raise DataError(
            f"no column '{name}'{did_you_mean(name, table.features)}", key="data.split.column"
        ) from None
    lacking = pool[np.isnan(values)].tolist()
    if lacking:
        raise refuse_rows(lacking, table.place, name, lambda _: "the split needs a value here")
    return values


def _times(table: Table, name: str, values: Array, pool: Array) -> Array:
    """The numbers of a column, or its dates as days. Raises TableError for other texts."""
    from nncli.parts.date_formats import DAY_FIRST, date_format, written
    from nncli.parts.dates import days_of

    texts = table.column(name).categories
    if not texts:
        return values
    _, form, open_text = date_format(texts)
    fix = ""
    if open_text:
        said = written(open_text, DAY_FIRST)
        fix = f' (data.columns: {{"{printable(name)}": {{format: "{said}"}}}}, say)'
    moments: Array = np.zeros(len(texts))
    wrong = {}
    for index, text in enumerate(texts):
        if open_text or (days := days_of(text, form)) is None:
            wrong[index] = text
        else:
            moments[index] = days
    if wrong:
        rows = [
            row for row, code in zip(pool.tolist(), values.tolist(), strict=True) if code in wrong
        ]
        found = dict(zip(pool.tolist(), values.tolist(), strict=True))
        raise refuse_rows(
            rows,
            table.place,
            name,
            lambda row: (
                "expected a number or a date such as 2026-03-01, "
                f"found '{printable(wrong[found[row]])}'{fix}"
            ),
        )
    return np.asarray(moments[values.astype(int)])


PART_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "holdout"), "test"),
}


@part("fixed")
class FixedSplit(Split):
    """What the table says: `column` holds train, val or test; or `val` and `test` are files.

    With files, data.path has the training rows. A fixed split of two parts is fine.
    """

    column: Annotated[str | None, "holds train, val or test; default: split, without files"] = None
    val: Annotated[ConfigPath | None, "a file of validation rows"] = None
    test: Annotated[ConfigPath | None, "a file of test rows"] = None

    def __post_init__(self) -> None:
        if self.column is not None and self.files:
            raise ValueError("expected either a column, or files as val and test")
        if self.column is None and not self.files:
            object.__setattr__(self, "column", "split")

    @property
    def files(self) -> dict[str, Path]:
        """The files of validation and test rows that are given, by split."""
        files = {"val": self.val, "test": self.test}
        return {name: path for name, path in files.items() if path is not None}

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        name = self.column or PART
        every = np.arange(len(table))
        values = _column_values(table, name, every)
        column = table.column(name)
        if column.categories:
            texts, codes = column.categories, values.astype(int)
        else:  # numbers, none of which is the name of a split
            texts, codes = tuple(f"{value:g}" for value in values), every
        of_row = np.array([PART_NAMES.get(text.lower(), "") for text in texts])[codes]
        if wrong := np.flatnonzero(of_row == "").tolist():
            raise refuse_rows(
                wrong,
                table.place,
                name,
                lambda row: f"expected train, val or test, found '{printable(texts[codes[row]])}'",
            )
        rows = Rows(*(every[of_row == part_name] for part_name in ("train", "val", "test")))
        if not len(rows.train):
            raise DataError(f"column '{name}' says train of no row", key="data.split.column")
        return rows
