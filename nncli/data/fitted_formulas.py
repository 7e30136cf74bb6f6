"""Fitted formulas: derived columns, computed and fitted on the training rows."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nncli.data.fitted_columns import FittedColumn, PreprocessingSteps, as_booleans, fit_number
from nncli.errors import DataError, TableError, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Table, cell_problem

if TYPE_CHECKING:
    from nncli.data.formulas.expression import Expression

CACHED_COLUMNS = 16
MAX_SHOWN = 12  # formulas


def fit_derived(
    formulas: "Mapping[str, Expression]",
    features: Sequence[FittedColumn],
    table: Table,
    rows: Array,
    steps: PreprocessingSteps,
) -> tuple[FittedColumn, ...]:
    """Fit the derived columns on the training rows, after imputation.

    Raises TableError for rows where a formula is undefined; DataError if they are in no file.
    """
    of_name = {feature.name: feature for feature in features}

    @lru_cache(maxsize=CACHED_COLUMNS)
    def values_of(name: str) -> Array:
        return _filled(of_name[name], table, rows)

    derived = []
    weights = None if table.weights is None else table.weights[rows]
    for name, formula in formulas.items():
        values = {column: values_of(column) for column in formula.columns}
        found = formula(values)
        _refuse_undefined(name, formula, found, values, table, rows)
        fitted = fit_number(name, found, found, weights, steps)
        derived.append(FittedColumn(name, "numeric", 0, None, formula=str(formula), **fitted))
    return tuple(derived)


def _filled(feature: FittedColumn, table: Table, rows: Array) -> Array:
    """(rows,) the numbers of a column after imputation, booleans as 1 and 0."""
    column = table.column(feature.name)
    values, is_missing = column.values[rows], np.isnan(column.values[rows])
    values = np.where(is_missing, 0.0, values)
    if feature.kind == "boolean":
        values = as_booleans(values, column.categories)
    return values if feature.fill is None else np.where(is_missing, feature.fill, values)


def _refuse_undefined(
    name: str,
    formula: "Expression",
    found: Array,
    values: Mapping[str, Array],
    table: Table,
    rows: Array,
) -> None:
    count = int((~np.isfinite(found)).sum())
    if not count:
        return
    from nncli.data.formulas.derived import key_of
    from nncli.data.formulas.undefined import undefined

    shown = zip(range(TableError.MAX_SHOWN), undefined(formula, found, values), strict=False)
    problems = [
        cell_problem(table.place(int(rows[row])), name, message) for _, (row, message) in shown
    ]
    if table.origin is None:  # a dataset's rows are in no file
        more = f"; {count - 1:,} more such rows" if count > 1 else ""
        message = f"{problems[0].where}: {problems[0].message}{more}"
        raise DataError(message, key=key_of(name))
    raise TableError(problems, count)


def are_formulas_valid(derived: Sequence[FittedColumn], features: Sequence[FittedColumn]) -> bool:
    """Whether every formula uses numeric and boolean features, and the fields are consistent."""
    numbers = {feature.name for feature in features if feature.kind in ("numeric", "boolean")}
    try:
        used = {name for column in derived for name in column.expression.columns}
    except ValueError:
        return False
    return (
        used <= numbers
        and all(c.kind == "numeric" and not c.indicator and not c.order for c in derived)
        and not any(column.for_formulas for column in derived)
        and not any(feature.formula for feature in features)
    )


def formulas_in_words(derived: Sequence[FittedColumn]) -> list[str]:
    """Each of the first 12 formulas with its scaling, as `area = size*width; its input is ...`."""
    shown = [_in_words(column) for column in derived[:MAX_SHOWN]]
    more = len(derived) - len(shown)
    return [*shown, *([f"and {more:,} more products"] if more > 0 else [])]


def _in_words(column: FittedColumn) -> str:
    name, formula = printable(column.name), printable(column.formula)
    text = formula if column.name == column.formula else f"{name} = {formula}"
    if column.encoding is not None or (column.shift, column.scale) == (0.0, 1.0):
        return text
    if column.scale == 0.0:
        return f"{text}, which never varies: its input is 0"
    return f"{text}; its input is (value - {column.shift:.6g}) / {column.scale:.6g}"
