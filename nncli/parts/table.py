"""Table: rows as numbers, with names and meanings of the columns. Every dataset loads one."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

import numpy as np

from nncli.errors import Problem, TableError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape

Kind = Literal["numeric", "boolean", "categorical", "date"]
Task = Literal["binary", "classification", "multilabel", "regression"]
Pair = tuple[str, str]  # what 0 and 1 of a label stand for
# The column aside with the split whose file a row is from. No file has a column of this name.
PART = "\0part"
UNKNOWN_RANK = np.inf  # the value of a word that isn't in its column's order, if that is allowed


@frozen
class Column:
    """One column of a table.

    values: (rows,) float64, NaN where missing; indices into `categories` if there are any.
    """

    values: Array
    categories: tuple[str, ...] = ()

    def copy(self) -> "Column":
        """A copy with values of its own."""
        return Column(self.values.copy(), self.categories)


@frozen
class Origin:
    """The files a table was read from.

    each_sha256: of each file's bytes.  files: each file's path, and the line number of each row.
    left_out: the columns that aren't features, and why.  values: by column, texts taken for values
    although they often mean a missing one.  notes: guesses, in words.  warnings: the guesses that
    would change the meaning of rows if they were wrong.
    date_formats: by column taken for dates, a strftime format; None: ISO 8601.
    row_word: a prefix of the numbers in `files`, empty for lines of text.  header: whether the
    first line has the columns' names; None for files that aren't text.
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
        """The SHA-256 of the file, or of all files' together."""
        return combined_sha256(self.each_sha256)

    def place(self, row: int) -> str:
        """`file:line` of a row, or `file: row n` where a file has no lines."""
        return place_of_row(row, [(f"{name}:{self.row_word}", lines) for name, lines in self.files])


def place_of_row(row: int, files: Iterable[tuple[str, Array]]) -> str:
    """The place of a row in files. files: what precedes a line number, and those of the rows."""
    for start, lines in files:
        if row < len(lines):
            return f"{start}{lines[row]}"
        row -= len(lines)
    raise IndexError(row)


def combined_sha256(each_sha256: Sequence[str]) -> str:
    """One SHA-256 for one or several files; that of a single file is unchanged."""
    if len(each_sha256) == 1:
        return each_sha256[0]
    return hashlib.sha256("".join(each_sha256).encode()).hexdigest()


@frozen
class Table:
    """Rows as numbers, with names and meanings of the columns.

    x: (rows, features) float64, NaN where missing; indices into `categories` for categorical
       features. If large, it is on disk: then `x[a:b]`, `x[:, j]` and `x[rows]` return arrays.
    y: class indices (rows,) if there are `classes`, else numbers (rows, targets). With `labels`
       each target is a label, 1 for rows that have it, else 0; `labels` has the two values' names.
    categories: the category names of each categorical feature.
    booleans: the features that can only be 0 or 1.
    dates: the features that are days since 1970.
    orders: the words of each ordinal feature, whose numbers are places in this order.
    for_formulas: the features that a network sees only through columns derived from them.
    aside: columns that aren't features, but split or weigh rows.
    weights: (rows,) of each row in the loss and in standard scaling; None: all equal.
    origin: the files that the rows come from, if any.
    image_shape: (height, width, channels) if a row's features are the numbers of an image.
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
        """SHA-256 of the files' bytes; without files, of values, names and shape."""
        if self.origin is not None:
            return self.origin.sha256
        digest = hashlib.sha256(repr((self.x.shape, self.features, self.classes)).encode())
        for array in (self.x, self.y):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    @property
    def is_large(self) -> bool:
        """Whether x is on disk."""
        return not isinstance(self.x, np.ndarray)

    @property
    def is_on_disk(self) -> bool:
        """Whether x is on disk because memory is too small."""
        return self.is_large and bool(self.x.is_needed)

    @property
    def task(self) -> Task:
        """The task that the targets imply."""
        if not self.classes:
            return "multilabel" if self.labels else "regression"
        return "binary" if len(self.classes) == 2 else "classification"

    def column(self, name: str) -> Column:
        """A feature or a column aside. Raises KeyError if there is neither of this name."""
        if name in self.aside:
            return self.aside[name]
        if name not in self.features:
            raise KeyError(name)
        return Column(self.x[:, self.features.index(name)], self.categories.get(name, ()))

    def kind(self, name: str) -> Kind:
        """The kind of a feature's values."""
        if name in self.booleans:
            return "boolean"
        if name in self.dates:
            return "date"
        return "categorical" if name in self.categories else "numeric"

    def place(self, row: int) -> str:
        """A row's place for messages: its file and line, else its number."""
        return self.origin.place(row) if self.origin else f"row {row + 1}"


def cell_problem(place: str, column: str, message: str) -> Problem:
    """The problem of a cell. place: of its row, as `file:line`."""
    return Problem(place, f"column '{printable(column)}'", printable(message, 1000))


def refuse_rows(
    rows: Sequence[int], place: Callable[[int], str], column: str, say: Callable[[int], str]
) -> TableError:
    """Return an error for one column's cells in several rows.

    place, say: row -> its place, and the problem; called only for rows that are shown.
    """
    shown = rows[: TableError.MAX_SHOWN]
    return TableError([cell_problem(place(row), column, say(row)) for row in shown], len(rows))
