"""jax: the whole run as one compiled function, a scan over the steps of each epoch.

Compiling, about half a second a network, is not in its time.
"""

import time
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.speed.data import batches
from benchmarks.speed.programs import Program, Ran, Task
from benchmarks.speed.rows import Row


def make(task: Task) -> Program:
    row, data = task.row, task.data
    x, targets = jnp.asarray(data.x), jnp.asarray(data.targets)
    orders = jnp.asarray(batches(row, row.checked_epochs))
    start = [jnp.asarray(tensor) for tensor in data.theta]
    train = _trainer(row)

    def run(epochs: int) -> Ran:
        train(start, x, targets, orders, 0)[0].block_until_ready()  # compiled at its first call
        began = time.perf_counter()
        weights = jax.block_until_ready(train(start, x, targets, orders, epochs))
        seconds = time.perf_counter() - began
        return Ran(seconds, epochs, [jax.device_get(tensor) for tensor in weights])

    return run


def _trainer(row: Row) -> Any:
    gradient = jax.grad(lambda theta, x, t: _loss(row, theta, x, t))

    @jax.jit  # type: ignore[untyped-decorator]
    def train(theta: Any, x: Any, targets: Any, orders: Any, epochs: Any) -> Any:
        zeros = [jnp.zeros_like(tensor) for tensor in theta]

        def step(state: Any, index: Any) -> Any:
            theta, slots, count = state
            batch = (x, targets) if row.is_full_batch else (x[index], targets[index])
            moved = _update(row, theta, gradient(theta, *batch), slots, count + 1)
            return (*moved, count + 1), None

        def epoch(number: Any, state: Any) -> Any:
            if row.is_full_batch:
                return step(state, None)[0]
            return lax.scan(step, state, orders[number % len(orders)])[0]

        return lax.fori_loop(0, epochs, epoch, (theta, (zeros, zeros), 0))[0]

    return train


def _loss(row: Row, theta: Any, x: Any, t: Any) -> Any:
    for number in range(len(row.layers)):
        z = x @ theta[2 * number] + theta[2 * number + 1]
        x = jnp.maximum(z, 0.0)
    if row.loss == "half_mse":
        return 0.5 * jnp.mean((z - t) ** 2)
    if row.loss == "binary_cross_entropy":
        return jnp.mean(jnp.logaddexp(0.0, z) - t * z)
    return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(z), axis=1))


def _update(row: Row, theta: Any, gradients: Any, slots: Any, step: Any) -> Any:
    rule, each = row.rule, jax.tree.map
    m, s = slots
    if rule.type == "sgd":
        if rule.momentum:
            m = each(lambda v, g: rule.momentum * v + rule.learning_rate * g, m, gradients)
            return each(jnp.subtract, theta, m), (m, s)
        return each(lambda w, g: w - rule.learning_rate * g, theta, gradients), slots
    b1, b2 = rule.betas
    m = each(lambda m, g: b1 * m + (1 - b1) * g, m, gradients)
    s = each(lambda s, g: b2 * s + (1 - b2) * g * g, s, gradients)
    rate, root = rule.learning_rate / (1 - b1**step), jnp.sqrt(1 - b2**step)
    moved = each(lambda w, m, s: w - rate * m / (jnp.sqrt(s) / root + rule.epsilon), theta, m, s)
    return moved, (m, s)
