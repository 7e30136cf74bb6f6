"""Compact rows: network inputs, bins and one-hot categories compressed, expanded batch by batch."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nncli.data.fitted_columns import FittedColumn
from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.parts.arrays import Array


class _Span(NamedTuple):
    """Adjacent inputs, one of them active: those before it are `before`, those after it 0."""

    start: int
    stop: int
    before: float


def _spans(features: Sequence[FittedColumn]) -> Iterator[_Span]:
    """The spans of bins (full before the active one) and of one-hot categories."""
    start = 0
    for feature in features:
        encoding, width = feature.encoding, len(feature.inputs)
        if isinstance(encoding, PiecewiseLinear | BinsAndValue) and len(encoding.edges) > 2:
            full = 0.5 if isinstance(encoding, BinsAndValue) else 1.0
            yield _Span(start, start + len(encoding.edges) - 1, full)
        elif feature.kind == "categorical" and width > 2:
            yield _Span(start, start + width, 0.0)
        start += width


class CompactRows:
    """(rows, width) inputs, stored as the position and value of the active input of each span.

    Inputs outside spans are stored as they are. 16 bins take 5 bytes instead of 64, at the same
    speed. The engine reads rows by `x[a:b]` and `x.take`, as of a RowFile.
    """

    def __init__(self, features: Sequence[FittedColumn], rows: int, dtype: Any) -> None:
        width = sum(len(feature.inputs) for feature in features)
        self.shape, self.dtype = (rows, width), np.dtype(dtype)
        self.spans = [*_spans(features)]
        most = max((span.stop - span.start for span in self.spans), default=1)
        self.positions = np.zeros((len(self.spans), rows), np.min_scalar_type(most))
        self.active = np.zeros((len(self.spans), rows), self.dtype)
        spanned = {index for span in self.spans for index in range(span.start, span.stop)}
        self.others = np.array([index for index in range(width) if index not in spanned], dtype=int)
        self.plain = np.zeros((rows, len(self.others)), self.dtype)
        self.before = [_before(span, self.dtype) if span.before else None for span in self.spans]
        self.starts = np.array([span.start for span in self.spans], dtype=np.intp)

    def __len__(self) -> int:
        return self.shape[0]

    def fill(self, start: int, x: Array) -> None:
        """Store rows from row `start` on. x: (some rows, width)."""
        rows, every = slice(start, start + len(x)), np.arange(len(x))
        self.plain[rows] = x[:, self.others]
        for number, span in enumerate(self.spans):
            inputs = x[:, span.start : span.stop]
            position = np.argmax(inputs != span.before, axis=1)  # the first unlike `before`
            is_full = inputs[every, position] == span.before
            if span.before:
                position[is_full] = span.stop - span.start - 1
            self.positions[number, rows] = position
            self.active[number, rows] = inputs[every, position]

    def __getitem__(self, rows: slice) -> Array:
        out = np.empty((len(self.plain[rows]), self.shape[1]), self.dtype)
        self._write(self.plain[rows], self.positions[:, rows], self.active[:, rows], out)
        return out

    def take(self, index: Array, axis: int, out: Array, mode: str) -> None:
        """Write the rows at `index` into `out`; axis is 0, and every index exists."""
        positions, active = self.positions.take(index, axis=1), self.active.take(index, axis=1)
        self._write(self.plain.take(index, axis=0), positions, active, out)

    def _write(self, plain: Array, positions: Array, active: Array, out: Array) -> None:
        out.fill(0.0)
        out[:, self.others] = plain
        for span, before, position in zip(self.spans, self.before, positions, strict=True):
            if before is not None:
                out[:, span.start : span.stop] = before.take(position, axis=0)
        columns = self.starts[:, None] + positions
        out[np.arange(len(out)), columns] = active


def _before(span: _Span, dtype: Any) -> Array:
    """(inputs, inputs) the inputs of a span for each active position, without the active input."""
    below = np.tri(span.stop - span.start, k=-1, dtype=dtype)
    return np.asarray(below * dtype.type(span.before))
