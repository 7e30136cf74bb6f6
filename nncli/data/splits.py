"""Splits: which rows train, which validate, which test. Simple -> complex."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nncli.constraints import Share
from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.datasets import Table
from nncli.registry import Part, part


@dataclass(frozen=True)
class Rows:
    """Row indices of each split, ascending. No row is in two of them."""

    train: Array
    val: Array
    test: Array

    def named(self) -> dict[str, Array]:
        """The splits that have rows, by name."""
        every = {"train": self.train, "val": self.val, "test": self.test}
        return {name: rows for name, rows in every.items() if len(rows)}


class Split(Part):
    """Table -> Rows."""

    kind = "split"

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        raise NotImplementedError


@part("none")
class NoSplit(Split):
    """Every row trains; `evaluate` then scores the training rows, and says so."""

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        nobody = np.empty(0, dtype=np.intp)
        return Rows(np.arange(len(table.x)), nobody, nobody)


@dataclass(frozen=True)
class Shares(Split):
    """train + val + test = 1. None given: 0.7, 0.15, 0.15; else a missing train is what is left."""

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
    def shares(self) -> Array:
        return np.array([self.train, self.val, self.test], dtype=float)

    def deal(self, groups: list[Array], random: np.random.Generator) -> Rows:
        """Shuffle each group and cut it by the shares.

        What rounding takes from one group is carried to the next, so that totals fit too.
        Raises DataError if a split that was asked for ends up empty.
        """
        parts: list[list[Array]] = [[], [], []]
        carried = np.zeros(3)
        for group in groups:
            ideal = self.shares * len(group) + carried
            counts = _whole(ideal, len(group))
            carried = ideal - counts
            cuts = np.cumsum(counts)[:-1]
            for chosen, piece in zip(parts, np.split(random.permutation(group), cuts), strict=True):
                chosen.append(piece)
        rows = Rows(*(np.sort(np.concatenate(chosen)) for chosen in parts))
        for name, share in zip(("train", "val", "test"), self.shares, strict=True):
            if share > 0 and name not in rows.named():
                raise DataError(
                    f"a {name} share of {share:g} of {sum(map(len, groups))} rows is no row at all"
                )
        return rows


def _whole(ideal: Array, total: int) -> Array:
    """Whole numbers >= 0 nearest to `ideal` that sum to `total`: the largest remainders go up."""
    ideal = np.maximum(ideal, 0.0)
    counts = np.floor(ideal).astype(int)
    while (left := total - counts.sum()) != 0:
        index = np.argmax(ideal - counts) if left > 0 else np.argmax(counts - ideal)
        counts[index] += 1 if left > 0 else -1
    return counts


@part("random")
class RandomSplit(Shares):
    """Rows dealt at random."""

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        return self.deal([np.arange(len(table.x))], random)


@part("stratified")
class StratifiedSplit(Shares):
    """Rows dealt at random within each class, so that every split has the classes' proportions."""

    def rows(self, table: Table, random: np.random.Generator) -> Rows:
        if not table.classes:
            raise DataError(
                "a stratified split needs classes, but the target is a number: use random"
            )
        return self.deal([np.flatnonzero(table.y == c) for c in range(len(table.classes))], random)
