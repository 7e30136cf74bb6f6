"""Unit activations: the activation of each unit of a hidden layer over one or two features."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nncli.artifacts.run_reader import RunReader
from nncli.boundary.boundary import feature_names, held_at
from nncli.boundary.grid import Axis, axis_over, predictions_over, typical, values_in_words
from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.rows import X
from nncli.engine.threads import limited
from nncli.engine.workspace import Workspace
from nncli.errors import UserError, did_you_mean, few, printable
from nncli.frozen import frozen
from nncli.influence.predictor import Predictor
from nncli.parts.arrays import Array

FIRST = "first"  # the default layer


@frozen
class Units:
    """The content of the plot.

    layer: its name.  activations: (steps, units) or (steps, steps, units), as in Boundary.
    scores: the same before the activation function; None for a layer without one.
    held, held_at, is_chosen: see Boundary.
    """

    run: str
    layer: str
    axes: tuple[Axis, ...]
    activations: Array
    scores: Array | None
    held: Mapping[str, str]
    held_at: str
    is_chosen: bool


@frozen
class UnitPredictor(Predictor):
    """Raw rows -> (rows, units) activations of a layer, or scores z. place: the layer's index."""

    place: int
    wants_scores: bool = False

    def __call__(self, x: Array) -> Array:
        rows = replace(self.table, x=x, y=np.zeros(len(x)), aside={}, weights=None, origin=None)
        with np.errstate(all="ignore"):  # what overflows is refused, or shows as not finite
            inputs = self.model.inputs(rows, np.arange(len(x)))
            network, blocks = self.model.network, {k: b[0 : len(x)] for k, b in inputs.items()}
            buffers = Workspace(network, len(blocks[X]), self.theta).buffers(blocks)
            passes.forward(network, buffers)
        own = buffers[self.place]
        found = own.saved["z"] if self.wants_scores else own.y
        return np.array(found, dtype=float).reshape(len(x), -1)


def units_of(reader: RunReader, features: str | None, layer: str) -> Units:
    """The units of a hidden layer over the features named by `features`, as `a` or `a,b`.

    layer: its name, or FIRST. Raises UserError for unknown names.
    """
    table, rows, network = reader.built.table, reader.built.rows.train, reader.model.network
    place = _place(network, layer)
    node = network.nodes[place]
    predictor = UnitPredictor(reader.model, reader.theta, table, place)
    with limited(reader.model.experiment.training):
        plain = Predictor(reader.model, reader.theta, table)
        names = feature_names(plain, rows, features, None)
        axes = tuple(axis_over(table, name, rows) for name in names)
        held = typical(table, rows)
        activations = predictions_over(predictor, axes, held)
        has_scores = "z" in node.layer.saved_shapes(1, node.input_shape)
        scored = replace(predictor, wants_scores=True)
        scores = predictions_over(scored, axes, held) if has_scores else None
    words = values_in_words(table, held, names)
    return Units(
        run=reader.run.name,
        layer=node.name,
        axes=axes,
        activations=activations,
        scores=scores,
        held=words,
        held_at=held_at(table, words),
        is_chosen=features is None and len(table.features) > 2,
    )


def _place(network: Network, layer: str) -> int:
    """The index of a hidden layer in the network. Raises UserError."""
    names = [node.name for node in network.nodes]
    hidden = [name for name in names if name.startswith("hidden")]
    if not hidden:
        raise UserError("--units: this network has no hidden layer")
    if layer == FIRST:
        return names.index(hidden[0])
    if layer not in hidden:
        guess = did_you_mean(layer, hidden)
        raise UserError(f"--units: unknown layer '{printable(layer)}'{guess}; known: {few(hidden)}")
    return names.index(layer)
