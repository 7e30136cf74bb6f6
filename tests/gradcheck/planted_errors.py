"""Errors on purpose: parts whose backward has one sign wrong, and tapes with one call negated."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from unittest import mock

import numpy as np
from engine_jobs import make_job

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.operations import Elementwise
from nncli.engine.tape import Tape
from nncli.gradcheck import gradient_check, gradient_comparison
from nncli.gradcheck.gradient_check import check_gradients
from nncli.gradcheck.objectives import DataLoss, Penalty
from nncli.parts.activations import Elu, Identity, Relu, Sigmoid, Softmax, Softplus, Step, Tanh
from nncli.parts.initializers import Normal, Uniform, Zeros
from nncli.parts.layers import (
    ActivationLayer,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
    PRelu,
    Residual,
)
from nncli.parts.losses import Mae, MarginLoss, Mse, MulticlassHinge, Perceptron
from nncli.parts.regularizers import L2
from nncli.registry import members

UNITS = 3
SOME = Normal(std=0.5)
PARAMS = {
    "dense": ("W", "b"),
    "batch_norm": ("gamma", "beta"),
    "layer_norm": ("gamma", "beta"),
    "prelu": ("alpha",),
    "conv2d": ("W", "b"),
}
KEYS: dict[str, tuple] = {
    "reshape": ([3],),
    "dense": (UNITS, Tanh(), SOME, SOME),
    "conv2d": (2, 2, 1, "same", Tanh(), SOME, SOME),
}
XOR = EvaluationSet(
    {"x": np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])},
    np.array([[0.0], [1.0], [1.0], [0.0]]),
    truth=np.array([0, 1, 1, 0]),
)


def outputs_for(loss):
    """Activations that the loss can take: the matched one, and one it isn't matched with."""
    if loss.name == "cross_entropy":
        return [Softmax]
    if issubclass(loss, MarginLoss):
        return [Identity]
    if loss.targets == (0.0, 1.0):
        return [Sigmoid]
    return [Softplus] if loss.name == "poisson" else [Identity, Sigmoid]


def unmatched(activation):
    """The same function under another type, so that its own backward runs."""
    return type(activation.__name__, (activation,), {})


def flipped_activation(cls):
    class Flipped(cls):
        def backward(self, da, z, a, dz, saved):
            super().backward(da, z, a, dz, saved)
            np.negative(dz, out=dz)

    return Flipped


def flipped_loss(cls):
    class Flipped(cls):
        matched = None

        def gradient(self, a, t, da, scratch, factor):
            super().gradient(a, t, da, scratch, factor)
            np.negative(da, out=da)

    return Flipped


def flipped_regularizer(cls):
    class Flipped(cls):
        def backward(self, W, dW, scratch):
            np.negative(dW, out=dW)
            super().backward(W, dW, scratch)
            np.negative(dW, out=dW)

    return Flipped


def flipped_layer(cls, target):
    """target: dx, or the parameter whose gradient gets the wrong sign."""

    class Flipped(cls):
        def backward(self, buffers):
            super().backward(buffers)
            wrong = buffers.dx if target == "dx" else buffers.grads[target]
            np.negative(wrong, out=wrong)

    return Flipped


def network(layer, loss=None, output=Identity):
    """The layer between two dense ones."""
    hidden = [Dense(UNITS, Tanh(), SOME, SOME), layer, Dense(UNITS, Tanh(), SOME, SOME)]
    units = 2 if issubclass(output, Softmax) or isinstance(loss, MulticlassHinge) else 1
    units = 3 if isinstance(loss, Perceptron) else units  # or every row is answered rightly
    return make_job(hidden, Dense(units, output(), SOME, SOME), loss, rows=5, inputs=2)


def images(*layers):
    """The layers behind a convolution, of images of 3 x 3."""
    flat = [] if isinstance(layers[-1], Flatten) else [Flatten()]
    hidden = [Conv2D(2, 2, 1, "same", Tanh(), SOME, SOME), *layers, *flat]
    return make_job(hidden, Dense(1, Identity(), SOME, SOME), rows=4, shape=(3, 3, 1))


def weighted(job):
    """The same with rows that count 0.5, 1, 1.5, ..."""
    weights = 0.5 * np.arange(1, len(job.train) + 1)
    return replace(job, train=replace(job.train, weights=weights))


