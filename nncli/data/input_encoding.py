"""Input encoding: the rows of a table -> network inputs, by what the training rows said."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from nncli.data.column_types import TRUTHS
from nncli.data.fitted_columns import FittedColumn, Unknown
from nncli.data.reading.ordinal_cells import UNKNOWN
from nncli.errors import Problem, TableError, few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Table, cell_problem


class _Numbers(NamedTuple):
    """Of the features that are numbers: place, first input, fill, shift and scale."""

    places: Array
    inputs: Array
    fills: Array
    shift: Array
    scale: Array

    @classmethod
    def of(cls, features: Sequence[FittedColumn], starts: Array) -> Self:
        places = [i for i, f in enumerate(features) if f.kind not in ("categorical", "date")]
        chosen = [features[i] for i in places]
        return cls(
            np.array(places, dtype=int),
            starts[places],
            np.array([np.nan if f.fill is None else f.fill for f in chosen], dtype=float),
            np.array([feature.shift for feature in chosen]),
            np.array([feature.scale or np.inf for feature in chosen]),
        )


def is_no_truth(values: Array) -> Array:
    """(rows,) whether there is a number, and it is neither 0 nor 1."""
    return ~(np.isnan(values) | np.isin(values, (0.0, 1.0)))


def is_unknown(values: Array) -> Array:
    """(rows,) whether a word has no place in the column's order."""
    return np.equal(values, UNKNOWN)


