"""Fitted columns: what the training rows say of each feature."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nncli.data.bent_scales import NumericScale, straight
from nncli.data.column_types import truths
from nncli.data.dates import FittedDate
from nncli.data.fitted_categories import MISSING_CATEGORY, Embed, ImputeCategory, fit_categories
from nncli.data.numeric_encodings import BINS, Encode, Encoding, fitting
from nncli.data.rare_categories import NONE_RARE, RARE_CATEGORY, Rare
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
    """What is done to the features of a table, by their kind."""

    scale: NumericScale
    impute: Impute
    impute_category: ImputeCategory
    unknown: Unknown
    encode: Encode = "none"
    bins: int = BINS
    with_value: bool = False
    indicator: bool = False
    embed: Embed | None = None
    rare: Rare = NONE_RARE


@frozen
class FittedColumn:
    """One feature: what the training rows said of it.

    missing: how many of them lack it.  fill: what then stands in, a number or a category; None
    where nothing may be missing.  shift, scale: of a number; scale is 0 for one that never varies,
    whose input is always 0.  categories: one input each, sorted; the last is (rare), where others
    share it, which rare names.  embedding: of them instead the numbers of the vector that each has;
    0: none.  date: of a date.
    order: of a number that stands for a word, the words from 0 upwards.
    encoding: what a number becomes, where it isn't only shifted and scaled.
    indicator: whether another input, the last, is 1 where the value is missing and 0 elsewhere.
    formula: of a derived column, what it is of others.  for_formulas: whether it has no input of
    its own.
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
    def is_sound(self) -> bool:
        """Whether the parts fit together."""
        if (self.kind == "date") != (self.date is not None):
            return False
        if self.date is not None and not self.date.is_sound:
            return False
        if self.encoding is not None and not (self.kind == "numeric" and self.encoding.is_sound):
            return False
        if self.embedding and (self.kind != "categorical" or self.embedding < 0):
            return False
        if self.indicator and (self.kind == "categorical" or self.fill is None):
            return False
        if self.kind == "categorical":
            is_text = self.fill is None or isinstance(self.fill, str)
            is_text &= not self.order and self._is_rare_sound
            return is_text and len(set(self.categories)) == len(self.categories) > 0
        return not (self.categories or self.rare) and not isinstance(self.fill, str)

    @property
    def _is_rare_sound(self) -> bool:
        own = {*self.categories} - {RARE_CATEGORY}
        is_apart = len({*self.rare}) == len(self.rare) and not own.intersection(self.rare)
        return is_apart and (not self.rare or RARE_CATEGORY in self.categories)

    @cached_property
    def expression(self) -> "Expression":
        """What its formula computes. Raises FormulaError for a text that is none."""
        from nncli.data.formulas.parse import parse

        return parse(self.formula)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Of each text that a training row has, its category's index."""
        own = {category: code for code, category in enumerate(self.categories)}
        return {**own, **dict.fromkeys(self.rare, own.get(RARE_CATEGORY, 0))}

    @property
    def code_of_unseen(self) -> int | None:
        """That of a text which no training row has, as long as it may be there; None: it has none.

        It is the rare ones', so that what is learnt of them tells of it; a table of vectors
        without rare ones has a row for it behind the others.
        """
        if self.rare:
            return self.codes[RARE_CATEGORY]
        return len(self.categories) if self.embedding else None

    @property
    def embedded(self) -> EmbeddedColumn:
        """Its table of vectors, if it has one."""
        known = len(self.categories)
        return EmbeddedColumn(self.name, known + (not self.rare), known, self.embedding)

    @property
    def inputs(self) -> list[str]:
        """The numbers that the network gets of it; what is embedded it gets as a vector."""
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
    """Those of a table's features. Raises DataError with all that is wrong."""
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
        impute, rare = steps.impute_category, steps.rare
        fitted = fit_categories(column.categories, present, missing, impute, rare, steps.embed)
        return FittedColumn(name, kind, missing, **fitted)
    indicator = steps.indicator and missing > 0
    if kind == "boolean":
        present = as_truth(present, column.categories)
        fill = None if steps.impute == "none" else _fill("most_frequent", present)
        return FittedColumn(name, kind, missing, fill, indicator=indicator)
    fill = None if steps.impute == "none" else _fill(steps.impute, present)
    whole = present if fill is None else np.where(is_missing, fill, column.values)
    weights = None if table.weights is None else table.weights[rows]
    if kind == "date":
        if fill is not None and (present == np.floor(present)).all():
            fill = float(np.floor(fill))  # no time of day where no row has one
            whole = np.where(is_missing, fill, column.values)
        known = whole[~np.isnan(whole)]
        date = FittedDate.fit(
            known, straight(steps.scale), weights if len(known) == len(whole) else None
        )
        return FittedColumn(name, kind, missing, fill, date=date, indicator=indicator)
    order = table.orders.get(name, ())
    fitted = fit_number(name, present, whole, weights, steps)
    return FittedColumn(name, kind, missing, fill, order=order, indicator=indicator, **fitted)


def fit_number(
    name: str, present: Array, whole: Array, weights: Array | None, steps: PreprocessingSteps
) -> dict[str, Any]:
    """An encoding, of the values that are there; or shift and scale, of the fills as well."""
    fit = fitting(steps.encode, steps.bins, steps.scale, with_value=steps.with_value)
    if fit is not None:
        encoding = fit(present)
        fitted: dict[str, Any] = {"encoding": encoding}
        is_sound = encoding.is_sound
    else:
        scaling = Scaling.fit(straight(steps.scale), whole[:, None], weights)
        # weights that no training row has moved must not meet another value
        is_constant = steps.scale != "none" and whole.min() == whole.max()
        fitted = {"shift": scaling.shift[0], "scale": 0.0 if is_constant else scaling.scale[0]}
        is_sound = bool(np.isfinite([scaling.shift[0], scaling.scale[0]]).all())
    if not is_sound:
        what = "scale" if steps.encode == "none" else "encode"
        message = f"column '{printable(name)}' has values too large to {what}"
        raise DataError(message, key=f"data.preprocessing.numeric.{what}")
    return fitted


def as_truth(values: Array, categories: Sequence[str]) -> Array:
    """Yes and no as 1 and 0."""
    meaning = truths(categories)
    return values if meaning is None or not categories else meaning[values.astype(int)]


def _fill(how: Impute, present: Array) -> float:
    """What stands in for a missing number."""
    if how == "median":
        return float(np.median(present))
    if how == "mean":
        return float(present.mean())
    values, counts = np.unique(present, return_counts=True)
    return float(values[counts.argmax()])
