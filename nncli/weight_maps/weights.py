"""Weights: the weight matrices of a run's layers, and their sparsity."""

import math
from collections.abc import Iterator

import numpy as np

from nncli.artifacts.run_reader import RunReader
from nncli.errors import UserError, did_you_mean, few, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array

NONE = 0.01  # of a layer's largest |weight|: smaller ones count as 0


@frozen
class WeightMap:
    """The weight matrix of one layer.

    values: (inputs, units).  inputs: their names; empty if they are the previous layer's units.
    """

    layer: str
    values: Array
    inputs: tuple[str, ...] = ()

    @property
    def sparsity(self) -> float:
        """The share of weights near 0: below 1% of the largest |weight|."""
        sizes = np.abs(self.values)
        return float(np.mean(sizes <= NONE * sizes.max())) if sizes.any() else 1.0

    @property
    def strongest(self) -> float:
        """The largest |weight|; 1 if all are 0."""
        return float(np.abs(self.values).max()) or 1.0


def weight_maps(reader: RunReader, layer: str | None = None) -> list[WeightMap]:
    """The matrix W of each layer that has one, or of the named layer. Raises UserError."""
    found = list(_maps(reader))
    if not found:
        raise UserError(f"{reader.run.path}: no layer of this network has a matrix of weights")
    names = [each.layer for each in found]
    if layer is not None and layer not in names:
        guess = did_you_mean(layer, names)
        raise UserError(
            f"--layer: no weights of a layer '{printable(layer)}'{guess}; known: {few(names)}"
        )
    return [each for each in found if layer in (None, each.layer)]


def _maps(reader: RunReader) -> Iterator[WeightMap]:
    network, theta = reader.model.network, reader.theta
    features = [each.name for each in reader.model.preprocessing.features]
    first = True
    for name, values in network.layout.views(theta).items():
        owner, _, short = name.rpartition("/")
        if short != "W" or values.ndim < 2 or owner.startswith("embedding"):
            continue
        matrix = np.asarray(values, dtype=float).reshape(-1, values.shape[-1])
        named = tuple(features) if first and len(features) == len(matrix) else ()
        yield WeightMap(owner, matrix, named)
        first = False


def image_shape_of(text: str | None, weights: WeightMap) -> tuple[int, int]:
    """(rows, columns) of `8x8`; by default a square. Raises UserError if inputs don't fit it."""
    count = len(weights.values)
    side = math.isqrt(count)
    if text is None:
        if side * side != count:
            raise UserError(
                f"--pictures: {weights.layer} has {count:,} inputs, which are no square: "
                "--shape ROWSxCOLUMNS says what they are"
            )
        return side, side
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise UserError(f"--shape: expected ROWSxCOLUMNS, as 8x8, found '{printable(text)}'")
    rows, columns = map(int, parts)
    if rows * columns != count:
        raise UserError(f"--shape: {rows} x {columns} isn't {weights.layer}'s {count:,} inputs")
    return rows, columns
