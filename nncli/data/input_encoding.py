"""Input encoding: encodes the rows of a table as network inputs, by the fitted columns."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from nncli.data.column_types import BOOLEAN_VALUES
from nncli.data.fitted_columns import FittedColumn, Unknown
from nncli.errors import Problem, TableError, few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import UNKNOWN_RANK, Table, cell_problem


class _Numbers(NamedTuple):
    """Arrays of the numeric features, and of the derived columns behind them.

    places, fills: the index and imputed value of each numeric feature.  shown, inputs, shift,
    scale: the index among both, first input, shift and scale of each column that has inputs.
    """

    places: Array
    fills: Array
    shown: Array
    inputs: Array
    shift: Array
    scale: Array

    @classmethod
    def of_columns(
        cls, features: Sequence[FittedColumn], derived: Sequence[FittedColumn], starts: Array
    ) -> Self:
        places = [i for i, f in enumerate(features) if f.kind not in ("categorical", "date")]
        numbers = [features[i] for i in places]
        shown = [i for i, f in enumerate([*numbers, *derived]) if not f.for_formulas]
        owners = [*places, *range(len(features), len(features) + len(derived))]
        chosen = [[*numbers, *derived][i] for i in shown]
        return cls(
            np.array(places, dtype=int),
            np.array([np.nan if f.fill is None else f.fill for f in numbers], dtype=float),
            np.array(shown, dtype=int),
            starts[[owners[i] for i in shown]],
            np.array([feature.shift for feature in chosen]),
            np.array([feature.scale or np.inf for feature in chosen]),
        )


def is_not_boolean(values: Array) -> Array:
    """(rows,) whether a value is neither 0 nor 1 nor missing."""
    return ~(np.isnan(values) | np.isin(values, (0.0, 1.0)))


def is_unknown_rank(values: Array) -> Array:
    """(rows,) whether a rank is that of a word outside the column's order."""
    return np.equal(values, UNKNOWN_RANK)