def wrong_parts():
    """(kind, part, what is flipped, a job with it), over the registries."""
    for name, cls in members("activation").items():
        if cls is Step:  # whose gradient is 0, whichever its sign
            continue
        wrong = flipped_activation(cls)()
        yield "activation", name, "dz", network(Dense(UNITS, wrong, SOME, SOME))
        yield "activation", name, "dx", network(ActivationLayer(wrong))
    for name, cls in members("loss").items():
        for output in outputs_for(cls):
            wrong = flipped_loss(cls)()
            yield "loss", name, f"da of {output.name}", network(Dense(UNITS), wrong, output)
    for name, cls in members("regularizer").items():
        layer = Dense(UNITS, Tanh(), SOME, SOME, flipped_regularizer(cls)(0.1))
        yield "regularizer", name, "dW", network(layer)
    for name, cls in members("layer").items():
        if name in ("input", "output", "residual"):  # which aren't in a network, or not as a layer
            continue
        made = images if cls is Flatten or cls.input_axes == 3 else network
        for target in ("dx", *PARAMS.get(name, ())):
            wrong = flipped_layer(cls, target)(*KEYS.get(name, ()))
            yield "layer", name, target, made(wrong)


def right_jobs():
    """Jobs by name, whose tapes together hold every backward there is."""
    for name, cls in members("activation").items():
        yield f"dense, {name}", network(Dense(UNITS, cls(), SOME, SOME))
    yield "activation, elu", network(ActivationLayer(Elu()))
    for name, cls in members("loss").items():
        for output in outputs_for(cls):
            yield f"{name} of {output.name}", network(Dense(UNITS), cls(), output)
        if cls.matched:
            yield f"{name}, unmatched", network(Dense(UNITS), cls(), unmatched(cls.matched))
    for name, cls in members("regularizer").items():
        yield name, network(Dense(UNITS, Tanh(), SOME, SOME, cls(0.1)))
    norm = partial(BatchNorm, 0.9, 0.1, Uniform(0.5, 1.5), SOME)
    yield "dropout", network(Dropout(0.4))
    yield "batch_norm", network(norm())
    yield "batch_norm, frozen", network(norm(trainable=False))
    yield "dense, no bias", network(Dense(UNITS, Tanh(), SOME, bias=False))
    yield "dense, frozen", network(Dense(UNITS, Tanh(), SOME, SOME, trainable=False))
    yield "weighted rows", weighted(network(norm()))
    yield "layer_norm, prelu", network(Residual([LayerNorm(0.1), PRelu(Uniform(0.2, 0.4))]))
    yield "convolution", images(Conv2D(2, 2, 2, "same", Tanh(), SOME, SOME, L2(0.1)))
    yield "pools", images(MaxPool2D(2, 1), norm(), AveragePool2D(2, 1, "same"))
    block = [Conv2D(2, 1, activation=Tanh(), kernel_initializer=SOME), Residual([PRelu(SOME)])]
    yield "residual", images(Residual(block))
    for name, loss, hidden, start in (
        ("relu at its kink", Mse(), [Dense(3, Relu(), SOME)], SOME),
        ("mae at its kink", Mae(), [], Zeros()),
    ):
        output = Dense(1, Identity(), start)
        yield name, make_job(hidden, output, loss, inputs=2, train_rows=XOR)


def negated(tape, number):
    """The tape with the result of one operation negated right after it."""
    out = tape.operations[number].target
    operations = tape.operations.copy()
    operations.insert(number + 1, Elementwise(np.negative, (out,), out))
    return Tape(operations)


@contextmanager
def planted(objective, number):
    """While entered, the check's DataLoss or Penalty has one call of its backward negated."""

    class Planted(objective):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.backward = negated(self.backward, number)

    with mock.patch.object(gradient_check, objective.__name__, Planted):
        yield Planted


@contextmanager
def differences_taken_once():
    """While entered, a difference is taken once, whatever is planted: it is of forward passes."""
    take, taken = gradient_comparison._difference, {}

    def difference(objective, index, step, first):
        key = objective.name, objective.theta.tobytes(), index, step
        if key not in taken:
            taken[key] = take(objective, index, step, first)
        return taken[key]

    with mock.patch.object(gradient_comparison, "_difference", difference):
        yield


def objective_of(job, objective):
    """The objective of the job's first step."""
    state = job.start()
    plan = gradient_check.next_step(job, state)
    return objective(plan, state.dropout) if issubclass(objective, DataLoss) else objective(plan)


@dataclass(frozen=True)
class Planting:
    """One call negated.

    is_neutral: whether the gradient is the right one to the bit.
    is_found: whether the check calls it wrong.
    """

    part: str
    number: int
    is_neutral: bool
    is_found: bool


def plant_each(job):
    """Negate each call of the backward passes in turn."""
    for objective in (DataLoss, Penalty):
        right = objective_of(job, objective)
        gradient = right.gradient()
        for number in range(len(right.backward.calls)):
            with planted(objective, number) as wrong, np.errstate(invalid="ignore"):
                moved = objective_of(job, wrong).gradient()
                found = check_gradients(job, job.start())
            is_neutral = np.array_equal(moved, gradient)
            yield Planting(objective.name, number, is_neutral, bool(found.wrong))
