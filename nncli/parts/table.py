"""Table: rows as numbers, and what they mean. Every dataset makes one."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

import numpy as np

from nncli.errors import Problem, TableError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape

Kind = Literal["numeric", "boolean", "categorical", "date"]
Task = Literal["binary", "classification", "multilabel", "regression"]
Pair = tuple[str, str]  # what 0 and 1 of a label stand for
# The column aside that says which file a row came from: train, val or test. No file has this name.
PART = "\0part"
UNKNOWN_RANK = np.inf  # of a word that an order lacks, where that is no error


@frozen
class Column:
    """One column of a table.

    values: (rows,) float64, NaN where missing; indices into `categories` if it has any.
    """

    values: Array
    categories: tuple[str, ...] = ()

    def copy(self) -> "Column":
        """The same in memory of its own."""
        return Column(self.values.copy(), self.categories)


@frozen
class Origin:
    """The files a table was read from.

    each_sha256: of each one's bytes.  files: each one's path and the line of each of its rows.
    left_out: the columns that became no feature, and why.  values: of columns, the texts that
    were taken for values though they often mean none.  notes: what was guessed, in words;
    warnings: those of them that change what the rows mean, if they are wrong.
    date_formats: of the columns that were taken for dates; None: ISO 8601.
    row_word: what a number in `files` counts, `` for lines of text.  header: whether the first
    line has the columns' names; None for files that aren't text.
    """

    each_sha256: tuple[str, ...]
    files: tuple[tuple[str, Array], ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_formats: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    row_word: str = ""
    header: bool | None = None

    @property
    def sha256(self) -> str:
        """Of a single file its own; of several, of theirs together."""
        return together(self.each_sha256)

    def place(self, row: int) -> str:
        """`file:line` of a row, or `file: row n` where a file has no lines."""
        for name, lines in self.files:
            if row < len(lines):
                return f"{name}:{self.row_word}{lines[row]}"
            row -= len(lines)
        raise IndexError(row)


def together(each_sha256: Sequence[str]) -> str:
    """One SHA-256 for several files: of a single one, its own."""
    if len(each_sha256) == 1:
        return each_sha256[0]
    return hashlib.sha256("".join(each_sha256).encode()).hexdigest()


@frozen
class Table:
    """Rows as numbers, and what they mean.

    x: (rows, features) float64: an index into `categories` for a feature that has some; NaN where
       missing. A large one lies on disk: then `x[a:b]`, `x[:, j]`, `x[rows]` give arrays.
    y: class indices (rows,) where `classes` has names, else numbers (rows, targets); where `labels`
       has pairs, 0 or 1 each: a target is a label that a row has or has not, and `labels` says
       what each one's 0 and 1 stand for.
    categories: the category names of each feature that isn't a number.
    booleans: the features whose numbers are only ever 0 and 1, by their nature.
    dates: the features whose numbers are days since 1970.
    orders: the words of each feature whose numbers are places in an order.
    for_formulas: the features that a network sees only through columns derived of them.
    aside: columns that split or weigh rows, and are no features.
    weights: (rows,) how much each row counts, in the loss and in standard scaling; None: all alike.
    origin: where the rows stand, if they come from files.
    image_shape: (height, width, channels) of a row whose features are an image's numbers, in order.
    """

    x: Any
    y: Array
    features: tuple[str, ...]
    targets: tuple[str, ...] = ("target",)
    classes: tuple[str, ...] = ()
    labels: tuple[Pair, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    booleans: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    for_formulas: frozenset[str] = frozenset()
    aside: Mapping[str, Column] = field(default_factory=dict)
    weights: Array | None = None
    origin: Origin | None = None
    image_shape: Shape = ()

    def __len__(self) -> int:
        return len(self.y)

    def sha256(self) -> str:
        """SHA-256 of the files' bytes; of values, names and shape where there are none."""
        if self.origin is not None:
            return self.origin.sha256
        digest = hashlib.sha256(repr((self.x.shape, self.features, self.classes)).encode())
        for array in (self.x, self.y):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    @property
    def is_large(self) -> bool:
        """Whether x lies on disk."""
        return not isinstance(self.x, np.ndarray)

    @property
    def is_on_disk(self) -> bool:
        """Whether x lies there for want of memory."""
        return self.is_large and bool(self.x.is_needed)

    @property
    def task(self) -> Task:
        """What the targets call for."""
        if not self.classes:
            return "multilabel" if self.labels else "regression"
        return "binary" if len(self.classes) == 2 else "classification"

    def column(self, name: str) -> Column:
        """A feature or a column set aside. Raises KeyError for another name."""
        if name in self.aside:
            return self.aside[name]
        if name not in self.features:
            raise KeyError(name)
        return Column(self.x[:, self.features.index(name)], self.categories.get(name, ()))

    def kind(self, name: str) -> Kind:
        """What a feature holds."""
        if name in self.booleans:
            return "boolean"
        if name in self.dates:
            return "date"
        return "categorical" if name in self.categories else "numeric"

    def place(self, row: int) -> str:
        """Where a row stands: its file and line, else its number."""
        return self.origin.place(row) if self.origin else f"row {row + 1}"


def cell_problem(place: str, column: str, message: str) -> Problem:
    """What is wrong with a cell. place: of its row, as `file:line`."""
    return Problem(place, f"column '{printable(column)}'", printable(message, 1000))


def refuse_rows(
    rows: Sequence[int], place: Callable[[int], str], column: str, say: Callable[[int], str]
) -> TableError:
    """The error of one column's cells in several rows; only those that are shown are looked up.

    place: of a row.  say: what is wrong in a row.
    """
    shown = rows[: TableError.MAX_SHOWN]
    return TableError([cell_problem(place(row), column, say(row)) for row in shown], len(rows))
