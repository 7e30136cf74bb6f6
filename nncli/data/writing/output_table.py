"""Output table: the rows of a source table with new columns appended."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nncli.data.reading.chunks import TableReader
from nncli.data.reading.parsers import Parsers
from nncli.data.targets import number_text
from nncli.frozen import frozen
from nncli.parts.arrays import Array

Cells = Sequence[str] | Array


@frozen
class OutputTable:
    """A table to write.

    source: the table that the rows come from, whose format is kept.  added: the new columns, each
    (rows,) numbers or texts.  parsers: of the source's cells.  texts: the source's text columns,
    also columns that look like numbers.
    """

    source: TableReader
    added: Mapping[str, Array]
    parsers: Parsers
    texts: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        return [*self.source.names, *self.added]

    def blocks(self) -> Iterator[list[Cells]]:
        """Yield the columns, some rows at a time; may be called again."""
        for columns, added in self.beside(c.columns for c in self.source.chunks()):
            yield [*columns, *added]

    def beside(self, blocks: Any) -> Iterator[tuple[Any, list[Array]]]:
        """Yield each block of source columns with the new columns of its rows."""
        start = 0
        for columns in blocks:
            stop = start + len(columns[0])
            yield columns, [column[start:stop] for column in self.added.values()]
            start = stop

    def rows_of_texts(self) -> Iterator[list[str]]:
        """Yield the rows as texts."""
        decimal, known = self.parsers.decimal, len(self.source.names)
        for columns in self.blocks():
            cells = [as_texts(column) for column in columns[:known]]
            cells += [as_texts(column, decimal) for column in columns[known:]]
            yield from map(list, zip(*cells, strict=True))


def as_texts(column: Cells, decimal: str = ".") -> Sequence[str]:
    """Cells as texts; numbers in a form that reads back as the same float."""
    if not isinstance(column, np.ndarray):
        return list(column)
    if column.dtype.kind == "U":
        return list(map(str, column))
    texts = ["" if value != value else number_text(value) for value in column.tolist()]
    return texts if decimal == "." else [text.replace(".", decimal) for text in texts]
