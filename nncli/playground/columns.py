"""Columns: names and units of a network's inputs and outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nncli.assembly.build import Built
from nncli.data.fitted_columns import FittedColumn
from nncli.data.target_transforms import target_in_words
from nncli.errors import escaped


def features(built: Built) -> list[dict[str, Any]]:
    """Each feature and derived column, with its inputs.

    isPlain: whether it has one input, (value - shift) / scale.  tree: the formula of a derived
    column, if it uses plain columns only.
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
    """formula: the text.  tree: a number, ["feature", its index], or [ufunc, other trees]."""
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
    """What is predicted: the classes of a target, several labels, or numbers with their units."""
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
    """The two plain features for the plot: those that explain most by themselves.

    By the share of the targets' variance that a straight line explains.
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
