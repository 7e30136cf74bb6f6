"""Every layer, activation, loss and regularizer once more, as a textbook has it, in autograd.

Nothing here is stable at extreme values or fast; it is written to be compared with the page. A part
that is added needs one line here: its formula.
"""

import autograd.numpy as np
from autograd.scipy.special import erf, logsumexp

ACTIVATIONS = {
    "identity": lambda part, z: z,
    "relu": lambda part, z: np.where(z > 0, z, 0 * z),
    "leaky_relu": lambda part, z: np.where(z > 0, z, part.negative_slope * z),
    "elu": lambda part, z: np.where(z > 0, z, part.alpha * (np.exp(z) - 1)),
    "softplus": lambda part, z: np.log(1 + np.exp(z)),
    "sigmoid": lambda part, z: 1 / (1 + np.exp(-z)),
    "tanh": lambda part, z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1),
    "silu": lambda part, z: z / (1 + np.exp(-z)),
    "gelu": lambda part, z: z * (1 + erf(z / np.sqrt(2))) / 2,
    "softmax": lambda part, z: np.exp(z - logsumexp(z, axis=1, keepdims=True)),
}


def huber(part, a, t):
    size = np.abs(a - t)
    return np.mean(np.where(size <= part.delta, size**2 / 2, part.delta * (size - part.delta / 2)))


LOSSES = {
    "rss": lambda part, a, t: np.sum((t - a) ** 2),
    "mse": lambda part, a, t: np.mean((t - a) ** 2),
    "half_mse": lambda part, a, t: np.mean((t - a) ** 2) / 2,
    "mae": lambda part, a, t: np.mean(np.abs(t - a)),
    "huber": huber,
    "poisson": lambda part, a, t: np.mean(a - t * np.log(a)),
    "binary_cross_entropy": lambda part, a, t: (
        -np.sum(t * np.log(a) + (1 - t) * np.log(1 - a)) / len(t)
    ),
    "cross_entropy": lambda part, a, t: -np.sum(t * np.log(a)) / len(t),
}

REGULARIZERS = {
    "l1": lambda part, W: part.l1 * np.sum(np.abs(W)),
    "l2": lambda part, W: part.l2 * np.sum(W**2),
    "l1_l2": lambda part, W: part.l1 * np.sum(np.abs(W)) + part.l2 * np.sum(W**2),
}


def dense(layer, own, x, random):
    bias = own["b"] if layer.bias else 0.0
    return activate(layer.activation, x @ own["W"] + bias)


def activation_layer(layer, own, x, random):
    return activate(layer.function, x)


def dropout(layer, own, x, random):
    return x * (random.random(x.shape) >= layer.rate) / (1 - layer.rate)


def batch_norm(layer, own, x, random):
    mean, variance = np.mean(x, axis=0), np.var(x, axis=0)
    if not layer.trainable:
        mean, variance = own["moving_mean"], own["moving_variance"]
    return own["gamma"] * (x - mean) / np.sqrt(variance + layer.epsilon) + own["beta"]


LAYERS = {
    "dense": dense,
    "activation": activation_layer,
    "dropout": dropout,
    "batch_norm": batch_norm,
}


def activate(part, z):
    return ACTIVATIONS[part.name](part, z)


def outputs(network, theta, x, random):
    """What a training pass computes, dropout drawn from `random`."""
    tensors = network.layout.views(theta)
    for node in network.nodes:
        own = {
            name.removeprefix(f"{node.name}/"): tensor
            for name, tensor in tensors.items()
            if name.startswith(f"{node.name}/")
        }
        x = LAYERS[node.layer.name](node.layer, own, x, random)
    return x


def objective(network, theta, x, targets, random):
    """The loss, its reduction included, plus what the regularizers add."""
    loss = network.loss
    value = LOSSES[loss.name](loss, outputs(network, theta, x, random), targets)
    tensors = network.layout.views(theta)
    for node in network.nodes:
        if part := getattr(node.layer, "kernel_regularizer", None):
            value = value + REGULARIZERS[part.name](part, tensors[f"{node.name}/W"])
    return value
