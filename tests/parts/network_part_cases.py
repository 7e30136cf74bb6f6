"""One case a part of a network: what is known of it beside its own code, to be held against it.

A case has the part's formula once more, as a textbook has it, in autograd: nothing here is stable
at extreme values or fast, it is written to be compared with the page. With it go values worked by
hand. Every built-in part has its case; a part of another package, without one, is held against
centred differences alone.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import autograd.numpy as np
from autograd.scipy.special import erf, logsumexp

from nncli.parts.activations import Tanh
from nncli.parts.initializers import Uniform
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, FeatureScale, Layer
from nncli.parts.regularizers import L1, L1L2, L2


@dataclass(frozen=True)
class ActivationCase:
    """formula(part, z) -> a.  points: z -> (a, the derivative), of the part with its defaults."""

    formula: Callable[[Any, Any], Any]
    points: Mapping[float, tuple[float, float]] = field(default_factory=dict)


ACTIVATIONS = {
    "identity": ActivationCase(
        lambda part, z: z,
        {0: (0, 1), -1e4: (-1e4, 1), 1e4: (1e4, 1)},
    ),
    "step": ActivationCase(
        lambda part, z: np.where(z > 0, 1.0 + 0 * z, 0 * z),
        {0: (0, 0), -1e4: (0, 0), 1e4: (1, 0)},
    ),
    "relu": ActivationCase(
        lambda part, z: np.where(z > 0, z, 0 * z),
        {0: (0, 0), -1e4: (0, 0), 1e4: (1e4, 1)},  # at 0, by convention, the slope below
    ),
    "leaky_relu": ActivationCase(
        lambda part, z: np.where(z > 0, z, part.negative_slope * z),
        {0: (0, 0.01), -1e4: (-1e2, 0.01), 1e4: (1e4, 1)},  # likewise
    ),
    "elu": ActivationCase(
        lambda part, z: np.where(z > 0, z, part.alpha * (np.exp(z) - 1)),
        {0: (0, 1), -1e4: (-1, 0), 1e4: (1e4, 1)},  # exp(0), for alpha = 1
    ),
    "selu": ActivationCase(
        lambda part, z: (
            1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1))
        ),
        # scale alpha at 0 and below, scale above; -scale alpha far down
        {
            0: (0, 1.7580993408473766),
            -1e4: (-1.7580993408473766, 0),
            1e3: (1050.7009873554805, 1.0507009873554805),
        },
    ),
    "softplus": ActivationCase(
        lambda part, z: np.log(1 + np.exp(z)),
        {0: (math.log(2), 0.5), -1e4: (0, 0), 1e4: (1e4, 1)},  # sigmoid(0)
    ),
    "sigmoid": ActivationCase(
        lambda part, z: 1 / (1 + np.exp(-z)),
        {0: (0.5, 0.25), -1e4: (0, 0), 1e4: (1, 0)},  # 1/2 (1 - 1/2)
    ),
    "tanh": ActivationCase(
        lambda part, z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1),
        {0: (0, 1), -1e4: (-1, 0), 1e4: (1, 0)},  # 1 - 0^2
    ),
    "silu": ActivationCase(
        lambda part, z: z / (1 + np.exp(-z)),
        {0: (0, 0.5), -1e4: (0, 0), 1e4: (1e4, 1)},  # 1/2 + 0
    ),
    "mish": ActivationCase(
        lambda part, z: z * np.tanh(np.log1p(np.exp(z))),
        {0: (0, 0.6), -1e4: (0, 0), 1e4: (1e4, 1)},  # tanh(ln 2) = (4 - 1) / (4 + 1)
    ),
    "gelu": ActivationCase(
        lambda part, z: z * (1 + erf(z / np.sqrt(2))) / 2,
        {0: (0, 0.5), -1e4: (0, 0), 1e4: (1e4, 1)},  # Phi(0) + 0
    ),
    "softmax": ActivationCase(lambda part, z: np.exp(z - logsumexp(z, axis=1, keepdims=True))),
}


@dataclass(frozen=True)
class Worked:
    """The value of a loss and its gradient, by hand, for outputs a and targets t."""

    value: float
    gradient: list[list[float]]
    a: list[list[float]] = field(default_factory=lambda: [[2.0, 1.0], [4.0, 5.0]])
    t: list[list[float]] = field(default_factory=lambda: [[1.0, 3.0], [4.0, 2.0]])  # 1, -2, 0, 3
    keys: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LossCase:
    """formula(part, a, t) -> value, the reduction included.  factor: that of 4 rows, 3 outputs.

    bends: the errors a - t where its slope has a kink, though it has none itself.
    """

    formula: Callable[[Any, Any, Any], Any]
    factor: float
    worked: tuple[Worked, ...]
    bends: Callable[[Any], tuple[float, ...]] = lambda part: ()


def huber(part, a, t):
    size = np.abs(a - t)
    return np.mean(np.where(size <= part.delta, size**2 / 2, part.delta * (size - part.delta / 2)))


def binary_focal(part, a, t):
    ones = part.alpha * t * (1 - a) ** part.gamma * np.log(a)
    zeros = (1 - part.alpha) * (1 - t) * a**part.gamma * np.log(1 - a)
    return -np.sum(ones + zeros) / len(t)


def hinge(part, a, t):
    return np.mean(np.maximum(0, 1 - (2 * t - 1) * a) ** (2 if "squared" in part.name else 1))


def multiclass_hinge(part, a, t):
    own = np.sum(t * a, axis=1, keepdims=True)
    power = 2 if "squared" in part.name else 1
    return np.sum((1 - t) * np.maximum(0, a - own + 1) ** power) / len(t)


LOSSES = {
    "rss": LossCase(
        lambda part, a, t: np.sum((t - a) ** 2),
        1.0,
        (Worked(14.0, [[2, -4], [0, 6]]),),  # 1 + 4 + 0 + 9
    ),
    "mse": LossCase(
        lambda part, a, t: np.mean((t - a) ** 2),
        1 / 12,
        (Worked(3.5, [[0.5, -1], [0, 1.5]]),),  # 14 / 4
    ),
    "half_mse": LossCase(
        lambda part, a, t: np.mean((t - a) ** 2) / 2,
        1 / 24,
        (Worked(1.75, [[0.25, -0.5], [0, 0.75]]),),  # 14 / 8
    ),
    "half_sse": LossCase(
        lambda part, a, t: np.sum((t - a) ** 2) / 2 / len(t),
        1 / 8,
        (Worked(3.5, [[0.5, -1], [0, 1.5]]),),  # 14 / 2 / 2
    ),
    "perceptron": LossCase(
        lambda part, a, t: np.mean(np.where(a > 0, 1 - t, -t) * a),
        1 / 12,
        (
            # right, wrong by 2, right, and a zero is an answer of 0
            Worked(0.5, [[0, 0.25], [0, -0.25]], [[0.5, 2.0], [-3.0, 0.0]], [[1, 0], [0, 1]]),
        ),
    ),
    "hinge": LossCase(
        hinge,
        1 / 12,
        (
            # y a: 0.5, -2 and 3, 0.5: 1 - y a: 0.5, 3 and none, 0.5
            Worked(1.0, [[-0.25, 0.25], [0, 0.25]], [[0.5, 2], [3, -0.5]], [[1, 0], [1, 0]]),
        ),
    ),
    "squared_hinge": LossCase(
        hinge,
        1 / 12,
        # 0.25 + 9 + 0 + 0.25
        (Worked(2.375, [[-0.25, 1.5], [0, 0.25]], [[0.5, 2], [3, -0.5]], [[1, 0], [1, 0]]),),
    ),
    "multiclass_hinge": LossCase(
        multiclass_hinge,
        1 / 4,
        (
            # the cat, car and frog of CS231n's notes on linear classification: 2.9, 0 and 12.9
            Worked(
                15.8 / 3,
                [[-1 / 3, 1 / 3, 0], [0, 0, 0], [1 / 3, 1 / 3, -2 / 3]],
                [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]],
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            ),
        ),
    ),
    "squared_multiclass_hinge": LossCase(
        multiclass_hinge,
        1 / 4,
        (
            # 2 and 1 behind with the margin: 4 + 1; 2 (2 + 1) up
            Worked(5.0, [[-6, 4, 2]], [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]),
        ),
    ),
    "mae": LossCase(
        lambda part, a, t: np.mean(np.abs(t - a)),
        1 / 12,
        (Worked(1.5, [[0.25, -0.25], [0, 0.25]]),),  # (1 + 2 + 0 + 3) / 4
    ),
    "huber": LossCase(
        huber,
        1 / 12,
        (
            # |e| <= 1: 1/2 and 0; beyond: 1 (2 - 1/2) and 1 (3 - 1/2): 4.5 / 4
            Worked(1.125, [[0.25, -0.25], [0, 0.25]]),
            # delta 2: 1/2, 2 (where both branches meet), 0 and 2 (3 - 1): 6.5 / 4
            Worked(1.625, [[0.25, -0.5], [0, 0.5]], keys={"delta": 2.0}),
        ),
        bends=lambda part: (-part.delta, part.delta),
    ),
    "poisson": LossCase(
        lambda part, a, t: np.mean(a - t * np.log(a)),
        1 / 12,
        (
            # rows: 1 - 5 ln 1 = 1 and e - 2 ln e = e - 2; their mean is (e - 1) / 2
            # slopes: (1 - 5/1) / 2 and (1 - 2/e) / 2
            Worked(
                (math.e - 1) / 2,
                [[-2.0], [0.5 - 1 / math.e]],
                a=[[1.0], [math.e]],
                t=[[5.0], [2.0]],
            ),
        ),
    ),
    "binary_cross_entropy": LossCase(
        lambda part, a, t: -np.sum(t * np.log(a) + (1 - t) * np.log(1 - a)) / len(t),
        1 / 4,
        (
            # sum over outputs, mean over rows: (ln 2 + ln 4/3 + ln 4/3 + ln 2) / 2 = ln 8/3
            # -1/a for a one, 1/(1 - a) for a zero, each half: there are two rows
            Worked(
                math.log(8 / 3),
                [[-1.0, -2 / 3], [2 / 3, 0.0]],
                a=[[0.5, 0.75], [0.25, 0.5]],
                t=[[1.0, 1.0], [0.0, 0.5]],
            ),
        ),
    ),
    "cross_entropy": LossCase(
        lambda part, a, t: -np.sum(t * np.log(a)) / len(t),
        1 / 4,
        (
            # (ln 2 + ln 8) / 2 = 2 ln 2; -1/a at the true class, halved
            Worked(
                2 * math.log(2),
                [[-1, 0, 0], [0, -4, 0]],
                a=[[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]],
                t=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            ),
        ),
    ),
    "binary_focal": LossCase(
        binary_focal,
        1 / 4,
        (
            # gamma 2, alpha 1/4, one row: a one at 1/2 and a zero at 1/4
            # 1/4 (1/2)^2 ln 2 + 3/4 (1/4)^2 ln(4/3)
            # -1/4 (-2 (1/2) ln(1/2) + (1/2)^2 / (1/2)) = -1/4 (ln 2 + 1/2)
            # 3/4 (2 (1/4) ln(4/3) + (1/4)^2 / (3/4)) = 3/8 ln(4/3) + 1/16
            Worked(
                math.log(2) / 16 + 3 / 64 * math.log(4 / 3),
                [[-(math.log(2) + 1 / 2) / 4, 3 / 8 * math.log(4 / 3) + 1 / 16]],
                a=[[0.5, 0.25]],
                t=[[1.0, 0.0]],
            ),
        ),
    ),
    "focal": LossCase(
        lambda part, a, t: -part.alpha * np.sum(t * (1 - a) ** part.gamma * np.log(a)) / len(t),
        1 / 4,
        (
            # gamma 2, alpha 1/4, one row whose class has 1/2: 1/4 (1/2)^2 ln 2
            # -1/4 (-2 (1/2) ln(1/2) + (1/2)^2 / (1/2)) = -1/4 (ln 2 + 1/2)
            Worked(
                math.log(2) / 16,
                [[-(math.log(2) + 1 / 2) / 4, 0, 0]],
                a=[[0.5, 0.25, 0.25]],
                t=[[1.0, 0.0, 0.0]],
            ),
            # gamma 0 and alpha 1: cross-entropy
            Worked(
                math.log(4),
                [[0, -4, 0]],
                a=[[0.5, 0.25, 0.25]],
                t=[[0.0, 1.0, 0.0]],
                keys={"gamma": 0.0, "alpha": 1.0},
            ),
        ),
    ),
}


@dataclass(frozen=True)
class RegularizerCase:
    """formula(part, W) -> penalty.  part, value, gradient: by hand, of W = [[1, -2], [0, 3]]."""

    formula: Callable[[Any, Any], Any]
    part: Any
    value: float
    gradient: list[list[float]]


REGULARIZERS = {
    "l2": RegularizerCase(
        lambda part, W: part.l2 * np.sum(W**2),
        *(L2(0.5), 7.0, [[1, -2], [0, 3]]),  # 0.5 (1 + 4 + 0 + 9); 2 * 0.5 W
    ),
    "l1": RegularizerCase(
        lambda part, W: part.l1 * np.sum(np.abs(W)),
        *(L1(0.5), 3.0, [[0.5, -0.5], [0, 0.5]]),  # 0.5 (1 + 2 + 0 + 3); 0.5 sign W
    ),
    "l1_l2": RegularizerCase(
        lambda part, W: part.l1 * np.sum(np.abs(W)) + part.l2 * np.sum(W**2),
        *(L1L2(0.5, 0.25), 6.5, [[1, -1.5], [0, 2]]),  # 3 + 3.5; 0.5 sign W + 2 * 0.25 W
    ),
}


@dataclass(frozen=True)
class LayerCase:
    """formula(layer, own tensors, x, random) -> y in training.

    block: the layers tested together, from a dense one; by default it and the layer after it.
    """

    formula: Callable[[Any, Any, Any, Any], Any]
    block: Callable[[Dense], list[Layer]] | None = None


def activate(part, z):
    return ACTIVATIONS[part.name].formula(part, z)


def dense(layer, own, x, random):
    return activate(layer.activation, x @ own["W"] + (own["b"] if layer.bias else 0.0))


def gaussian_noise(layer, own, x, random):
    length = np.sqrt(-2 * np.log(1 - random.random(x.shape)))
    return x + layer.std * length * np.cos(2 * np.pi * random.random(x.shape))


def batch_norm(layer, own, x, random):
    axes = tuple(range(x.ndim - 1))
    mean, variance = np.mean(x, axis=axes), np.var(x, axis=axes)
    if not layer.trainable:
        mean, variance = own["moving_mean"], own["moving_variance"]
    return own["gamma"] * (x - mean) / np.sqrt(variance + layer.epsilon) + own["beta"]


def layer_norm(layer, own, x, random):
    mean, variance = np.mean(x, axis=-1, keepdims=True), np.var(x, axis=-1, keepdims=True)
    return own["gamma"] * (x - mean) / np.sqrt(variance + layer.epsilon) + own["beta"]


def sides(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def windows(x, size, strides, padding, outside):
    """(rows, places down, places across, *size, channels): what lies under each window.

    Padding as TensorFlow has it: of an odd number of zeros the larger half comes behind.
    """
    ways, around = [], [(0, 0)]
    for length, side, stride in zip(x.shape[1:3], sides(size), sides(strides), strict=True):
        if padding == "valid":
            ways.append(range(0, length - side + 1, stride))
            around.append((0, 0))
        else:
            more = max((math.ceil(length / stride) - 1) * stride + side - length, 0)
            ways.append(range(0, math.ceil(length / stride) * stride, stride))
            around.append((more // 2, more - more // 2))
    x = np.pad(x, [*around, (0, 0)], "constant", constant_values=outside)
    high, wide = sides(size)
    lines = [np.stack([x[:, i : i + high, j : j + wide] for j in ways[1]], 1) for i in ways[0]]
    return np.stack(lines, 1)


def conv2d(layer, own, x, random):
    under = windows(x, layer.kernel_size, layer.strides, layer.padding, 0.0)
    z = np.einsum("rhwijc,ijcf->rhwf", under, own["W"])
    return activate(layer.activation, z + (own["b"] if layer.bias else 0.0))


def pooled(layer, x, outside):
    strides = layer.pool_size if layer.strides == "auto" else layer.strides
    return windows(x, layer.pool_size, strides, layer.padding, outside)


def avg_pool2d(layer, own, x, random):
    counted = pooled(layer, np.ones(x.shape), 0.0)
    return np.sum(pooled(layer, x, 0.0), axis=(3, 4)) / np.sum(counted, axis=(3, 4))


LAYERS = {
    "layer_norm": LayerCase(layer_norm),
    "prelu": LayerCase(
        lambda layer, own, x, random: np.maximum(x, 0) + own["alpha"] * np.minimum(x, 0)
    ),
    "conv2d": LayerCase(conv2d),
    "max_pool2d": LayerCase(
        lambda layer, own, x, random: np.max(pooled(layer, x, -1e9), axis=(3, 4))
    ),
    "avg_pool2d": LayerCase(avg_pool2d),
    "flatten": LayerCase(lambda layer, own, x, random: x.reshape(len(x), -1)),
    "reshape": LayerCase(lambda layer, own, x, random: x.reshape(len(x), *layer.shape)),
    "residual": LayerCase(lambda layer, own, x, random: x),  # its layers are cases of their own,
    "add": LayerCase(lambda layer, own, x, random: x),  # and what it adds comes with its place
    "dense": LayerCase(dense, lambda dense: [dense]),
    "activation": LayerCase(
        lambda layer, own, x, random: activate(layer.function, x),
        lambda dense: [replace(dense, activation=Tanh()), ActivationLayer(dense.activation)],
    ),
    "dropout": LayerCase(
        lambda layer, own, x, random: x * (random.random(x.shape) >= layer.rate) / (1 - layer.rate)
    ),
    "gaussian_noise": LayerCase(gaussian_noise),
    "batch_norm": LayerCase(
        batch_norm,
        lambda dense: [dense, BatchNorm(0.9, 0.1, Uniform(0.5, 1.5), dense.bias_initializer)],
    ),
    "feature_scale": LayerCase(
        lambda layer, own, x, random: x * (1 + layer.rate * own["w"]),
        lambda dense: [dense, FeatureScale(2.5)],
    ),
}
