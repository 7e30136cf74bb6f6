"""Preprocessing: columns -> what a network learns from. Statistics come from training rows only."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from nncli.data.column_types import TRUTHS, truths
from nncli.data.dates import FittedDate
from nncli.data.scaling import Scale, Scaling
from nncli.errors import DataError, Problem, TableError, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Column, Kind, Table, cell_problem
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as

Impute = Literal["median", "mean", "most_frequent", "none"]
ImputeCategory = Literal["most_frequent", "category", "none"]
Unknown = Literal["ignore", "error"]
MISSING_CATEGORY = "(missing)"
CHUNK_VALUES = 1 << 19  # transformed at a time, so that the copies on the way stay small


@dataclass(frozen=True)
class Steps:
    """What is done to the features of a table, by their kind."""

    scale: Scale
    impute: Impute
    impute_category: ImputeCategory
    unknown: Unknown


@dataclass(frozen=True)
class FittedColumn:
    """One feature: what the training rows said of it.

    missing: how many of them lack it.  fill: what then stands in, a number or a category; None
    where nothing may be missing.  shift, scale: of a number; scale is 0 for one that never varies,
    whose input is always 0.  categories: one input each, sorted.  date: of a date.
    """

    name: str
    kind: Kind
    missing: int
    fill: float | str | None
    shift: float = 0.0
    scale: float = 1.0
    categories: tuple[str, ...] = ()
    date: FittedDate | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the parts fit together."""
        if (self.kind == "date") != (self.date is not None):
            return False
        if self.date is not None and not self.date.is_sound:
            return False
        if self.kind == "categorical":
            is_text = self.fill is None or isinstance(self.fill, str)
            return is_text and len(set(self.categories)) == len(self.categories) > 0
        return not self.categories and not isinstance(self.fill, str)

    @property
    def inputs(self) -> list[str]:
        """The network inputs it becomes."""
        if self.date is not None:
            return [f"{self.name}.{part}" for part in self.date.parts]
        return [f"{self.name}={c}" for c in self.categories] or [self.name]


