"""Columns: what the inputs and outputs of a network are called, and in which units they are."""

from typing import Any

import numpy as np

from nncli.assembly.build import Built
from nncli.data.fitted_columns import FittedColumn
from nncli.data.target_transforms import in_words
from nncli.errors import escaped


def features(built: Built) -> list[dict[str, Any]]:
    """Each feature, and the inputs that it has among the network's.

    isPlain: whether its one input is (value - shift) / scale.
    """
    return [_feature(feature) for feature in built.preprocessing.features]


def _feature(feature: FittedColumn) -> dict[str, Any]:
    inputs = feature.inputs
    is_plain = feature.kind == "numeric" and len(inputs) == 1 and feature.encoding is None
    is_plain = is_plain and not feature.order
    return {
        "name": escaped(feature.name),
        "inputs": [escaped(name) for name in inputs],
        "isPlain": is_plain,
        **({"shift": float(feature.shift), "scale": float(feature.scale)} if is_plain else {}),
    }


def outputs(built: Built) -> dict[str, Any]:
    """What is predicted: classes of one target, yes or no of several, or numbers in units."""
    table, scaling = built.table, built.preprocessing.target
    units = {} if table.classes else {"shift": scaling.shift, "scale": scaling.scale}
    names = [in_words(scaling.transform, name) for name in table.targets]
    return {
        "task": table.task,
        "targets": [*map(escaped, names)],
        "classes": [*map(escaped, table.classes)],
        "off": float(built.network.loss.off),
        **units,
    }


def axes(built: Built) -> list[int]:
    """The plain features that a picture is best drawn over: those that tell most by themselves.

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
