"""Fitted columns: the statistics and encoding of each feature, fitted on the training rows."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nncli.data.column_types import boolean_values
from nncli.data.date_encoding import DAYS_TO_1970, FittedDate
from nncli.data.fitted_categories import MISSING_CATEGORY, Embed, ImputeCategory, fit_categories
from nncli.data.nonlinear_scales import NumericScale, linear_scale
from nncli.data.number_checks import too_large
from nncli.data.numeric_encodings import BINS, Encode, Encoding, encoding_fit
from nncli.data.rare_categories import NO_RARE, RARE_CATEGORY, RareRule
from nncli.data.scaling import Scaling
from nncli.errors import DataError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.layers import EmbeddedColumn
from nncli.parts.table import Column, Kind, Table

if TYPE_CHECKING:
    from nncli.data.formulas.expression import Expression

Impute = Literal["median", "mean", "most_frequent", "none"]
Unknown = Literal["ignore", "error"]


@frozen
class PreprocessingSteps:
    """The preprocessing of features, by their kind."""

    scale: NumericScale
    impute: Impute
    impute_category: ImputeCategory
    unknown: Unknown
    encode: Encode = "none"
    bins: int = BINS
    with_value: bool = False
    indicator: bool = False
    embed: Embed | None = None
    rare: RareRule = NO_RARE


@frozen
class FittedColumn:
    """The fitted preprocessing of one feature.

    missing: the number of training rows without a value.  fill: the imputed number or category;
    None if missing values are errors.  shift, scale: of a numeric column; scale is 0 for a constant
    one, whose input is always 0.  categories: sorted, one input each; the last is (rare) if some
    are merged.  rare: the merged categories.  embedding: the size of the categories' vectors; 0:
    one-hot.  date: the encoding of a date column.  order: the words of an ordinal column, from 0
    upwards.  encoding: of a numeric column that isn't only shifted and scaled.  indicator: whether
    the last input is 1 where the value is missing, else 0.  formula: of a derived column.
    for_formulas: whether only formulas use the column, which has no input then.
    """

    name: str
    kind: Kind
    missing: int
    fill: float | str | None
    shift: float = 0.0
    scale: float = 1.0
    categories: tuple[str, ...] = ()
    date: FittedDate | None = None
    order: tuple[str, ...] = ()
    encoding: Encoding | None = None
    indicator: bool = False
    rare: tuple[str, ...] = ()
    embedding: int = 0
    formula: str = ""
    for_formulas: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether the fields are consistent."""
        if (self.kind == "date") != (self.date is not None):
            return False
        if self.date is not None and not self.date.is_valid:
            return False
        if self.encoding is not None and not (self.kind == "numeric" and self.encoding.is_valid):
            return False
        if self.embedding and (self.kind != "categorical" or self.embedding < 0):
            return False
        if self.indicator and (self.kind == "categorical" or self.fill is None):
            return False
        if self.kind == "categorical":
            is_text = self.fill is None or isinstance(self.fill, str)
            is_text &= not self.order and self._is_rare_valid
            return is_text and len(set(self.categories)) == len(self.categories) > 0
        return not (self.categories or self.rare) and not isinstance(self.fill, str)

    @property
    def _is_rare_valid(self) -> bool:
        frequent = {*self.categories} - {RARE_CATEGORY}
        is_disjoint = len({*self.rare}) == len(self.rare) and not frequent.intersection(self.rare)
        return is_disjoint and (not self.rare or RARE_CATEGORY in self.categories)

    @cached_property
    def expression(self) -> "Expression":
        """The parsed formula. Raises FormulaError if it can't be parsed."""
        from nncli.data.formulas.parse import parse

        return parse(self.formula)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Category -> index, for every category of the training rows, rare ones included."""
        codes = {category: code for code, category in enumerate(self.categories)}
        return {**codes, **dict.fromkeys(self.rare, codes.get(RARE_CATEGORY, 0))}

    @property
    def unseen_code(self) -> int | None:
        """The index of an unseen category: that of (rare), else the extra last row of an embedding;
        None if all its one-hot inputs are 0."""
        if self.rare:
            return self.codes[RARE_CATEGORY]
        return len(self.categories) if self.embedding else None

    @property
    def embedded(self) -> EmbeddedColumn:
        """The column's embedding, if `embedding` isn't 0."""
        known = len(self.categories)
        return EmbeddedColumn(self.name, known + (not self.rare), known, self.embedding)

    def in_1970(self) -> "FittedColumn":
        """A copy for times of day on 1970-01-01, of one fitted to those on 1900-01-01."""
        assert self.date is not None
        fill = None if self.fill is None else float(self.fill) + DAYS_TO_1970
        return replace(self, fill=fill, date=self.date.in_1970())

    @property
    def inputs(self) -> list[str]:
        """The names of the column's inputs; empty for an embedded column."""
        if self.embedding or self.for_formulas:
            return []
        if self.categories:
            return [f"{self.name}={category}" for category in self.categories]
        indicator = [f"{self.name}={MISSING_CATEGORY}"] if self.indicator else []
        if self.date is not None:
            return [f"{self.name}.{part}" for part in self.date.parts] + indicator
        if self.encoding is not None:
            return self.encoding.inputs(self.name) + indicator
        return [self.name, *indicator]


