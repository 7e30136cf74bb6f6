"""Grid: predictions over a grid of one or two features, with the other features held fixed."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.influence.predictor import Predictor
from nncli.parts.arrays import Array
from nncli.parts.table import Table

STEPS = 240  # positions along an axis
MARGIN = 0.05  # of its range, beyond the training rows on either side
FAR = 10.0  # interquartile ranges beyond the quartiles where outliers begin
MAX_NUMBER = 1e100  # number of an axis
MAX_COLUMNS = 30  # categories of an axis


@frozen
class Axis:
    """An axis of the plot: a feature.

    positions: (STEPS,) ascending; values of a number; for a category, positions along columns of
    width 1 around 0, 1, 2, ...
    codes, categories: of each column: the category's code and its name.
    """

    name: str
    positions: Array
    codes: Array
    categories: tuple[str, ...] = ()

    @property
    def values(self) -> Array:
        """The feature's value at each position."""
        if not self.categories:
            return self.positions
        nearest = np.rint(self.positions).astype(int)
        return np.asarray(self.codes[np.clip(nearest, 0, len(self.codes) - 1)])

    @property
    def ends(self) -> tuple[float, float]:
        return float(self.positions[0]), float(self.positions[-1])

    def place(self, values: Array) -> Array:
        """The positions of values along the axis; NaN for missing ones."""
        if not self.categories:
            return values
        places = np.searchsorted(self.codes, values)
        return np.asarray(np.where(np.isnan(values), np.nan, places))


def axis_over(table: Table, name: str, rows: Array) -> Axis:
    """The axis of a feature over the rows' range, in its own units.

    Raises UserError for too many categories, or too large numbers.
    """
    values = table.column(name).values[rows]
    present = values[~np.isnan(values)]
    if table.kind(name) != "numeric":
        return _category_axis(table, name, np.unique(present))
    if np.abs(present).max() > MAX_NUMBER:
        raise UserError(
            f"feature '{name}' has values too large to draw: choose others with --features"
        )
    low, high = _range(present)
    margin = MARGIN * (high - low) or max(0.5, 0.1 * abs(low))
    start = max(low - margin, 0.0) if low > 0 else low - margin  # no negative ages, say
    positions = np.linspace(start, high + margin, STEPS)
    return Axis(name, positions, positions)


def _range(values: Array) -> tuple[float, float]:
    """The minimum and maximum, without outliers so far away that all other dots would coincide."""
    lower, upper = np.quantile(values, [0.25, 0.75])
    reach = FAR * (upper - lower)
    near = values[(values >= lower - reach) & (values <= upper + reach)] if reach > 0 else values
    return float(near.min()), float(near.max())


def _category_axis(table: Table, name: str, codes: Array) -> Axis:
    if len(codes) > MAX_COLUMNS:
        raise UserError(
            f"feature '{name}' has {len(codes)} categories, but an axis has room for "
            f"{MAX_COLUMNS}: choose others with --features"
        )
    words = table.categories.get(name, ("0", "1"))
    positions = np.linspace(-0.5, len(codes) - 0.5, STEPS)
    return Axis(name, positions, codes, tuple(words[int(code)] for code in codes))


def typical(table: Table, rows: Array) -> Array:
    """(features,) the rows' median of each number, and the most frequent value of each category.

    Missing values are ignored.
    """
    return np.array([_typical(table, name, rows) for name in table.features])


def _typical(table: Table, name: str, rows: Array) -> float:
    values = table.column(name).values[rows]
    present = values[~np.isnan(values)]
    if table.kind(name) == "numeric":
        return float(np.median(present))
    different, counts = np.unique(present, return_counts=True)
    return float(different[counts.argmax()])


def values_in_words(table: Table, held: Array, shown: Sequence[str]) -> Mapping[str, str]:
    """The fixed values of the features that are not shown, by name."""
    words = {}
    for name, value in zip(table.features, held.tolist(), strict=True):
        if name not in shown:
            categories = table.categories.get(name)
            words[name] = categories[int(value)] if categories else f"{value:.4g}"
    return words


def predictions_over(predictor: Predictor, axes: Sequence[Axis], held: Array) -> Array:
    """(steps, outputs) along one axis; (steps, steps, outputs) over two, the second one first.

    `predictions[i, j]` is at `axes[1].values[i]` and `axes[0].values[j]`.
    """
    columns = [predictor.table.features.index(axis.name) for axis in axes]
    sides = np.meshgrid(*(axis.values for axis in axes))
    values = [side.ravel() for side in sides]

    def rows(block: slice) -> Array:
        x = np.tile(held, (block.stop - block.start, 1))
        for column, each in zip(columns, values, strict=True):
            x[:, column] = each[block]
        return x

    predictions = predictor.in_blocks(len(values[0]), rows)
    return predictions.reshape(*sides[0].shape, -1)