@dataclass(frozen=True)
class Preprocessing:
    """Everything fitted on the training rows: what `preprocessing.json` holds.

    fitted_rows: on how many rows.  targets, classes: the names of what is predicted.
    unknown: what a category that they lack leads to: all its inputs 0, or an error.
    """

    fitted_rows: int
    features: tuple[FittedColumn, ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    target: Scaling
    unknown: Unknown = "ignore"

    @classmethod
    def fit(cls, table: Table, rows: Array, steps: Steps, target: Scale) -> "Preprocessing":
        """Take the statistics of the rows `rows`, and of no other.

        Raises DataError for every feature that has no value in them, or lacks some where nothing
        is to stand in.
        """
        found: list[tuple[str, str]] = []
        features = []
        for name in table.features:
            column = table.column(name)
            chosen = Column(column.values[rows], column.categories)
            try:
                features.append(_fit_column(name, table, chosen, rows, steps))
            except DataError as error:
                found += error.found
        if found:
            raise DataError(found=found)
        y = np.zeros((len(rows), 0)) if table.classes else table.y[rows]
        weights = None if table.weights is None else table.weights[rows]
        scaling = Scaling.fit("none" if table.classes else target, y, weights)
        if not np.isfinite([scaling.shift, scaling.scale]).all():
            message = "the target has values too large to scale"
            raise DataError(message, key="data.preprocessing.target.scale")
        return cls(len(rows), tuple(features), table.targets, table.classes, scaling, steps.unknown)

    @property
    def inputs(self) -> list[str]:
        """What each network input is: a feature's name, or `feature=category`."""
        return [name for feature in self.features for name in feature.inputs]

    @cached_property
    def width(self) -> int:
        """How many inputs the network gets."""
        return sum(len(feature.inputs) for feature in self.features)

    @cached_property
    def _numbers(self) -> tuple[Array, Array, Array, Array, Array]:
        """Of the features that become one input: place, input, fill, shift and scale."""
        ends = np.cumsum([len(feature.inputs) for feature in self.features])
        places = [i for i, f in enumerate(self.features) if f.kind not in ("categorical", "date")]
        chosen = [self.features[i] for i in places]
        return (
            np.array(places, dtype=int),
            ends[places].astype(int) - 1 if places else np.empty(0, dtype=int),
            np.array([np.nan if f.fill is None else f.fill for f in chosen], dtype=float),
            np.array([feature.shift for feature in chosen]),
            np.array([feature.scale or np.inf for feature in chosen]),
        )

    def chunks(self, table: Table, rows: Array) -> Iterator[Array]:
        """(some rows, width) inputs of the chosen rows of a table, in order."""
        encode = _Encoder(self, table)
        step = max(CHUNK_VALUES // max(self.width, len(self.features)), 1)
        for start in range(0, len(rows), step):
            yield encode(rows[start : start + step])

    def apply(self, table: Table, rows: Array) -> Array:
        """(rows, width) inputs. Raises TableError for a cell that can't become one."""
        return np.concatenate([*self.chunks(table, rows), np.empty((0, self.width))])

    def unseen(self, table: Table) -> dict[str, int]:
        """Of each feature, how many cells of a table hold a category that no training row had."""
        counts = {}
        for feature in self.features:
            column = table.column(feature.name)
            if feature.kind == "boolean" and not column.categories:
                if count := int(_is_no_truth(column.values).sum()):
                    counts[feature.name] = count
                continue
            known = feature.categories if feature.kind == "categorical" else TRUTHS
            new = [
                code
                for code, name in enumerate(column.categories)
                if (name if feature.kind == "categorical" else name.lower()) not in known
            ]
            if new and (count := int(np.isin(column.values, new).sum())):
                counts[feature.name] = count
        return counts

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        for feature in value["features"]:
            if feature["date"] is None:
                del feature["date"]
        return value

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessing":
        """What `to_json` was made of. Raises Malformed for anything else."""
        fitted: Preprocessing = read_as(_with_dates(value), cls, "preprocessing")
        fitted._check()
        return fitted

    def _check(self) -> None:
        """Raises Malformed for statistics that no rows have."""
        names = [feature.name for feature in self.features]
        units = 0 if self.classes else len(self.targets)
        numbers = [number for f in self.features for number in (f.shift, f.scale)]
        is_sound = (
            self.features
            and all(feature.is_sound for feature in self.features)
            and all(len(set(each)) == len(each) for each in (names, self.targets, self.classes))
            and len(self.target.shift) == len(self.target.scale) == units
            and np.isfinite([*numbers, *self.target.shift, *self.target.scale]).all()
        )
        if not is_sound:
            raise Malformed("its statistics contradict each other")


def _with_dates(value: Any) -> Any:
    """The same with a date for each feature, which is left out where there is none."""
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list):
        return value
    full = [{"date": None, **each} if isinstance(each, dict) else each for each in features]
    return {**value, "features": full}


def _fit_column(name: str, table: Table, column: Column, rows: Array, steps: Steps) -> FittedColumn:
    """The statistics of one feature on the training rows, whose values `column` holds."""
    is_missing = np.isnan(column.values)
    missing, present = int(is_missing.sum()), column.values[~is_missing]
    if not len(present):
        raise DataError(
            f"column '{name}' has no value in the training rows: leave it out",
            key="data.features.exclude",
        )
    kind = table.kind(name)
    is_category = kind == "categorical"
    allowed = steps.impute_category if is_category else steps.impute
    if missing and allowed == "none":
        place = table.place(int(rows[np.argmax(is_missing)]))
        block = "categorical" if is_category else "numeric"
        raise DataError(
            f"column '{name}' lacks {missing:,} values in the training rows, the first at {place}",
            key=f"data.preprocessing.{block}.impute",
        )
    if is_category:
        return _fit_categories(name, column.categories, present, missing, steps.impute_category)
    if kind == "boolean":
        present = _as_truth(present, column.categories)
        fill = None if steps.impute == "none" else _fill("most_frequent", present)
        return FittedColumn(name, kind, missing, fill)
    fill = None if steps.impute == "none" else _fill(steps.impute, present)
    whole = present if fill is None else np.where(is_missing, fill, column.values)
    weights = None if table.weights is None else table.weights[rows]
    if kind == "date":
        if fill is not None and (present == np.floor(present)).all():
            fill = float(np.floor(fill))  # no time of day where no row has one
            whole = np.where(is_missing, fill, column.values)
        known = whole[~np.isnan(whole)]
        date = FittedDate.fit(known, steps.scale, weights if len(known) == len(whole) else None)
        return FittedColumn(name, kind, missing, fill, date=date)
    scaling = Scaling.fit(steps.scale, whole[:, None], weights)
    shift, scale = scaling.shift[0], scaling.scale[0]
    if not np.isfinite([shift, scale]).all():
        message = f"column '{printable(name)}' has values too large to scale"
        raise DataError(message, key="data.preprocessing.numeric.scale")
    if steps.scale != "none" and whole.min() == whole.max():
        scale = 0.0  # weights that no training row has moved must not meet another value
    return FittedColumn(name, kind, missing, fill, shift, scale)


def _as_truth(values: Array, categories: Sequence[str]) -> Array:
    """Yes and no as 1 and 0."""
    meaning = truths(categories)
    return values if meaning is None or not categories else meaning[values.astype(int)]


def _is_no_truth(values: Array) -> Array:
    """(rows,) whether there is a number, and it is neither 0 nor 1."""
    return ~(np.isnan(values) | np.isin(values, (0.0, 1.0)))


def _fill(how: Impute, present: Array) -> float:
    """What stands in for a missing number."""
    if how == "median":
        return float(np.median(present))
    if how == "mean":
        return float(present.mean())
    values, counts = np.unique(present, return_counts=True)
    return float(values[counts.argmax()])


def _fit_categories(
    name: str, names: Sequence[str], present: Array, missing: int, impute: ImputeCategory
) -> FittedColumn:
    counts = np.bincount(present.astype(int), minlength=len(names)).tolist()
    of_name = {name: count for name, count in zip(names, counts, strict=True) if count}
    seen = sorted(of_name)
    fill = None
    if impute == "most_frequent":
        fill = max(seen, key=of_name.__getitem__)  # the first of those that tie
    elif impute == "category":
        fill = MISSING_CATEGORY
        seen += [fill] if missing and fill not in seen else []
    return FittedColumn(name, "categorical", missing, fill, categories=tuple(seen))


class _Encoder:
    """Rows of one table -> network inputs. The table's own categories may be others than fitted."""

    def __init__(self, fitted: Preprocessing, table: Table) -> None:
        self.fitted, self.table = fitted, table
        self.lookups = {
            feature.name: self._lookup(feature, table.categories[feature.name])
            for feature in fitted.features
            if feature.name in table.categories
        }

    def _lookup(self, feature: FittedColumn, names: Sequence[str]) -> Array:
        """What each of the table's categories is among the fitted ones; -inf if it is none.

        The last item stands for a missing cell: NaN where nothing stands in.
        """
        if feature.kind == "boolean":
            fill = np.nan if feature.fill is None else float(feature.fill)
            other = -np.inf if self.fitted.unknown == "error" or feature.fill is None else fill
            meaning = [TRUTHS.get(name.lower(), other) for name in names]
            return np.array([*meaning, fill])
        known = {category: float(i) for i, category in enumerate(feature.categories)}
        codes = [known.get(name, -np.inf) for name in names]
        fill = np.nan if feature.fill is None else known.get(str(feature.fill), -np.inf)
        return np.array([*codes, fill])

    def __call__(self, rows: Array) -> Array:
        raw = self.table.x[rows]
        places, inputs, fills, shift, scale = self.fitted._numbers
        problems = list(self._translate(raw, rows))
        numbers = raw if len(places) == raw.shape[1] else raw[:, places]
        missing = np.isnan(numbers)
        if missing.any():
            numbers = np.where(missing, fills, numbers)
            problems += self._lacking(np.isnan(numbers), rows, places)
        if problems:
            raise TableError(problems)
        scaled = (numbers - shift) / scale
        if len(inputs) == self.fitted.width:  # no categories: nothing to spread out
            return np.asarray(scaled)
        x = np.zeros((len(rows), self.fitted.width))
        x[:, inputs] = scaled
        start = 0
        for place, feature in enumerate(self.fitted.features):
            if feature.date is not None:
                days, stop = raw[:, place], start + len(feature.inputs)
                x[:, start:stop] = feature.date(days)
            if feature.kind == "categorical":
                codes = raw[:, place]
                known = np.flatnonzero(np.isfinite(codes))
                x[known, start + codes[known].astype(int)] = 1.0
            start += len(feature.inputs)
        return x

    def _translate(self, raw: Array, rows: Array) -> Iterator[Problem]:
        """Replace the table's category indices by the fitted ones, in place."""
        for place, feature in enumerate(self.fitted.features):
            lookup = self.lookups.get(feature.name)
            if feature.date is not None:
                yield from self._fill_dates(raw[:, place], rows, feature)
                continue
            if lookup is None:
                if feature.kind == "boolean":
                    yield from self._replace_no_truths(raw[:, place], rows, feature)
                continue
            codes = raw[:, place]
            names = self.table.categories[feature.name]
            indices = np.where(np.isnan(codes), len(names), codes).astype(int)
            raw[:, place] = lookup[indices]
            unknown = np.isneginf(raw[:, place]) & (indices < len(names))
            if self.fitted.unknown == "error" or feature.kind == "boolean":
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

    def _replace_no_truths(
        self, values: Array, rows: Array, feature: FittedColumn
    ) -> Iterator[Problem]:
        """Numbers that are neither 0 nor 1 become what stands in for a missing cell, in place."""
        other = _is_no_truth(values)
        if self.fitted.unknown == "error" or feature.fill is None:
            for row in np.flatnonzero(other).tolist():
                yield self._problem(rows[row], feature, f"{values[row]:g}")
        else:
            values[other] = float(feature.fill)

    def _lacking(self, missing: Array, rows: Array, places: Array) -> Iterator[Problem]:
        for row, column in np.argwhere(missing).tolist():
            yield self._problem(rows[row], self.fitted.features[places[column]], "")

    def _problem(self, row: Any, feature: FittedColumn, found: str) -> Problem:
        listed = ", ".join(f"'{category}'" for category in feature.categories[:8])
        message = f"unknown category '{printable(found)}': the training rows have {listed}"
        if feature.kind == "boolean":
            message = f"expected yes or no, true or false, found '{printable(found)}'"
        if not found:
            message = "the value is missing, and impute is none"
        return cell_problem(self.table.place(int(row)), feature.name, message)
