"""Objectives: the data loss and the penalty as functions of theta, with their gradients.

Both replay the calls that a training step records. Everything else is fixed: the batch, dropout's
masks, moving statistics.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from nncli.engine import passes
from nncli.engine.plan import Plan
from nncli.engine.tape import Tape
from nncli.engine.workspace import recorded
from nncli.parts.arrays import Array

EPSILON = float(np.finfo(float).eps)


class ObjectiveFunction(Protocol):
    """f(theta), and its gradient by backpropagation.

    theta: the trained parameters, which may be changed in place between two values.
    """

    name: ClassVar[str]
    theta: Array

    def value(self, first: int = 0) -> float:
        """f(theta). first: the index of the first layer that changed since the last value."""
        ...

    def gradient(self) -> Array:
        """df/dtheta, by the backward pass."""
        ...

    def perturbed(self, random: np.random.Generator) -> tuple[float, Array]:
        """Value and gradient, if the last digit of each number on the way is changed."""
        ...

    def sides(self) -> Array:
        """On which side of its kink each argument was at the last value: -1, 0 or 1."""
        ...


class DataLoss:
    """The loss of a plan's batch, in a training pass."""

    name: ClassVar[str] = "data loss"

    def __init__(self, plan: Plan, random: np.random.Generator) -> None:
        """random: the stream of the plan's dropout."""
        self.plan, self.random, self.theta = plan, random, plan.trained
        self.rows = plan.workspace.rows
        batch = plan.batch(self.rows)
        self.x, self.targets, self.weights = batch.x, batch.targets, batch.weights
        self.buffers = plan.buffers(self.rows)
        self._untrained = plan.theta[len(plan.trained) :]
        self._kept = self._untrained.copy()
        self.forward = self._record_forward()
        self._draws = self._note_draws()
        self.backward = self._record_backward()

    def _record_forward(self) -> list[Tape]:
        """A tape for each layer."""
        tapes = []
        for number, node in enumerate(self.plan.network.nodes):
            tape = Tape()
            node.layer.forward(recorded(self.buffers, tape)[number])
            tapes.append(tape)
        return tapes

    def _note_draws(self) -> list[Mapping[str, Any]]:
        """The state of the random stream before each layer."""
        states = []
        for tape in self.forward:
            states.append(self.random.bit_generator.state)
            tape()
        return states

    def _record_backward(self) -> Tape:
        tape = Tape()
        passes.backward(
            self.plan.network,
            recorded(self.buffers, tape),
            tape.wrap(self.targets),
            tape.wrap(np.zeros_like(self.targets)),
            None if self.weights is None else tape.wrap(self.weights),
        )
        return tape

    def value(self, first: int = 0) -> float:
        self._restore(first)
        for tape in self.forward[first:]:
            tape()
        return self._reduced()

    def _restore(self, first: int) -> None:
        """Restore what a training pass changes besides theta."""
        np.copyto(self._untrained, self._kept)
        self.random.bit_generator.state = self._draws[first]

    def _reduced(self) -> float:
        network = self.plan.network
        total = passes.data_loss(network, self.buffers[-1], self.targets, self.weights)
        return total * network.loss.factor(*self.targets.shape)

    def gradient(self) -> Array:
        self.value()
        return self._passed_back()

    def direct_gradient(self) -> Array:
        """The gradient by calling the kernels, instead of replaying their recorded calls."""
        self._restore(0)
        network, scratch = self.plan.network, np.zeros_like(self.targets)
        passes.forward(network, self.buffers)
        passes.backward(network, self.buffers, self.targets, scratch, self.weights)
        return self.plan.gradient.copy()

    def _passed_back(self) -> Array:
        self.plan.gradient[...] = np.nan  # shows what a kernel doesn't write
        for own in self.buffers:
            if own.dy is not None:
                own.dy[...] = np.nan
        self.backward()
        return self.plan.gradient.copy()

    def perturbed(self, random: np.random.Generator) -> tuple[float, Array]:
        kept = self.x.copy()
        self._restore(0)
        _perturb(self.x, random)
        for tape, own in zip(self.forward, self.buffers, strict=True):
            tape()
            _perturb(own.y, random)
        found = self._reduced(), self._passed_back()
        np.copyto(self.x, kept)
        return found

    def sides(self) -> Array:
        network = self.plan.network
        found = [*network.loss.kinked(self.buffers[-1].y, self.targets)]
        for node, own in zip(network.nodes, self.buffers, strict=True):
            found += node.layer.kinks(own)
        return _signs(found)


class Penalty:
    """The sum of the regularizers' penalties."""

    name: ClassVar[str] = "penalty"

    def __init__(self, plan: Plan) -> None:
        self.plan, self.theta = plan, plan.trained
        self.backward = Tape()
        buffers = recorded(plan.buffers(plan.workspace.rows), self.backward)
        passes.penalty_backward(plan.network, buffers)

    def value(self, first: int = 0) -> float:
        return self.plan.network.penalty(self.plan.workspace.tensors)

    def gradient(self) -> Array:
        self.plan.gradient[...] = 0.0
        self.backward()
        return self.plan.gradient.copy()

    def perturbed(self, random: np.random.Generator) -> tuple[float, Array]:
        kept = self.theta.copy()
        _perturb(self.theta, random)
        found = self.value(), self.gradient()
        np.copyto(self.theta, kept)
        return found

    def sides(self) -> Array:
        network, tensors = self.plan.network, self.plan.workspace.tensors
        found: list[tuple[Array, float]] = []
        for node in network.nodes:
            params = network.own(tensors, node, node.layer.param_shapes(node.input_shape))
            found += node.layer.penalty_kinks(params)
        return _signs(found)


def _perturb(array: Array, random: np.random.Generator) -> None:
    """Change the last digit of each number, up or down."""
    np.multiply(array, 1.0 + EPSILON * random.choice((-1.0, 1.0), array.shape), out=array)


def _signs(found: Iterable[tuple[Array, float]]) -> Array:
    """-1, 0 or 1 for each argument below, at or above its kink."""
    signs = [np.sign(argument - kink).ravel() for argument, kink in found]
    return np.concatenate(signs) if signs else np.empty(0)
