"""Plotted features: chooses the one or two features that a plot is drawn over."""

import numpy as np

from nncli.errors import UserError, did_you_mean, few, printable
from nncli.influence.predictor import Predictor
from nncli.parts.arrays import Array
from nncli.parts.table import Table

MOVED_VALUES = 1 << 25  # network inputs for all moved rows together; about a second


def named(table: Table, text: str) -> tuple[str, ...]:
    """The features named by `a` or `a,b`, whose names may contain commas.

    Raises UserError for unknown names.
    """
    if (alone := text.strip()) in table.features:
        return (alone,)
    parts = text.split(",")
    cuts = [(",".join(parts[:cut]), ",".join(parts[cut:])) for cut in range(1, len(parts))]
    for first, second in ((first.strip(), second.strip()) for first, second in cuts):
        if first == second:
            raise UserError(f"--features: expected two different features, found '{first}' twice")
        if first in table.features and second in table.features:
            return first, second
    unknown = [name for part in parts if (name := part.strip()) not in table.features]
    if not unknown:
        raise UserError(f"--features: expected one or two features, found {len(parts)}")
    guesses = [f"'{printable(name)}'{did_you_mean(name, table.features)}" for name in unknown]
    what = "feature" if len(unknown) == 1 else "features"
    raise UserError(
        f"--features: unknown {what} {', '.join(guesses)}; known: {few(table.features)}"
    )


def most_influential(predictor: Predictor, sample: Array, output: int | None) -> tuple[str, ...]:
    """The two numeric features that the predictions depend on most, in the table's order.

    Only one if there is no other. output: of which prediction; None: of all.
    Raises UserError if no feature is numeric.
    """
    table = predictor.table
    numeric = [name for name in table.features if table.kind(name) == "numeric"]
    if not numeric:
        raise UserError(
            "none of the features is a number: name one or two with --features; known: "
            + few(table.features)
        )
    if len(numeric) <= 2:
        return tuple(numeric)
    inputs = 2 * len(numeric) * predictor.model.preprocessing.width
    changes = effects(predictor, numeric, sample[: max(MOVED_VALUES // inputs, 10)], output)
    best = np.argsort(-changes, kind="stable")[:2]
    return tuple(numeric[index] for index in sorted(best.tolist()))


def effects(predictor: Predictor, names: list[str], rows: Array, output: int | None) -> Array:
    """mean |f(x + s/2) - f(x - s/2)| over rows x, for each feature.

    s: the feature's standard deviation.  f: the predictions, or only the one at index `output`.
    """
    x = predictor.table.x[rows]
    changes = np.zeros(len(names))
    for place, name in enumerate(names):
        column = predictor.table.features.index(name)
        present = x[:, column][~np.isnan(x[:, column])]
        spread = present.std() if len(present) else 0.0
        moved = np.concatenate([x, x])
        moved[: len(x), column] += spread / 2
        moved[len(x) :, column] -= spread / 2
        above, below = np.split(predictor(moved), 2)
        change = np.abs(above - below) if output is None else np.abs(above - below)[:, output]
        changes[place] = np.nan_to_num(change, posinf=0.0).mean()
    return changes