def fit_columns(table: Table, rows: Array, steps: PreprocessingSteps) -> tuple[FittedColumn, ...]:
    """Fit every feature of a table to the rows `rows`. Raises DataError with all problems."""
    found: list[tuple[str, str]] = []
    features = []
    plain = replace(steps, scale="none", encode="none", indicator=False, embed=None)
    for name in table.features:
        column, is_hidden = table.column(name), name in table.for_formulas
        chosen = Column(column.values[rows], column.categories)
        try:
            fitted = fit_column(name, table, chosen, rows, plain if is_hidden else steps)
            features.append(replace(fitted, for_formulas=is_hidden))
        except DataError as error:
            found += error.found
    if found:
        raise DataError(found=found)
    return tuple(features)


def fit_column(
    name: str, table: Table, column: Column, rows: Array, steps: PreprocessingSteps
) -> FittedColumn:
    """Fit one feature. column: its values in the training rows `rows`."""
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
        impute, rare = steps.impute_category, steps.rare
        fitted = fit_categories(column.categories, present, missing, impute, rare, steps.embed)
        return FittedColumn(name, kind, missing, **fitted)
    indicator = steps.indicator and missing > 0
    if kind == "boolean":
        present = as_booleans(present, column.categories)
        fill = None if steps.impute == "none" else _fill("most_frequent", present)
        return FittedColumn(name, kind, missing, fill, indicator=indicator)
    fill = None if steps.impute == "none" else _fill(steps.impute, present)
    filled = present if fill is None else np.where(is_missing, fill, column.values)
    weights = None if table.weights is None else table.weights[rows]
    if kind == "date":
        if fill is not None and (present == np.floor(present)).all():
            fill = float(np.floor(fill))  # dates without a time of day are imputed without one
            filled = np.where(is_missing, fill, column.values)
        known = filled[~np.isnan(filled)]
        date = FittedDate.fit(
            known, linear_scale(steps.scale), weights if len(known) == len(filled) else None
        )
        return FittedColumn(name, kind, missing, fill, date=date, indicator=indicator)
    order = table.orders.get(name, ())
    fitted = fit_number(name, present, filled, weights, steps)
    return FittedColumn(name, kind, missing, fill, order=order, indicator=indicator, **fitted)


def fit_number(
    name: str, present: Array, filled: Array, weights: Array | None, steps: PreprocessingSteps
) -> dict[str, Any]:
    """The field `encoding`, fitted to the values `present`; or `shift` and `scale`, fitted to all
    values after imputation, `filled`."""
    fit = encoding_fit(steps.encode, steps.bins, steps.scale, with_value=steps.with_value)
    if fit is not None:
        encoding = fit(present)
        fitted: dict[str, Any] = {"encoding": encoding}
        is_valid = encoding.is_valid
    else:
        scaling = Scaling.fit(linear_scale(steps.scale), filled[:, None], weights)
        # the weights of a constant input are untrained: new values must not reach them
        is_constant = steps.scale != "none" and filled.min() == filled.max()
        fitted = {"shift": scaling.shift[0], "scale": 0.0 if is_constant else scaling.scale[0]}
        is_valid = bool(np.isfinite([scaling.shift[0], scaling.scale[0]]).all())
    if not is_valid:
        what = "scale" if steps.encode == "none" else "encode"
        message = too_large(f"column '{printable(name)}'", present, what)
        raise DataError(message, key=f"data.preprocessing.numeric.{what}")
    return fitted


def as_booleans(values: Array, categories: Sequence[str]) -> Array:
    """Booleans as 1 and 0. values: numbers, or indices into `categories`."""
    meaning = boolean_values(categories)
    return values if meaning is None or not categories else meaning[values.astype(int)]


def _fill(method: Impute, present: Array) -> float:
    """The number to impute."""
    if method == "median":
        return float(np.median(present))
    if method == "mean":
        return float(present.mean())
    values, counts = np.unique(present, return_counts=True)
    return float(values[counts.argmax()])
