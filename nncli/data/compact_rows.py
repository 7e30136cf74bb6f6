"""Compact rows: network inputs of which most follow from a few, written out a batch at a time."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nncli.data.fitted_columns import FittedColumn
from nncli.data.numeric_encodings import BinsAndValue, PiecewiseLinear
from nncli.parts.arrays import Array


class _Span(NamedTuple):
    """Successive inputs of which one is at work: those before it are `before`, those after it 0."""

    start: int
    stop: int
    before: float


def _spans(features: Sequence[FittedColumn]) -> Iterator[_Span]:
    """Of bins, where those below a value are full, and of categories, of which a row has one."""
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
    """(rows, width) inputs: of each span where it is at work and what stands there; the others as
    they are. For 16 bins that is 5 bytes instead of 64, and as fast as if all were written out.

    Slices and `take` give rows as arrays: all that the engine asks of rows that it doesn't hold.
    """

    def __init__(self, features: Sequence[FittedColumn], rows: int, dtype: Any) -> None:
        width = sum(len(feature.inputs) for feature in features)
        self.shape, self.dtype = (rows, width), np.dtype(dtype)
        self.spans = [*_spans(features)]
        most = max((span.stop - span.start for span in self.spans), default=1)
        self.places = np.zeros((len(self.spans), rows), np.min_scalar_type(most))
        self.at_work = np.zeros((len(self.spans), rows), self.dtype)
        spanned = {place for span in self.spans for place in range(span.start, span.stop)}
        self.others = np.array([place for place in range(width) if place not in spanned], dtype=int)
        self.plain = np.zeros((rows, len(self.others)), self.dtype)
        self.before = [_before(span, self.dtype) for span in self.spans]
        self.starts = np.array([span.start for span in self.spans], dtype=np.intp)

    def __len__(self) -> int:
        return self.shape[0]

    def fill(self, start: int, x: Array) -> None:
        """Keep successive rows, from row `start` on. x: (some rows, width)."""
        rows, every = slice(start, start + len(x)), np.arange(len(x))
        self.plain[rows] = x[:, self.others]
        for number, span in enumerate(self.spans):
            inputs = x[:, span.start : span.stop]
            place = np.argmax(inputs != span.before, axis=1)  # the first that isn't as those before
            is_full = inputs[every, place] == span.before
            if span.before:
                place[is_full] = span.stop - span.start - 1
            self.places[number, rows] = place
            self.at_work[number, rows] = inputs[every, place]

    def __getitem__(self, rows: slice) -> Array:
        out = np.empty((len(self.plain[rows]), self.shape[1]), self.dtype)
        self._write(self.plain[rows], self.places[:, rows], self.at_work[:, rows], out)
        return out

    def take(self, index: Array, axis: int, out: Array, mode: str) -> None:
        """Write the rows at `index` into `out`; axis is 0, and every index is there."""
        places, at_work = self.places.take(index, axis=1), self.at_work.take(index, axis=1)
        self._write(self.plain.take(index, axis=0), places, at_work, out)

    def _write(self, plain: Array, places: Array, at_work: Array, out: Array) -> None:
        out.fill(0.0)
        out[:, self.others] = plain
        for span, before, place in zip(self.spans, self.before, places, strict=True):
            if span.before:
                out[:, span.start : span.stop] = before.take(place, axis=0)
        columns = self.starts[:, None] + places
        out[np.arange(len(out)), columns] = at_work


def _before(span: _Span, dtype: Any) -> Array:
    """(inputs, inputs) what stands in a span without what is at work, by where that is."""
    below = np.tri(span.stop - span.start, k=-1, dtype=dtype)
    return np.asarray(below * dtype.type(span.before))
