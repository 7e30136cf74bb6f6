"""scikit-learn's MLP, by `fit`: its fastest way, several times faster than `partial_fit`.

`fit` deals the rows with a function called `shuffle`; ours hands it the permutations that every
other program gets. Its Adam adds epsilon before the bias correction, which is beyond the digits
that are compared. `fit` also sums up each step's loss, and can't do without.
"""

import time
import warnings
from itertools import cycle

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor, _multilayer_perceptron

from benchmarks.speed.data import batches
from benchmarks.speed.programs import Program, Ran, Task
from nncli.parts.arrays import Array

warnings.simplefilter("ignore", ConvergenceWarning)
NEVER = 10**9


def make(task: Task) -> Program:
    row, data = task.row, task.data
    orders = batches(row, row.checked_epochs).reshape(row.checked_epochs, row.rows)
    family = MLPRegressor if row.loss == "half_mse" else MLPClassifier
    truth = data.targets.ravel() if row.loss == "half_mse" else data.truth

    def fit(epochs: int) -> tuple[float, list[Array]]:
        model = family(
            hidden_layer_sizes=row.widths[1:-1],
            solver=row.rule.type,
            alpha=0.0,
            batch_size=row.batch,
            learning_rate_init=row.rule.learning_rate,
            momentum=row.rule.momentum,
            nesterovs_momentum=False,
            shuffle=not row.is_full_batch,
            warm_start=True,
            tol=0.0,
            n_iter_no_change=NEVER,
            max_iter=1,
        )
        _deal(orders)
        model.fit(data.x, truth)  # makes the arrays; then they are given the initial weights
        model.coefs_ = [w.copy() for w in data.theta[::2]]
        model.intercepts_ = [b.copy() for b in data.theta[1::2]]
        model.max_iter = epochs
        _deal(orders)
        began = time.perf_counter()
        model.fit(data.x, truth)
        seconds = time.perf_counter() - began
        pairs = zip(model.coefs_, model.intercepts_, strict=True)
        return seconds, [np.asarray(tensor) for pair in pairs for tensor in pair]

    def run(epochs: int) -> Ran:
        once, _ = fit(1)  # with all that checks and prepares
        seconds, weights = fit(epochs)
        return Ran(seconds - once, epochs - 1, weights)

    return run


def _deal(orders: Array) -> None:
    """Make the next `fit` take its epochs' orders from here."""
    dealt = cycle(orders)
    _multilayer_perceptron.shuffle = lambda index, random_state: next(dealt)
