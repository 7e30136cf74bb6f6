"""Columns: what the inputs and outputs of a network are called, and in which units they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nncli.assembly.build import Built
from nncli.data.fitted_columns import FittedColumn
from nncli.data.target_transforms import target_in_words
from nncli.errors import escaped


def features(built: Built) -> list[dict[str, Any]]:
    """Each feature and derived column, and the inputs that it has among the network's.

    isPlain: whether its one input is (value - shift) / scale; of a derived column, whose value is a
    formula of others, `tree` is that formula, if all of them are plain.
    """
    fitted = built.preprocessing
    plain = [column for column in fitted.features if _is_plain(column)]
    places = {column.name: place for place, column in enumerate(fitted.features) if column in plain}
    return [
        *(_feature(column, column in plain) for column in fitted.features),
        *({**_feature(column, False), **_formula(column, places)} for column in fitted.derived),
    ]


def _is_plain(column: FittedColumn) -> bool:
    is_number = column.kind == "numeric" and column.encoding is None and not column.order
    return is_number and len(column.inputs) == 1


def _feature(column: FittedColumn, is_plain: bool) -> dict[str, Any]:
    return {
        "name": escaped(column.name),
        "inputs": [escaped(name) for name in column.inputs],
        "isPlain": is_plain,
        "shift": float(column.shift),
        "scale": float(column.scale),
    }


def _formula(column: FittedColumn, places: Mapping[str, int]) -> dict[str, Any]:
    """Its text; its tree: a number, ["feature", its place], or [ufunc, other trees]."""
    found = {"formula": escaped(column.formula)}
    if column.encoding is not None or not places.keys() >= {*column.expression.columns}:
        return found
    tree = column.expression.compute(
        lambda name: ["feature", places[name]],
        lambda ufunc, arguments: [ufunc.__name__, *arguments],
        float,
    )
    return {**found, "tree": tree}


def outputs(built: Built) -> dict[str, Any]:
    """What is predicted: classes of one target, yes or no of several, or numbers in units."""
    table, scaling = built.table, built.preprocessing.target
    units = {} if table.classes else {"shift": scaling.shift, "scale": scaling.scale}
    names = [target_in_words(scaling.transform, name) for name in table.targets]
    return {
        "task": table.task,
        "targets": [*map(escaped, names)],
        "classes": [*map(escaped, table.classes)],
        "off": float(built.network.loss.off),
        **units,
    }


def axes(built: Built) -> list[int]:
    """The plain features that a plot is best drawn over: those that tell most by themselves.

    Of more than two, by how much of the variance of classes or numbers a straight line explains.
    """
    plain = [place for place, each in enumerate(features(built)) if each["isPlain"]]
    if len(plain) <= 2:
        return plain
    names = built.table.features
    rows = built.rows.train
    y = built.job.train.targets[0 : len(rows)]
    y = y - y.mean(axis=0)

    def told(place: int) -> float:
        x = built.table.column(names[place]).values[rows]
        x = np.where(np.isnan(x), np.nanmedian(x), x)
        x = (x - x.mean()) / (x.std() or 1.0)
        return float(np.square(x @ y).sum())

    return sorted(plain, key=told, reverse=True)[:2]
