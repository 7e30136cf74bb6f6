"""Forward: what a network computes at fixed parameters, without dropout and penalties."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nncli.engine import passes
from nncli.engine.cost import chunk_rows
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.network import Network
from nncli.engine.plan import Plan
from nncli.engine.workspace import Workspace
from nncli.parts.activations import Identity
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, Layer

BATCH = 1_000  # rows whose statistics batch_norm takes


def sampled(rows: EvaluationSet, most: int) -> EvaluationSet:
    """At most so many of the rows, evenly spaced, in memory."""
    if len(rows) <= most and isinstance(rows.x, np.ndarray):
        return rows
    return chosen(rows, evenly(len(rows), most))


def evenly(count: int, most: int) -> Array:
    """At most so many of the places 0, 1, ..., count - 1, from the first to the last."""
    return np.linspace(0, count - 1, min(most, count)).astype(np.intp)


def chosen(rows: EvaluationSet, index: Array) -> EvaluationSet:
    """The rows at `index`, in memory."""
    x = np.empty((len(index), rows.x.shape[1]), rows.x.dtype)
    rows.x.take(index, 0, x, "clip")
    weights = None if rows.weights is None else rows.weights[index]
    return EvaluationSet(x, rows.targets[index], rows.truth[index], weights)


def bare(network: Network) -> Network:
    """The same parameters, without dropout and penalties.

    A training pass leaves its batch's statistics in batch_norm, instead of moving towards them.
    """
    *hidden, output = [_bare(node.layer) for node in network.nodes]
    assert isinstance(output, Dense)
    return Network(network.input_shape, hidden, output, network.loss)


def _bare(layer: Layer) -> Layer:
    if isinstance(layer, Dropout):
        return ActivationLayer(Identity())
    if isinstance(layer, BatchNorm):
        return replace(layer, momentum=0.0)
    return replace(layer, kernel_regularizer=None) if isinstance(layer, Dense) else layer


def settled(network: Network, theta: Array, rows: EvaluationSet) -> Array:
    """theta, with the statistics that these rows would leave in its batch_norm layers.

    network: a bare one. Before training, the running statistics say nothing about the data.
    """
    if not any(isinstance(node.layer, BatchNorm) for node in network.nodes):
        return theta
    theta = theta.copy()
    some = sampled(rows, BATCH)
    plan = Plan(network, theta, some.x, some.targets, len(some), gather=False)
    passes.forward(network, plan.values(len(some)))
    return theta


def passed(network: Network, theta: Array, x: Array) -> Iterator[list[LayerBuffers]]:
    """The buffers of every layer after the rows of x, a chunk at a time."""
    chunk = min(len(x), chunk_rows(network.widest))
    workspace = Workspace(network, chunk, theta)
    for start in range(0, len(x), chunk):
        values = workspace.values(x[start : start + chunk])
        with np.errstate(all="ignore"):  # weights near divergence overflow
            passes.forward(network, values)
        yield values


def data_loss(network: Network, theta: Array, rows: EvaluationSet) -> float:
    """The loss of the rows, without penalties. network: a bare one."""
    total, start = 0.0, 0
    for values in passed(network, theta, rows.x[0 : len(rows)]):
        here = slice(start, start + len(values[-1].y))
        weights = None if rows.weights is None else rows.weights[here]
        with np.errstate(all="ignore"):
            total += passes.data_loss(network, values[-1], rows.targets[here], weights)
        start = here.stop
    return total * network.loss.factor(*rows.targets.shape)


def length(vector: Array) -> float:
    """|vector|, also where its squares overflow."""
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(vector.astype(float) / largest))
