"""Encoded rows: a table's cells as numbers, in memory, or on disk where they would fill it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nncli.data.disk import ColumnFile
from nncli.data.memory import available
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.errors import FileFailure
from nncli.parts.arrays import Array
from nncli.parts.table import Column

COPIES = 5  # of a table's numbers in memory at the worst moment
GROWTH = 1.25  # where more rows come than a file's size let expect
LARGE = 1 << 22  # bytes of numbers from which they lie on disk, whatever memory there is
BLOCK = 1 << 20  # bytes that are written at once: a column is read in as many pieces as there are


@dataclass
class Encoded:
    """The wanted columns of all rows.

    cells: (rows, columns) float64, NaN where missing; an index into the column's vocabulary if it
    has one. lines: where each file's rows stand.  markers: of each column of texts, how many cells
    hold a text that is taken for missing.  values: how many hold one that could be, and is none.
    dates: the columns that were taken for dates, with the format of each.  quoted: what the quotes
    in the file tell of such texts.
    """

    names: tuple[str, ...]
    cells: Any
    vocabularies: dict[str, tuple[str, ...]]
    lines: list[Array]
    markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dates: Mapping[str, str | None] = field(default_factory=dict)
    quoted: Mapping[str, QuotedMarkers] = field(default_factory=dict)

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
    """Rows as they are read: in memory, or on disk where they would fill it, or take much of it.

    on_disk: whether they stay there for want of memory; None: as memory allows.  expected: about
    how many there will be.
    """

    def __init__(self, columns: int, on_disk: bool | None, expected: int) -> None:
        self._columns, self._on_disk = columns, on_disk
        self._file: ColumnFile | None = None
        self._may_spill, self._rows = True, 0
        if on_disk or 8 * columns * expected > LARGE:
            self._open(is_needed=bool(on_disk))
        # in memory all rows; else those that wait for being written
        self._cells = np.empty((columns, expected if self._file is None else self._most))

    @property
    def _most(self) -> int:
        """How many rows are written at once."""
        return max(BLOCK // (8 * max(self._columns, 1)), 1)

    def append(self, block: Array) -> None:
        """Add rows: block is (columns, rows)."""
        done = 0
        while self._file is not None and done < block.shape[1]:
            some = block[:, done : done + self._most - self._rows]
            self._cells[:, self._rows : self._rows + some.shape[1]] = some
            self._rows, done = self._rows + some.shape[1], done + some.shape[1]
            if self._rows == self._most:
                self._write()
        if done < block.shape[1]:
            self._keep(block[:, done:])

    def _keep(self, block: Array) -> None:
        """Add rows in memory."""
        start, stop = self._rows, self._rows + block.shape[1]
        if stop > self._cells.shape[1]:
            cells = np.empty((len(block), int(GROWTH * stop)))
            cells[:, :start] = self._cells[:, :start]
            self._cells = cells
        self._cells[:, start:stop] = block
        self._rows = stop
        taken = 8 * len(block) * stop  # more may have come than the file's size let expect
        is_short = self._on_disk is None and taken * (COPIES - 1) > available()
        if is_short or (taken > LARGE and self._may_spill):
            self._move(is_needed=is_short)

    def _open(self, *, is_needed: bool) -> None:
        """A file for the rows. Without one they stay in memory, where that is enough."""
        try:
            self._file = ColumnFile(self._columns, is_needed=is_needed)
        except FileFailure:
            self._may_spill = False
            if is_needed:
                raise

    def _move(self, *, is_needed: bool) -> None:
        """Put the rows on disk."""
        self._open(is_needed=is_needed)
        if self._file is not None:
            cells, self._cells = self._cells[:, : self._rows], np.empty((self._columns, self._most))
            self._rows = 0
            self.append(cells)

    def _write(self) -> None:
        """Put the rows that wait into the file; all back into memory, if it can't be written."""
        assert self._file is not None
        try:
            self._file.append(self._cells[:, : self._rows])
            self._rows = 0
        except FileFailure:
            if self._file.is_needed:
                raise
            blocks = [*self._file.blocks(), self._cells[:, : self._rows]]
            self._file, self._may_spill = None, False
            self._cells = np.hstack(blocks)
            self._rows = self._cells.shape[1]

    def whole(self) -> Any:
        """(rows, columns)."""
        if self._file is not None and self._rows:
            self._write()
        return self._cells[:, : self._rows].T if self._file is None else self._file
