"""One network on one batch: its objective as a function of theta, and its gradient three ways."""

import autograd
import numpy as np
from network_part_cases import ACTIVATIONS, LAYERS, LOSSES, REGULARIZERS

from nncli.engine.network import Network
from nncli.engine.plan import Plan
from nncli.engine.rows import Batch
from nncli.parts.activations import Sigmoid

STEP = 1e-5  # of centred differences: an error of the order of STEP^2, and 1e-16 / STEP of rounding


def targets_for(loss, rows, columns, random):
    """Targets the loss is defined for: probabilities that sum to 1, counts, or any numbers."""
    if loss.targets == (0.0, 1.0):
        return random.dirichlet(np.ones(columns), rows)
    if loss.targets == (0.0, np.inf):
        return random.poisson(3.0, (rows, columns)).astype(float)
    return random.normal(size=(rows, columns))


def relative_error(found, expected, scale):
    """The greatest |found - expected| / max(|found| + |expected|, scale)."""
    size = np.maximum(np.abs(found) + np.abs(expected), scale)
    return float(np.max(np.abs(found - expected) / size, initial=0.0))


def has_textbook(network) -> bool:
    """Whether all of its parts have a case."""
    layers = [node.layer for node in network.nodes]
    functions = [getattr(layer, "activation", getattr(layer, "function", None)) for layer in layers]
    penalties = [getattr(layer, "kernel_regularizer", None) for layer in layers]
    return (
        network.loss.name in LOSSES
        and {layer.name for layer in layers} <= LAYERS.keys()
        and {part.name for part in functions if part} <= ACTIVATIONS.keys()
        and {part.name for part in penalties if part} <= REGULARIZERS.keys()
    )


def textbook_outputs(network, theta, x, random):
    """What a training pass computes, dropout drawn from `random`."""
    x = x.reshape(len(x), *network.input_shape)
    tensors, begins = network.layout.views(theta), []
    for node in network.nodes:
        own = {
            name.removeprefix(f"{node.name}/"): tensor
            for name, tensor in tensors.items()
            if name.startswith(f"{node.name}/")
        }
        begins.append(x)
        x = LAYERS[node.layer.name].formula(node.layer, own, x, random)
        if node.block:
            x = x + begins[-1 - node.block]
    return x


def textbook_objective(network, theta, x, targets, random):
    """The loss, its reduction included, plus what the regularizers add."""
    loss = network.loss
    value = LOSSES[loss.name].formula(loss, textbook_outputs(network, theta, x, random), targets)
    tensors = network.layout.views(theta)
    for node in network.nodes:
        if part := getattr(node.layer, "kernel_regularizer", None):
            value = value + REGULARIZERS[part.name].formula(part, tensors[f"{node.name}/W"])
    return value


class GradientProblem:
    """`network` on inputs `x`, standard normal ones by default; every pass drops the same units.

    weights: how much each row counts; None: all alike.
    """

    def __init__(self, network: Network, rows: int, seed: int, x=None, weights=None) -> None:
        random = np.random.default_rng(seed)
        self.network, self.rows = network, rows
        self.x = random.normal(size=(rows, network.inputs)) if x is None else x
        self.targets = targets_for(network.loss, rows, network.outputs, random)
        self.theta = network.initialize(random)
        self.dropped = np.random.default_rng(seed)
        self.undropped = self.dropped.bit_generator.state
        self.plan = Plan(
            network,
            self.theta.copy(),
            Batch({"x": self.x}, self.targets, weights),
            rows,
            gather=False,
            random=self.dropped,
        )
        self.tape = self.plan.record_gradient(rows)
        self.trainable = network.layout.trainable

    def draws(self) -> np.random.Generator:
        """The stream that dropout reads, from its start."""
        self.dropped.bit_generator.state = self.undropped
        return self.dropped

    def value(self, theta) -> float:
        """The objective, by a whole pass of the plan."""
        self.plan.theta[...] = theta
        self.draws()
        self.tape()
        return self.plan.loss(self.rows)

    def gradient(self):
        """The gradient by the plan's backward pass."""
        self.value(self.theta)
        return self.plan.gradient.copy()

    def textbook_value(self, theta) -> float:
        """The objective by the textbook's formulas."""
        data = self.x, self.targets
        return textbook_objective(self.network, theta, *data, self.draws())

    def gradient_by_autograd(self):
        """The gradient by automatic differentiation of the textbook's formulas."""
        return autograd.grad(self.textbook_value)(self.theta)[: self.trainable]

    def slope(self, direction) -> float:
        """The derivative along a direction of the trainable parameters, by a centred difference."""
        step = np.zeros_like(self.theta)
        step[: self.trainable] = STEP * direction
        return (self.value(self.theta + step) - self.value(self.theta - step)) / (2 * STEP)

    def gradient_by_differences(self):
        """The gradient by one centred difference per parameter."""
        return np.array([self.slope(axis) for axis in np.eye(self.trainable)])

    def keeps_digits(self) -> bool:
        """Whether a textbook's 1 - a and ln a have their digits, where a loss looks at these."""
        self.value(self.theta)
        a = self.plan.buffers(self.rows)[-1].y
        if self.network.loss.name == "poisson":
            return bool((a > 1e-3).all())  # softplus as ln(1 + e^z)
        if self.network.loss.matched is not Sigmoid:
            return True
        return bool((np.minimum(np.abs(a), np.abs(1.0 - a)) > 1e-3).all())

    def distance_to_kinks(self) -> float:
        """How far the nearest argument of a kinked function is from its kink."""
        self.value(self.theta)
        buffers = self.plan.buffers(self.rows)
        distances = [np.inf]
        for node, own in zip(self.network.nodes, buffers, strict=True):
            layer, z = node.layer, own.saved.get("z", own.x)
            function = getattr(layer, "activation", getattr(layer, "function", None))
            distances += [np.abs(z - kink).min() for kink in getattr(function, "kinks", ())]
        loss, a = self.network.loss, buffers[-1].y
        bends = LOSSES[loss.name].bends(loss) if loss.name in LOSSES else ()
        turns = [*loss.kinked(a, self.targets), *((a - self.targets, bend) for bend in bends)]
        distances += [np.abs(array - kink).min() for array, kink in turns]
        return min(map(float, distances))


def assert_gradients_agree(problem: GradientProblem) -> None:
    """Backward pass, centred differences and, where all parts have a case, autograd agree.

    Where autograd has looked at each parameter, three directions are enough for the differences.
    """
    found, value = problem.gradient(), problem.value(problem.theta)
    assert found.size
    scale = 1e-2 * max(1.0, abs(value), np.abs(found).max())
    if has_textbook(problem.network):
        assert abs(value - problem.textbook_value(problem.theta)) < 1e-12 * max(1.0, abs(value))
        assert relative_error(found, problem.gradient_by_autograd(), 1e-4 * scale) < 1e-6
        directions = np.random.default_rng(1).normal(size=(3, problem.trainable))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    else:
        directions = np.eye(problem.trainable)
    slopes = np.array([problem.slope(direction) for direction in directions])
    assert relative_error(directions @ found, slopes, scale) < 1e-6
