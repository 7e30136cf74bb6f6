"""Frames: converts text columns of a DataFrame to numbers, as scikit-learn's checks require."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import numpy as np

from nncli.data.fitted_columns import FittedColumn
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.table import Table
from nncli.sklearn.blocks import label

Texts = dict[int, tuple[str, ...]]  # by column index
MISSING = -1.0
DATES = (date, time, timedelta)


def refuse_more_axes(X: Any) -> None:
    """Raises ValueError for an array, or nested lists, of more than two dimensions."""
    shape: tuple[int, ...] = ()
    inside = X
    while isinstance(inside, list | tuple) and inside:
        shape, inside = (*shape, len(inside)), inside[0]
    shape = (*shape, *getattr(inside, "shape", ()))
    if len(shape) > 2:
        axes = ", ".join(map(str, shape))
        raise ValueError(
            f"X: expected (rows, features), found an array of shape ({axes}): "
            "X.reshape(len(X), -1) has a row for each; of images, the first hidden layer is then "
            "{'type': 'reshape', 'shape': [height, width, channels]}"
        )


def without_texts(X: Any) -> tuple[Any, Texts]:
    """X with texts replaced by codes, and the texts of each column's codes.

    A text column has pandas' type string or category, or objects with a string among them. Anything
    but a DataFrame is returned as it is, masked values as NaN. Raises ValueError for more than two
    dimensions and dates.
    """
    refuse_more_axes(X)
    if isinstance(X, np.ma.MaskedArray):
        return np.ma.filled(X.astype(float), np.nan), {}
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(X, pandas.DataFrame):
        return X, {}
    texts: Texts = {}
    numbers = X
    for place, kind in enumerate(X.dtypes):
        values = X.iloc[:, place]
        are_texts = isinstance(kind, pandas.CategoricalDtype | pandas.StringDtype)
        objects = [*values.dropna()] if kind.kind == "O" else []
        if not are_texts and not any(isinstance(each, str) for each in objects):
            if kind.kind in "mM" or any(isinstance(v, (*DATES, pandas.Period)) for v in objects):
                raise ValueError(
                    f"column {values.name!r} of X holds dates: expected numbers or texts, such as "
                    "its .dt.year and .dt.month (a run of a table takes dates: nncli.Run)"
                )
            continue
        codes, found = pandas.factorize(values.astype(object))
        texts[place] = tuple(map(label, found.tolist()))
        if numbers is X:
            numbers = X.copy(deep=False)
        numbers.isetitem(place, codes.astype(float))
    return numbers, texts


def with_gaps(x: Array, texts: Texts) -> Array:
    """The rows with NaN where a text is missing."""
    for place in texts:
        x[:, place][x[:, place] == MISSING] = np.nan
    return x


def with_categories(table: Table, texts: Texts) -> Table:
    """The table, with the texts of its text columns as categories."""
    return replace(table, categories={table.features[n]: own for n, own in texts.items()})


def as_learnt(x: Array, texts: Texts, features: Sequence[FittedColumn]) -> Table:
    """The rows to predict. Numbers in a column that had texts in `fit` are taken as texts.

    Raises UserError for texts in a column that had numbers.
    """
    for place, feature in enumerate(features):
        if feature.kind != "categorical" and place in texts:
            raise UserError(f"column {place + 1} of X: expected numbers, as in fit, found texts")
        if feature.kind == "categorical" and place not in texts:
            present = ~np.isnan(x[:, place])
            found, codes = np.unique(x[present, place], return_inverse=True)
            x[present, place] = codes
            texts = {**texts, place: tuple(map(label, found.tolist()))}
    table = Table(x, np.zeros(len(x)), tuple(feature.name for feature in features))
    return with_categories(table, texts)