class Encoder:
    """Encoder of the rows of one table, whose categories may differ from the fitted ones."""

    def __init__(
        self,
        features: Sequence[FittedColumn],
        unknown: Unknown,
        table: Table,
        derived: Sequence[FittedColumn] = (),
    ) -> None:
        self.features, self.unknown, self.table = features, unknown, table
        self.derived, columns = derived, [*features, *derived]
        ends = np.cumsum([len(column.inputs) for column in columns], dtype=int)
        self.width = int(ends[-1]) if columns else 0
        self.slices = [*map(slice, (0, *ends[:-1]), ends)]
        starts = np.array([s.start for s in self.slices], dtype=int)
        self.numbers = _Numbers.of_columns(features, derived, starts)
        self.encodings = [
            (place, column.encoding) for place, column in enumerate(columns) if column.encoding
        ]
        self.has_scaled_numbers_only = self.width == len(self.numbers.shown) and not self.encodings
        self.embedded = [place for place, f in enumerate(features) if f.embedding]
        self.indicated = [place for place, f in enumerate(features) if f.indicator]
        self.lookups = {
            feature.name: self._lookup(feature, table.categories[feature.name])
            for feature in features
            if feature.name in table.categories
        }

    def _lookup(self, feature: FittedColumn, names: Sequence[str]) -> Array:
        """The fitted code of each of the table's categories; -inf for an unknown one.

        The last item is the code of a missing cell; NaN if it isn't imputed.
        """
        if feature.kind == "boolean":
            fill = np.nan if feature.fill is None else float(feature.fill)
            other = -np.inf if self.unknown == "error" or feature.fill is None else fill
            meaning = [BOOLEAN_VALUES.get(name.lower(), other) for name in names]
            return np.array([*meaning, fill])
        known = feature.codes
        unseen = -np.inf if feature.unseen_code is None else feature.unseen_code
        other = -np.inf if self.unknown == "error" else unseen
        codes = [known.get(name, other) for name in names]
        fill = np.nan if feature.fill is None else known.get(str(feature.fill), unseen)
        return np.array([*codes, fill], float)

    def __call__(self, rows: Array) -> tuple[Array, dict[str, Array]]:
        """(rows, width) inputs; by embedded column, (rows,) indices into its embedding."""
        raw = self.table.x[rows]
        x = self._numbers(raw, rows)
        codes = {self.features[n].name: raw[:, n].astype(np.int64) for n in self.embedded}
        return x, codes

    def _numbers(self, raw: Array, rows: Array) -> Array:
        lacking = np.isnan(raw[:, self.indicated])
        problems = list(self._translate(raw, rows))
        numbers, unfilled = self._filled(raw, rows)
        if problems := [*problems, *unfilled]:
            raise TableError(problems)
        if self.derived:
            numbers = np.column_stack([numbers, self._derive(numbers, rows)])
        _, _, shown, inputs, shift, scale = self.numbers
        chosen = numbers if len(shown) == numbers.shape[1] else numbers[:, shown]
        scaled = chosen - shift
        scaled /= scale
        if self.has_scaled_numbers_only:
            return np.asarray(scaled)
        x = np.zeros((len(rows), self.width))
        x[:, inputs] = scaled
        of_input = dict(zip(inputs.tolist(), chosen.T, strict=True))
        for place, encoding in self.encodings:
            self._columns(x, place)[:] = encoding(of_input[self.slices[place].start])
        self._write_dates_and_one_hots(raw, x)
        x[:, [self.slices[place].stop - 1 for place in self.indicated]] = lacking
        return x

    def _filled(self, raw: Array, rows: Array) -> tuple[Array, list[Problem]]:
        """(rows, numbers) after imputation, and a problem for each missing cell without a fill."""
        places, fills = self.numbers.places, self.numbers.fills
        numbers = raw if len(places) == raw.shape[1] else raw[:, places]
        missing = np.isnan(numbers)
        if not missing.any():
            return numbers, []
        numbers = np.where(missing, fills, numbers)
        return numbers, [*self._lacking(np.isnan(numbers), rows, places)]

    def _derive(self, numbers: Array, rows: Array) -> Array:
        """(rows, derived) values of the formulas. Raises TableError if one isn't finite."""
        from nncli.data.formulas.undefined import undefined

        values = self._by_name(numbers)
        found = [column.expression(values) for column in self.derived]
        problems = [
            cell_problem(self.table.place(int(rows[row])), column.name, message)
            for column, each in zip(self.derived, found, strict=True)
            for row, message in undefined(column.expression, each, values)
        ]
        if problems:
            raise TableError(problems)
        return np.column_stack(found)

    def _by_name(self, numbers: Array) -> dict[str, Array]:
        names = [self.features[place].name for place in self.numbers.places]
        return dict(zip(names, numbers.T, strict=True))

    def is_defined(self, rows: Array) -> Array:
        """(rows,) whether the value of every formula is finite."""
        raw = self.table.x[rows]
        list(self._translate(raw, rows))
        values = self._by_name(self._filled(raw, rows)[0])
        found = [np.isfinite(column.expression(values)) for column in self.derived]
        return np.asarray(np.logical_and.reduce([np.ones(len(rows), bool), *found]))

    def _columns(self, x: Array, place: int) -> Array:
        """The inputs of one feature, without its indicator."""
        inputs = self.slices[place]
        has_more = place < len(self.features) and self.features[place].indicator
        return x[:, inputs.start : inputs.stop - has_more]

    def _write_dates_and_one_hots(self, raw: Array, x: Array) -> None:
        """Write the inputs of dates and one-hot categories."""
        for place, feature in enumerate(self.features):
            if feature.date is not None and not feature.for_formulas:
                self._columns(x, place)[:] = feature.date(raw[:, place])
            if feature.kind == "categorical" and not (feature.embedding or feature.for_formulas):
                codes = raw[:, place]
                known = np.flatnonzero(np.isfinite(codes))
                x[known, self.slices[place].start + codes[known].astype(int)] = 1.0

    def _translate(self, raw: Array, rows: Array) -> Iterator[Problem]:
        """Replace category indices by codes, and impute dates and unknown values, in place."""
        for place, feature in enumerate(self.features):
            lookup = self.lookups.get(feature.name)
            if feature.date is not None:
                yield from self._fill_dates(raw[:, place], rows, feature)
                continue
            if lookup is None:
                if feature.kind == "boolean":
                    other = is_not_boolean(raw[:, place])
                    yield from self._replace(raw[:, place], other, rows, feature)
                if feature.order:
                    other = is_unknown_rank(raw[:, place])
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
        """Impute missing dates in place; yield a problem for each if there is no fill."""
        lacking = np.isnan(days)
        if feature.fill is None:
            for row in np.flatnonzero(lacking).tolist():
                yield self._problem(rows[row], feature, "")
        else:
            days[lacking] = float(feature.fill)

    def _replace(
        self, values: Array, other: Array, rows: Array, feature: FittedColumn
    ) -> Iterator[Problem]:
        """Replace the values where `other` is true by the fill in place, or yield problems."""
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
