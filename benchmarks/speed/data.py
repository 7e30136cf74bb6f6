"""Data: each row's table, initial weights and batches, the same for every program."""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.speed.rows import Row
from nncli.parts.arrays import Array


@dataclass(frozen=True)
class Data:
    """x: (rows, inputs) and targets: (rows, outputs), float32; truth: (rows,) classes or numbers.

    theta: the initial weights W, b of each layer in turn, float32.
    """

    x: Array
    targets: Array
    truth: Array
    theta: list[Array] = field(default_factory=list)


def load(row: Row) -> Data:
    """The data of a row with its initial weights: the same at every call."""
    random = np.random.default_rng(row.seed)
    x, truth = DATASETS[row.data](row, random)
    if row.loss == "cross_entropy":
        targets = np.eye(row.widths[-1])[truth]
    else:
        targets = truth.reshape(row.rows, -1)
    theta: list[Array] = []
    for inputs, outputs in row.layers:
        theta += [random.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)]
        theta += [np.zeros(outputs)]
    return Data(
        np.ascontiguousarray(x, np.float32),
        np.ascontiguousarray(targets, np.float32),
        truth,
        [tensor.astype(np.float32) for tensor in theta],
    )


def and_gate(row: Row, random: np.random.Generator) -> tuple[Array, Array]:
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])


def iris(row: Row, random: np.random.Generator) -> tuple[Array, Array]:
    """The first 48 flowers of each species, standardized."""
    from nncli.parts.datasets import Iris

    table = Iris().load()
    chosen = np.concatenate([start + np.arange(row.rows // 3) for start in (0, 50, 100)])
    x = table.x[chosen]
    return (x - x.mean(axis=0)) / x.std(axis=0), table.y[chosen]


def linear(row: Row, random: np.random.Generator) -> tuple[Array, Array]:
    """y = x1 - 2 x2 + 3 x3 - 4 x4 + noise."""
    x = random.standard_normal((row.rows, row.widths[0]))
    slopes = np.resize([1.0, -2.0, 3.0, -4.0], row.widths[0])
    return x, x @ slopes + 0.1 * random.standard_normal(row.rows)


def digits(row: Row, random: np.random.Generator) -> tuple[Array, Array]:
    """The first 1,792 handwritten digits of 8 x 8 pixels, in 0..1."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x[: row.rows] / 16.0, y[: row.rows]


def mnist_sized(row: Row, random: np.random.Generator) -> tuple[Array, Array]:
    """Made-up pictures: a fifth of the pixels are on, more often those of the class's pattern."""
    inputs, classes = row.widths[0], row.widths[-1]
    y = random.integers(classes, size=row.rows)
    pattern = random.random((classes, inputs)) < 0.2
    chance = np.where(pattern[y], 0.5, 0.12)
    lit = random.random((row.rows, inputs)) < chance
    return lit * random.random((row.rows, inputs)), y


DATASETS = {
    "and_gate": and_gate,
    "iris": iris,
    "linear": linear,
    "digits": digits,
    "mnist_sized": mnist_sized,
}


def batches(row: Row, epochs: int) -> Array:
    """(epochs, steps, batch) the rows of each step, in the order nncli draws them."""
    from nncli.engine.state import stream

    random = stream("shuffle", row.seed)
    shape = (epochs, row.steps_per_epoch, row.batch)
    return np.stack([random.permutation(row.rows) for _ in range(epochs)]).reshape(shape)


def final_loss(row: Row, weights: list[Array], data: Data) -> float:
    """The loss over all rows at these weights, in float64, by the textbook's formulas."""
    a = data.x.astype(float)
    for index in range(len(row.layers)):
        z = a @ weights[2 * index].astype(float) + weights[2 * index + 1].astype(float)
        a = np.maximum(z, 0.0)
    t = data.targets.astype(float)
    if row.loss == "half_mse":
        return float(np.mean((z - t) ** 2) / 2)
    if row.loss == "binary_cross_entropy":
        return float(np.mean(np.logaddexp(0.0, z) - t * z))
    return float(np.mean(np.logaddexp.reduce(z, axis=1) - (t * z).sum(axis=1)))
