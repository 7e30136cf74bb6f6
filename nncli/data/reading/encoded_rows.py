"""Encoded rows: a table's cells as numbers, in memory, or on disk where they would fill it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from nncli.data.disk import ColumnFile
from nncli.data.memory import available
from nncli.data.reading.quoted_cells import Told
from nncli.parts.arrays import Array
from nncli.parts.table import Column

COPIES = 5  # of a table's numbers in memory at the worst moment
GROWTH = 1.25  # where more rows come than a file's size let expect


@dataclass
class Encoded:
    """The wanted columns of all rows.

    cells: (rows, columns) float64, NaN where missing; an index into the column's vocabulary if it
    has one. lines: where each file's rows stand.  markers: of each column of texts, how many cells
    hold a text that is taken for missing.  values: how many hold one that could be, and is none.
    dates: the columns that were taken for dates, with the format of each.  told: what the quotes in
    the file tell of such texts.
    """

    names: tuple[str, ...]
    cells: Any
    vocabularies: dict[str, tuple[str, ...]]
    lines: list[Array]
    markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dates: Mapping[str, str | None] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """A column, as long as none are taken."""
        values = self.cells[:, self.names.index(name)]
        return Column(values, self.vocabularies.get(name, ()))

    def take(self, names: Sequence[str]) -> Any:
        """(rows, names) cells, in the place of the others: what else is needed is taken before."""
        place = {name: index for index, name in enumerate(self.names)}
        chosen = [place[name] for name in names]
        if isinstance(self.cells, ColumnFile):
            return self.cells.select(chosen)
        if chosen != sorted(chosen):
            return self.cells[:, chosen]
        for new, old in enumerate(chosen):  # a copy would double what is in memory
            if new != old:
                self.cells[:, new] = self.cells[:, old]
        return self.cells[:, : len(chosen)]


class EncodedRows:
    """Rows as they are read: in memory, or on disk as soon as they would fill it.

    on_disk: where they stay; None: as memory allows.  expected: about how many there will be.
    """

    def __init__(self, columns: int, on_disk: bool | None, expected: int) -> None:
        self._on_disk = on_disk
        self._starts = [0]
        self._cells = np.empty((columns, 0 if on_disk else expected))  # no page is taken as yet
        self._file = ColumnFile(columns) if on_disk else None

    def append(self, block: Array) -> None:
        """Add rows: block is (columns, rows)."""
        if self._file is not None:
            self._file.append(block)
            return
        start, stop = self._starts[-1], self._starts[-1] + block.shape[1]
        if stop > self._cells.shape[1]:
            cells = np.empty((len(block), int(GROWTH * stop)))
            cells[:, :start] = self._cells[:, :start]
            self._cells = cells
        self._cells[:, start:stop] = block
        self._starts.append(stop)
        taken = 8 * len(block) * stop
        if self._on_disk is None and taken * (COPIES - 1) > available():
            self._move()  # more came than the file's size let expect

    def _move(self) -> None:
        """Put the rows on disk, as they came."""
        self._file = ColumnFile(len(self._cells))
        for start, stop in pairwise(self._starts):
            self._file.append(self._cells[:, start:stop])
        self._cells = np.empty((len(self._cells), 0))

    def whole(self) -> Any:
        """(rows, columns)."""
        return self._cells[:, : self._starts[-1]].T if self._file is None else self._file
