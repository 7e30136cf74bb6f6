"""Frames: columns of texts in a DataFrame, as the numbers that scikit-learn checks."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.data.fitted_columns import FittedColumn
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.table import Table
from nncli.sklearn.blocks import label

Texts = dict[int, tuple[str, ...]]  # by the column's number
MISSING = -1.0


def refuse_more_axes(X: Any) -> None:
    """Raises ValueError for an array of more than two, or lists whose first items make one."""
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
    """X with a number in place of each text, and what it stands for, column by column.

    A column is one of texts if pandas has it as strings, categories, or objects with a string among
    them. What isn't a DataFrame is left as it is. Raises ValueError for more than two axes.
    """
    refuse_more_axes(X)
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(X, pandas.DataFrame):
        return X, {}
    texts: Texts = {}
    numbers = X
    for place, kind in enumerate(X.dtypes):
        values = X.iloc[:, place]
        are_texts = isinstance(kind, pandas.CategoricalDtype | pandas.StringDtype)
        if not are_texts and (kind.kind != "O" or not any(isinstance(v, str) for v in values)):
            continue
        codes, found = pandas.factorize(values.astype(object))
        texts[place] = tuple(map(label, found.tolist()))
        if numbers is X:
            numbers = X.copy(deep=False)
        numbers.isetitem(place, codes.astype(float))
    return numbers, texts


def with_gaps(x: Array, texts: Texts) -> Array:
    """The rows, with nothing where a text is missing."""
    for place in texts:
        x[:, place][x[:, place] == MISSING] = np.nan
    return x


def with_categories(table: Table, texts: Texts) -> Table:
    """The table, told which of its columns are texts."""
    return replace(table, categories={table.features[n]: own for n, own in texts.items()})


def as_learnt(x: Array, texts: Texts, features: Sequence[FittedColumn]) -> Table:
    """Rows to be answered. Where texts were learnt and numbers are given, these are meant as texts.

    Raises UserError for texts in a column of which numbers were learnt.
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
