"""Units: rows as they were before scaling, which are shorter to read: 5.1 for -0.89767388016."""

import numpy as np

from nncli.build.build import Built
from nncli.export.numpy_script.data import Scaled
from nncli.parts.arrays import Array


def own_units(built: Built) -> tuple[Scaled | None, Scaled | None]:
    """Inputs and targets in their own units; None for what isn't scaled, or not only scaled."""
    rows = built.rows.named()
    return _inputs(built, rows), _targets(built, rows)


def _inputs(built: Built, rows: dict[str, Array]) -> Scaled | None:
    table, features = built.table, built.preprocessing.features
    shift = np.array([feature.shift for feature in features])
    scale = np.array([feature.scale or np.inf for feature in features])
    is_numeric = all(feature.kind == "numeric" for feature in features)
    if table.is_on_disk or not is_numeric or _changes_nothing(shift, scale):
        return None
    return Scaled({name: table.x[chosen] for name, chosen in rows.items()}, shift, scale)


def _targets(built: Built, rows: dict[str, Array]) -> Scaled | None:
    scaling = built.preprocessing.target
    shift, scale = np.array(scaling.shift), np.array(scaling.scale)
    if built.table.classes or _changes_nothing(shift, scale):
        return None
    return Scaled({name: built.table.y[chosen] for name, chosen in rows.items()}, shift, scale)


def _changes_nothing(shift: Array, scale: Array) -> bool:
    return bool((shift == 0.0).all() and (scale == 1.0).all())
