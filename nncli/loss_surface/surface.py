"""Surface: the loss over a plane of parameter space, onto which the path is projected."""

import re
from collections.abc import Sequence

import numpy as np

from nncli.engine.evaluator import Evaluator
from nncli.engine.job import Job
from nncli.errors import UserError, few, printable
from nncli.frozen import frozen
from nncli.loss_surface.path import main_directions, path_of
from nncli.parts.arrays import Array

STEPS = 51  # positions along an axis
MARGIN = 0.35  # of the path's range, on either side
NARROWEST = 0.3  # the least range of an axis, relative to the other's
MAX_ROWS = 1_000  # evenly spaced training rows for the loss
PLACE = re.compile(r"(.+?)\[(\d+(?:,\d+)*)\]")


@frozen
class Surface:
    """The content of the plot.

    names: of the two axes.  x, y: (STEPS,).  losses: (STEPS, STEPS), a row for each y.
    path: (n, 2), at `epochs`.  values: (n,) the losses at the path's own parameters.
    others: the number of weights held at their final values; 0 for a plane of main directions.
    """

    names: tuple[str, str]
    x: Array
    y: Array
    losses: Array
    path: Array
    epochs: Array
    values: Array
    others: int
    rows: int
    diverged: bool


def surface_of(job: Job, weights: Sequence[str] = ()) -> Surface:
    """The surface over two weights, as `hidden_1/W[0,0]`, or over the two main directions of the
    path.

    By default over the two trained weights, if there are only two.
    Raises UserError for unknown weights, Diverged if not even the initial loss is finite.
    """
    trained = job.network.layout.trainable
    if trained < 2:
        raise UserError("a surface takes two weights, and this network has one")
    places = _places(job, weights) if weights else (list(range(trained)) if trained == 2 else [])
    path = path_of(job)
    end = path.thetas[-1].astype(float)
    if places:
        directions, centre = np.eye(trained)[places], np.zeros(trained)
        names = tuple(weights) or tuple(_names(job, places))
    else:
        directions, shares = main_directions(path, trained)
        centre = end[:trained]
        names = tuple(
            f"direction {number} ({share:.0%} of the path's variation)"
            for number, share in enumerate(shares, start=1)
        )
    flat = (path.thetas[:, :trained] - centre) @ directions.T
    x, y = _axes(flat)
    loss = _Loss(job, end)
    base = end.copy()
    base[:trained] -= directions.T @ (directions @ (end[:trained] - centre))
    losses = [[loss(base, directions.T @ (a, b)) for a in x] for b in y]
    return Surface(
        names=(names[0], names[1]),
        x=x,
        y=y,
        losses=np.array(losses),
        path=flat,
        epochs=path.epochs,
        values=np.array([loss(theta, 0.0) for theta in path.thetas]),
        others=trained - 2 if places else 0,
        rows=len(loss.rows),
        diverged=path.diverged,
    )


class _Loss:
    """The objective over at most MAX_ROWS training rows, as a function of theta."""

    def __init__(self, job: Job, theta: Array) -> None:
        self.trained = job.network.layout.trainable
        self.theta = theta.astype(job.training.dtype)
        self.rows = job.train.sampled(MAX_ROWS)
        self.evaluator = Evaluator(job.network, self.theta, self.rows, job.decode, {}, keeps=True)

    def __call__(self, base: Array, moved: Array | float) -> float:
        np.copyto(self.theta, base)
        self.theta[: self.trained] += moved
        return self.evaluator.score().loss


def _axes(path: Array) -> tuple[Array, Array]:
    """The range of each axis around the path; neither is much narrower than the other."""
    low, high = path.min(axis=0), path.max(axis=0)
    size = np.maximum(high - low, NARROWEST * (high - low).max())
    size = np.where(size > 0, size, 1.0)
    middle, half = (low + high) / 2, size * (0.5 + MARGIN)
    x, y = (np.linspace(m - h, m + h, STEPS) for m, h in zip(middle, half, strict=True))
    return x, y


def _places(job: Job, weights: Sequence[str]) -> list[int]:
    """The indices of two weights in the flat vector. Raises UserError."""
    places = [_place(job, text.replace(" ", "")) for text in weights]
    if places[0] == places[1]:
        raise UserError(f"--weights: expected two different weights, found '{weights[0]}' twice")
    return places


def _place(job: Job, text: str) -> int:
    layout = job.network.layout
    known = [each for each in layout.tensors if each.start + each.size <= layout.trainable]
    found = PLACE.fullmatch(text)
    if found is None:
        example = f"{known[0].name}[{','.join('0' * len(known[0].shape))}]"
        raise UserError(f"--weights: expected a weight as {example}, found '{printable(text)}'")
    name, index = found[1], tuple(map(int, found[2].split(",")))
    tensor = next((each for each in known if each.name == name), None)
    if tensor is None:
        names = [each.name for each in known]
        raise UserError(f"--weights: no trained weights '{printable(name)}'; known: {few(names)}")
    if len(index) != len(tensor.shape) or any(np.array(index) >= tensor.shape):
        shape = " x ".join(map(str, tensor.shape))
        raise UserError(f"--weights: {name} is {shape}, from 0 on: it has no {text}")
    return tensor.start + int(np.ravel_multi_index(index, tensor.shape))


def _names(job: Job, places: Sequence[int]) -> list[str]:
    """The names of weights, as `output/W[0,0]`, by their indices in the flat vector."""
    found = []
    for place in places:
        for each in job.network.layout.tensors:
            if each.start <= place < each.start + each.size:
                index = np.unravel_index(place - each.start, each.shape)
                found.append(f"{each.name}[{','.join(str(int(i)) for i in index)}]")
    return found
