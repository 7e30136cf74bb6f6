"""Path: the parameters at each epoch, from training once more, and their main directions."""

import numpy as np

from nncli.engine.job import Job
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.frozen import frozen
from nncli.parts.arrays import Array

MAX_POINTS = 200  # kept epochs of a longer path: evenly spaced, and the last


@frozen
class Path:
    """The parameters at some epochs, in order, from the initial ones on.

    epochs: (n,) their numbers.  thetas: (n, layout.size).  diverged: whether training diverged
    then.
    """

    epochs: Array
    thetas: Array
    diverged: bool


def path_of(job: Job) -> Path:
    """Train from the start. Raises Diverged if not even the initial loss is finite."""
    state, every = job.start(), max(-(-job.training.epochs // MAX_POINTS), 1)
    epochs: list[int] = []
    thetas: list[Array] = []
    diverged = False
    try:
        for report in train(job, state):
            if report.epoch % every == 0 or report.stopped:
                epochs.append(report.epoch)
                thetas.append(state.theta.copy())
    except Diverged:
        if not epochs:
            raise
        diverged = True
    return Path(np.array(epochs), np.array(thetas), diverged)


def main_directions(path: Path, trained: int) -> tuple[Array, Array]:
    """(2, trained) orthonormal directions, and (2,) each one's share of the path's variance.

    The principal components of theta_i - theta_end, as in Li et al. (2018). A straight path has
    only one; the second is then an arbitrary direction, always the same.
    """
    moves = (path.thetas[:, :trained] - path.thetas[-1, :trained]).astype(float)
    squares, rows = np.linalg.eigh(moves @ moves.T)
    squares, rows = np.maximum(squares[::-1], 0.0), rows[:, ::-1]
    total = float(squares.sum())
    random = np.random.default_rng(0)
    found: list[Array] = []
    for place in range(2):
        has_moved = place < len(squares) and squares[place] > 1e-12 * total > 0
        each = rows[:, place] @ moves if has_moved else random.standard_normal(trained)
        for other in found:
            each = each - (each @ other) * other
        found.append(each / np.linalg.norm(each))
    shares = np.zeros(2)
    shares[: min(2, len(squares))] = squares[:2] / total if total > 0 else 0.0
    return np.array(found), shares
