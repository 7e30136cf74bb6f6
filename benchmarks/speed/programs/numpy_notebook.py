"""NumPy as a careful notebook has it: a list of weights, a new array for every result."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.speed.data import batches
from benchmarks.speed.programs import Program, Ran, Task
from benchmarks.speed.rows import Row
from nncli.parts.arrays import Array

Update = Callable[[list[Array]], None]


def make(task: Task) -> Program:
    row, data = task.row, task.data
    orders = batches(row, row.checked_epochs)

    def run(epochs: int) -> Ran:
        weights = [tensor.copy() for tensor in data.theta]
        update = _adam(row, weights) if row.rule.type == "adam" else _sgd(row, weights)
        began = time.perf_counter()
        for epoch in range(epochs):
            if row.is_full_batch:
                update(gradients(row, weights, data.x, data.targets))
                continue
            for index in orders[epoch % len(orders)]:
                update(gradients(row, weights, data.x[index], data.targets[index]))
        return Ran(time.perf_counter() - began, epochs, weights)

    return run


def gradients(row: Row, weights: list[Array], x: Array, t: Array) -> list[Array]:
    """Forward, then backward: [dW1, db1, dW2, ...]."""
    inputs = [x]
    for number in range(len(row.layers)):
        z = inputs[-1] @ weights[2 * number] + weights[2 * number + 1]
        inputs.append(np.maximum(z, 0.0))
    dz = (_output(row, z) - t) / len(x)
    found: list[Array] = []
    for number in reversed(range(len(row.layers))):
        found = [inputs[number].T @ dz, dz.sum(axis=0), *found]
        if number:
            dz = (dz @ weights[2 * number].T) * (inputs[number] > 0)
    return found


def _output(row: Row, z: Array) -> Array:
    if row.loss == "half_mse":
        return z
    if row.loss == "binary_cross_entropy":
        return 1.0 / (1.0 + np.exp(-z))
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _sgd(row: Row, weights: list[Array]) -> Update:
    rate, momentum = row.rule.learning_rate, row.rule.momentum
    velocities = [np.zeros_like(w) for w in weights]

    def update(found: list[Array]) -> None:
        for w, v, g in zip(weights, velocities, found, strict=True):
            if momentum:
                v *= momentum
                v += rate * g
                w -= v
            else:
                w -= rate * g

    return update


def _adam(row: Row, weights: list[Array]) -> Update:
    (b1, b2), step = row.rule.betas, 0
    means, squares = ([np.zeros_like(w) for w in weights] for _ in range(2))

    def update(found: list[Array]) -> None:
        nonlocal step
        step += 1
        for w, m, s, g in zip(weights, means, squares, found, strict=True):
            m *= b1
            m += (1 - b1) * g
            s *= b2
            s += (1 - b2) * g * g
            m_hat, s_hat = m / (1 - b1**step), s / (1 - b2**step)
            w -= row.rule.learning_rate * m_hat / (np.sqrt(s_hat) + row.rule.epsilon)

    return update