class Encoder:
    """Rows of one table -> network inputs. The table's own categories may be others than fitted."""

    def __init__(self, features: Sequence[FittedColumn], unknown: Unknown, table: Table) -> None:
        self.features, self.unknown, self.table = features, unknown, table
        ends = np.cumsum([len(feature.inputs) for feature in features], dtype=int)
        self.width = int(ends[-1]) if features else 0
        self.slices = [*map(slice, (0, *ends[:-1]), ends)]
        self.numbers = _Numbers.of(features, np.array([s.start for s in self.slices], dtype=int))
        self.is_scaled_alone = self.width == len(self.numbers.places) and not any(
            feature.encoding for feature in features
        )
        self.embedded = [place for place, f in enumerate(features) if f.embedding]
        self.indicated = [place for place, f in enumerate(features) if f.indicator]
        self.lookups = {
            feature.name: self._lookup(feature, table.categories[feature.name])
            for feature in features
            if feature.name in table.categories
        }

    def _lookup(self, feature: FittedColumn, names: Sequence[str]) -> Array:
        """What each of the table's categories is among the fitted ones; -inf if it is none.

        The last item stands for a missing cell: NaN where nothing stands in.
        """
        if feature.kind == "boolean":
            fill = np.nan if feature.fill is None else float(feature.fill)
            other = -np.inf if self.unknown == "error" or feature.fill is None else fill
            meaning = [TRUTHS.get(name.lower(), other) for name in names]
            return np.array([*meaning, fill])
        known = feature.places
        place = feature.place_of_others
        nothing = -np.inf if place is None else place
        other = -np.inf if self.unknown == "error" else nothing
        codes = [known.get(name, other) for name in names]
        fill = np.nan if feature.fill is None else known.get(str(feature.fill), nothing)
        return np.array([*codes, fill], float)

    def __call__(self, rows: Array) -> tuple[Array, dict[str, Array]]:
        """(rows, width) numbers; for each embedded column (rows,), which vector of its table."""
        raw = self.table.x[rows]
        x = self._numbers(raw, rows)
        codes = {self.features[n].name: raw[:, n].astype(np.int64) for n in self.embedded}
        return x, codes

    def _numbers(self, raw: Array, rows: Array) -> Array:
        places, inputs, fills, shift, scale = self.numbers
        lacking = np.isnan(raw[:, self.indicated])
        problems = list(self._translate(raw, rows))
        numbers = raw if len(places) == raw.shape[1] else raw[:, places]
        missing = np.isnan(numbers)
        if missing.any():
            numbers = np.where(missing, fills, numbers)
            problems += self._lacking(np.isnan(numbers), rows, places)
        if problems:
            raise TableError(problems)
        scaled = (numbers - shift) / scale
        if self.is_scaled_alone:  # nothing to spread out
            return np.asarray(scaled)
        x = np.zeros((len(rows), self.width))
        x[:, inputs] = scaled
        for place, column in zip(places, numbers.T, strict=True):
            if (encoding := self.features[place].encoding) is not None:
                self._columns(x, place)[:] = encoding(column)
        self._spread_out(raw, x)
        x[:, [self.slices[place].stop - 1 for place in self.indicated]] = lacking
        return x

    def _columns(self, x: Array, place: int) -> Array:
        """The inputs of one feature, but for its indicator."""
        inputs = self.slices[place]
        return x[:, inputs.start : inputs.stop - self.features[place].indicator]

    def _spread_out(self, raw: Array, x: Array) -> None:
        """Write what dates and categories become."""
        for place, feature in enumerate(self.features):
            if feature.date is not None:
                self._columns(x, place)[:] = feature.date(raw[:, place])
            if feature.kind == "categorical" and not feature.embedding:
                codes = raw[:, place]
                known = np.flatnonzero(np.isfinite(codes))
                x[known, self.slices[place].start + codes[known].astype(int)] = 1.0

    def _translate(self, raw: Array, rows: Array) -> Iterator[Problem]:
        """Replace the table's category indices by the fitted ones, in place."""
        for place, feature in enumerate(self.features):
            lookup = self.lookups.get(feature.name)
            if feature.date is not None:
                yield from self._fill_dates(raw[:, place], rows, feature)
                continue
            if lookup is None:
                if feature.kind == "boolean":
                    other = is_no_truth(raw[:, place])
                    yield from self._replace(raw[:, place], other, rows, feature)
                if feature.order:
                    other = is_unknown(raw[:, place])
                    yield from self._replace(raw[:, place], other, rows, feature)
                continue
            codes = raw[:, place]
            names = self.table.categories[feature.name]
            indices = np.where(np.isnan(codes), len(names), codes).astype(int)
            raw[:, place] = lookup[indices]
            unknown = np.isneginf(raw[:, place]) & (indices < len(names))
            if self.unknown == "error" or feature.kind == "boolean":
                for row in np.flatnonzero(unknown).tolist():
                    yield self._problem(rows[row], feature, names[indices[row]])
            if feature.kind == "categorical":
                for row in np.flatnonzero(np.isnan(raw[:, place])).tolist():
                    yield self._problem(rows[row], feature, "")

    def _fill_dates(self, days: Array, rows: Array, feature: FittedColumn) -> Iterator[Problem]:
        """What stands in for a missing date, in place."""
        lacking = np.isnan(days)
        if feature.fill is None:
            for row in np.flatnonzero(lacking).tolist():
                yield self._problem(rows[row], feature, "")
        else:
            days[lacking] = float(feature.fill)

    def _replace(
        self, values: Array, other: Array, rows: Array, feature: FittedColumn
    ) -> Iterator[Problem]:
        """The `other` numbers become what stands in for a missing cell, in place."""
        if self.unknown == "error" or feature.fill is None:
            for row in np.flatnonzero(other).tolist():
                yield self._problem(rows[row], feature, f"{values[row]:g}")
        else:
            values[other] = float(feature.fill)

    def _lacking(self, missing: Array, rows: Array, places: Array) -> Iterator[Problem]:
        for row, column in np.argwhere(missing).tolist():
            yield self._problem(rows[row], self.features[places[column]], "")

    def _problem(self, row: Any, feature: FittedColumn, found: str) -> Problem:
        listed = ", ".join(f"'{category}'" for category in feature.categories[:8])
        message = f"unknown category '{printable(found)}': the training rows have {listed}"
        if feature.kind == "boolean":
            message = f"expected yes or no, true or false, found '{printable(found)}'"
        if feature.order:
            message = f"expected one of {few(feature.order)}"
        if not found:
            message = "the value is missing, and impute is none"
        return cell_problem(self.table.place(int(row)), feature.name, message)
