"""configs/iris.yaml as a jax script: split, scale, 200 epochs in one scan, scores, weights.

argument: the table. Reading and splitting are by hand, to spare it other imports.
"""

import csv
import sys

import jax
import jax.numpy as jnp
import numpy as np

random = np.random.default_rng(42)
with open(sys.argv[1], encoding="ascii") as file:
    _, *lines = csv.reader(file)
species = sorted({line[-1] for line in lines})
x = np.array([[float(cell) for cell in line[:-1]] for line in lines], np.float32)
y = np.array([species.index(line[-1]) for line in lines])
train_rows, val_rows = [], []
for number in range(len(species)):  # stratified: 35 and 7 of each
    own = random.permutation(np.flatnonzero(y == number))
    train_rows += [*own[:35]]
    val_rows += [*own[35:42]]
x = (x - x[train_rows].mean(axis=0)) / x[train_rows].std(axis=0)
orders = np.stack([random.permutation(train_rows) for _ in range(200)]).reshape(-1, 5)
theta = [
    (random.uniform(-1, 1, shape) * np.sqrt(6 / sum(shape))).astype(np.float32)
    for shape in ((4, 8), (8, 3))
]
theta = [theta[0], np.zeros(8, np.float32), theta[1], np.zeros(3, np.float32)]


def scores(theta, x):
    w1, b1, w2, b2 = theta
    return jax.nn.sigmoid(x @ w1 + b1) @ w2 + b2


def loss(theta, x, y):
    shares = jax.nn.log_softmax(scores(theta, x))
    return -jnp.mean(jnp.take_along_axis(shares, y[:, None], axis=1))


@jax.jit
def train(theta, x, y, orders):
    def step(state, index):
        theta, velocity = state
        slopes = jax.grad(loss)(theta, x[index], y[index])
        velocity = jax.tree.map(lambda v, g: 0.8 * v + 0.05 * g, velocity, slopes)
        return (jax.tree.map(jnp.subtract, theta, velocity), velocity), None

    still = jax.tree.map(jnp.zeros_like, theta)
    return jax.lax.scan(step, (theta, still), orders)[0][0]


theta = train([jnp.asarray(each) for each in theta], x, y, orders)
for name, rows in (("train", train_rows), ("val", val_rows)):
    own, truth = x[np.array(rows)], y[np.array(rows)]
    accuracy = (scores(theta, own).argmax(axis=1) == truth).mean()
    print(name, float(loss(theta, own, truth)), float(accuracy))
np.savez("weights.npz", *map(np.asarray, theta))
