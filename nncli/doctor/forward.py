"""Forward: losses of a network at given parameters, and of constant predictions."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nncli.engine import passes
from nncli.engine.cost import chunk_rows
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.network import Network
from nncli.engine.plan import Plan
from nncli.engine.rows import is_in_memory
from nncli.engine.workspace import Workspace
from nncli.frozen import frozen
from nncli.parts.activations import Identity
from nncli.parts.arrays import Array, LayerBuffers, evenly_spaced
from nncli.parts.layers import (
    ActivationLayer,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    GaussianNoise,
    Layer,
    Residual,
)
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy, Loss

BATCH = 1_000  # rows for batch_norm's statistics
MAX_TARGETS = 1 << 24  # one-hot targets, if these are stored as class indices


def sampled(rows: EvaluationSet, most: int) -> EvaluationSet:
    """At most `most` rows, evenly spaced, in memory; fewer if their targets are very large."""
    if not isinstance(rows.targets, np.ndarray):
        most = min(most, max(MAX_TARGETS // rows.targets.shape[1], 1))
    if is_in_memory(dict(rows.named())):
        return rows.sampled(most)
    return rows.at(evenly_spaced(len(rows), most))


def without_regularization(network: Network) -> Network:
    """The network without dropout, noise and penalties, for the same parameters.

    In a training pass, batch_norm's running statistics become those of the batch.
    """
    hidden = [*map(_without_regularization, network.hidden)]
    output = _without_regularization(network.output)
    assert isinstance(output, Dense)
    return Network(network.input_shape, hidden, output, network.loss, network.embedding)


def _without_regularization(layer: Layer) -> Layer:
    if isinstance(layer, Dropout | GaussianNoise):
        return ActivationLayer(Identity())
    if isinstance(layer, BatchNorm):
        return replace(layer, momentum=0.0)
    if isinstance(layer, Residual):
        return replace(layer, layers=[*map(_without_regularization, layer.block)])
    return replace(layer, kernel_regularizer=None) if isinstance(layer, Dense | Conv2D) else layer


def with_batch_statistics(network: Network, theta: Array, rows: EvaluationSet) -> Array:
    """theta with batch_norm's running statistics replaced by those of these rows.

    network: one without regularization. Before training, running statistics have no meaning.
    """
    if not any(isinstance(node.layer, BatchNorm) for node in network.nodes):
        return theta
    theta = theta.copy()
    some = sampled(rows, BATCH)
    plan = Plan(network, theta, some, len(some), gather=False)
    passes.forward(network, plan.buffers(len(some)))
    return theta


def forward_chunks(
    network: Network, theta: Array, rows: EvaluationSet
) -> Iterator[list[LayerBuffers]]:
    """Yields the buffers of all layers after the forward pass of each chunk of rows."""
    chunk = min(len(rows), chunk_rows(network.widest))
    workspace = Workspace(network, chunk, theta)
    for start in range(0, len(rows), chunk):
        buffers = workspace.buffers(
            {name: block[start : start + chunk] for name, block in rows.inputs.items()}
        )
        with np.errstate(all="ignore"):  # nearly diverged weights overflow
            passes.forward(network, buffers)
        yield buffers


def data_loss(network: Network, theta: Array, rows: EvaluationSet) -> float:
    """The loss of the rows, without penalties. network: one without regularization."""
    total, start = 0.0, 0
    for buffers in forward_chunks(network, theta, rows):
        here = slice(start, start + len(buffers[-1].y))
        weights = None if rows.weights is None else rows.weights[here]
        with np.errstate(all="ignore"):
            total += passes.data_loss(network, buffers[-1], rows.targets[here], weights)
        start = here.stop
    return total * network.loss.factor(*rows.targets.shape)


@frozen
class BaselineLosses:
    """Losses of predictions that ignore the inputs, on the same rows.

    perfect: of the targets themselves (0, except with poisson or smoothed targets).
    even: of a guess without any knowledge.  mean: of the best constant.
    """

    perfect: float
    even: float
    mean: float

    @classmethod
    def of(cls, loss: Loss, rows: EvaluationSet) -> "BaselineLosses":
        targets, weights = rows.targets, rows.weights
        return cls(
            loss_of(loss, perfect_guess(loss, targets), rows),
            loss_of(loss, even_guess(loss, targets, weights), rows),
            loss_of(loss, constant_guess(loss, targets, weights), rows),
        )

    def share(self, loss: float) -> float:
        """(loss - perfect) / (mean - perfect): 1 has learned nothing, 0 everything."""
        span = self.mean - self.perfect
        return (loss - self.perfect) / span if span > 0 else 0.0


def even_guess(loss: Loss, targets: Array, weights: Array | None) -> Array:
    """(1, outputs): the guess before anything is learned.

    1 / classes for cross-entropies, so that the loss is ln(classes); else the mean target.
    """
    if isinstance(loss, CrossEntropy):
        return np.full((1, targets.shape[1]), 1.0 / targets.shape[1])
    if isinstance(loss, BinaryCrossEntropy):
        return np.full((1, targets.shape[1]), 0.5)
    return mean_guess(targets, weights)


def mean_guess(targets: Array, weights: Array | None) -> Array:
    """(1, outputs): the mean target; of classes, their shares."""
    return np.atleast_2d(np.average(targets.astype(float), axis=0, weights=weights))


def constant_guess(loss: Loss, targets: Array, weights: Array | None) -> Array:
    """(1, outputs): the constant with the least loss, which may not be the mean target."""
    mean = mean_guess(targets, weights)
    if loss.is_proper or loss.matched is None:
        return mean
    from scipy.optimize import minimize

    activation, (a, da, dz, scratch) = loss.matched(), np.empty((4, *mean.shape))
    saved = {name: np.empty(shape) for name, shape in activation.saved_shapes(mean.shape).items()}

    def objective(scores: Array) -> tuple[float, Array]:
        z = scores.reshape(mean.shape)
        activation.forward(z, a, saved)
        loss.gradient(a, mean, da, scratch, 1.0)
        activation.backward(da, z, a, dz, saved)
        return loss.total(a, mean), dz.ravel()

    shares = np.clip(mean, 1e-6, 1.0 - 1e-6)
    with np.errstate(all="ignore"):
        start = np.log(shares / (1.0 - shares)).ravel()
        best = minimize(objective, start, jac=True, method="L-BFGS-B").x
        activation.forward(best.reshape(mean.shape), a, saved)
    return np.asarray(a)


def perfect_guess(loss: Loss, targets: Array) -> Array:
    """(rows, outputs): the outputs with the least loss, which may not be the targets."""
    if loss.is_proper or np.isin(targets, (0.0, 1.0)).all():
        return targets
    different, place = np.unique(targets, axis=0, return_inverse=True)
    return np.vstack([constant_guess(loss, each[None], None) for each in different])[place.ravel()]


def loss_of(loss: Loss, outputs: Array, rows: EvaluationSet) -> float:
    """The loss of outputs, (rows or 1, outputs)."""
    targets = rows.targets.astype(float)
    outputs = np.broadcast_to(outputs, targets.shape)
    with np.errstate(all="ignore"):
        if rows.weights is None:
            total = loss.total(outputs, targets)
        else:
            total = float(np.sum(rows.weights @ loss.terms(outputs, targets)))
    return total * loss.factor(*targets.shape)
