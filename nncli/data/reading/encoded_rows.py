"""Encoded rows: a table's cells as numbers, in memory or, if they are large, on disk."""

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

PEAK_COPIES = 5  # of a table's numbers in memory at the peak
GROWTH_FACTOR = 1.25  # of the buffer, if there are more rows than expected
SPILL_BYTES = 1 << 22  # from which the numbers are kept on disk, even if memory suffices
BLOCK_BYTES = 1 << 20  # written at once; reading a column takes one read per block


@dataclass
class EncodedTable:
    """The columns that were read, encoded.

    cells: (rows, columns) float64, NaN for missing; of a text column, indices into its vocabulary.
    lines: the row numbers of each file.  markers: by text column, missing marker -> number of
    cells.  values: the same for markers kept as categories.  dates: the formats of columns inferred
    to be dates.  quoted: by column, the markers that the file's quotes tell apart.  dropped: the
    number of rows left out because they lack a required column.
    """

    names: tuple[str, ...]
    cells: Any
    vocabularies: dict[str, tuple[str, ...]]
    lines: list[Array]
    markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dates: Mapping[str, str | None] = field(default_factory=dict)
    quoted: Mapping[str, QuotedMarkers] = field(default_factory=dict)
    dropped: int = 0

    def column(self, name: str) -> Column:
        """A column. Must not be called after `select`, which moves cells."""
        values = self.cells[:, self.names.index(name)]
        return Column(values, self.vocabularies.get(name, ()))

    def select(self, names: Sequence[str]) -> Any:
        """(rows, names) the cells of these columns; the memory of the others is reused."""
        index = {name: index for index, name in enumerate(self.names)}
        chosen = [index[name] for name in names]
        if isinstance(self.cells, ColumnFile):
            return self.cells.select(chosen)
        if chosen != sorted(chosen):
            return self.cells[:, chosen]
        for new, old in enumerate(chosen):  # in place: a copy would double the memory
            if new != old:
                self.cells[:, new] = self.cells[:, old]
        return self.cells[:, : len(chosen)]


class RowBuffer:
    """A buffer of rows, in memory or, if they are large, on disk.

    on_disk: True: they don't fit into memory; None: decided while they are appended.  expected: an
    estimate of the number of rows.
    """

    def __init__(self, columns: int, on_disk: bool | None, expected: int) -> None:
        self._columns, self._on_disk = columns, on_disk
        self._file: ColumnFile | None = None
        self._may_spill, self._rows = True, 0
        if on_disk or 8 * columns * expected > SPILL_BYTES:
            self._open(is_needed=bool(on_disk))
        # all rows, or the rows not yet written to disk
        self._cells = np.empty((columns, expected if self._file is None else self._rows_a_block))

    @property
    def _rows_a_block(self) -> int:
        """The number of rows written at once."""
        return max(BLOCK_BYTES // (8 * max(self._columns, 1)), 1)

    def append(self, block: Array) -> None:
        """Add rows. block: (columns, rows)."""
        done = 0
        while self._file is not None and done < block.shape[1]:
            some = block[:, done : done + self._rows_a_block - self._rows]
            self._cells[:, self._rows : self._rows + some.shape[1]] = some
            self._rows, done = self._rows + some.shape[1], done + some.shape[1]
            if self._rows == self._rows_a_block:
                self._write()
        if done < block.shape[1]:
            self._keep(block[:, done:])

    def _keep(self, block: Array) -> None:
        """Add rows in memory."""
        start, stop = self._rows, self._rows + block.shape[1]
        if stop > self._cells.shape[1]:
            cells = np.empty((len(block), int(GROWTH_FACTOR * stop)))
            cells[:, :start] = self._cells[:, :start]
            self._cells = cells
        self._cells[:, start:stop] = block
        self._rows = stop
        taken = 8 * len(block) * stop
        is_short = self._on_disk is None and taken * (PEAK_COPIES - 1) > available()
        if is_short or (taken > SPILL_BYTES and self._may_spill):
            self._move(is_needed=is_short)

    def _open(self, *, is_needed: bool) -> None:
        """Open a file for the rows; if that fails, they stay in memory unless `is_needed`."""
        try:
            self._file = ColumnFile(self._columns, is_needed=is_needed)
        except FileFailure:
            self._may_spill = False
            if is_needed:
                raise

    def _move(self, *, is_needed: bool) -> None:
        """Move the rows to disk."""
        self._open(is_needed=is_needed)
        if self._file is not None:
            cells, self._cells = (
                self._cells[:, : self._rows],
                np.empty((self._columns, self._rows_a_block)),
            )
            self._rows = 0
            self.append(cells)

    def _write(self) -> None:
        """Write the pending rows; if that fails and memory suffices, move all back to memory."""
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

    def to_matrix(self) -> Any:
        """(rows, columns) all rows, as an array or a ColumnFile."""
        if self._file is not None and self._rows:
            self._write()
        return self._cells[:, : self._rows].T if self._file is None else self._file
