"""The forward and backward pass, layer by layer.

On plain arrays they compute; on recorded arrays they write the tape that training replays.
"""

from collections.abc import Sequence

import numpy as np

from nncli.engine.network import Network
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.losses.loss import slope_of_scores


def forward(network: Network, buffers: Sequence[LayerBuffers]) -> None:
    """Compute every layer's y."""
    for node, own in zip(network.nodes, buffers, strict=True):
        node.layer.forward(own)


def backward(
    network: Network,
    buffers: Sequence[LayerBuffers],
    targets: Array,
    scratch: Array,
    weights: Array | None = None,
    of_rows: int | None = None,
) -> None:
    """Compute every gradient of the data loss.

    scratch: (batch, outputs).  weights: (batch,), how much each row counts; None: all alike.
    of_rows: the number of rows that the loss averages over, if this batch is only a part of them.
    """
    last, loss = buffers[-1], network.loss
    rows, outputs = targets.shape
    factor = loss.factor(of_rows or rows, outputs)
    assert last.dy is not None
    if network.is_matched:
        loss.score_gradient(last, targets, scratch, factor)
        _weigh(slope_of_scores(last), weights)
        network.output.backward_affine(last)
    else:
        loss.gradient(last.y, targets, last.dy, scratch, factor)
        _weigh(last.dy, weights)
        network.output.backward(last)
    for index in reversed(range(network.first_trained, len(buffers) - 1)):
        own = buffers[index]
        network.nodes[index].layer.backward(own)
        for end in network.block_ends.get(index, ()):  # the block's input goes to its end, too
            if own.dx is not None:
                slope = buffers[end].dy
                assert slope is not None
                np.add(own.dx, slope, out=own.dx)


def _weigh(gradient: Array, weights: Array | None) -> None:
    """Multiply each row by its weight, if there are weights."""
    if weights is not None:
        np.multiply(gradient, weights[:, None], out=gradient)


def penalty_backward(network: Network, buffers: Sequence[LayerBuffers]) -> None:
    """Add the gradients of the penalties."""
    for node, own in zip(network.nodes, buffers, strict=True):
        node.layer.penalty_backward(own)


def clip(gradient: Array, limit: float, norm: Array) -> None:
    """gradient <- gradient * limit / max(|gradient|, limit). norm: a 0-d scratch array.

    A gradient whose squares overflow (1e19 in float32, 1e154 in float64) becomes 0.
    """
    np.dot(gradient, gradient, out=norm)
    np.sqrt(norm, out=norm)
    np.maximum(norm, limit, out=norm)
    np.divide(limit, norm, out=norm)
    np.multiply(gradient, norm, out=gradient)


def data_loss(
    network: Network, last: LayerBuffers, targets: Array, weights: Array | None = None
) -> float:
    """sum_i w_i l_i over rows and outputs, without the reduction factor; w_i = 1 if None."""
    loss = network.loss
    if weights is None:
        if network.is_matched:
            return loss.total_from_scores(last.saved["z"], targets)
        return loss.total(last.y, targets)
    if network.is_matched:
        terms = loss.terms_from_scores(last.saved["z"], targets)
    else:
        terms = loss.terms(last.y, targets)
    return float(np.sum(weights @ terms))
