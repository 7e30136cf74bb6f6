"""Gradient norms: |gradient| of each layer, at an epoch's final weights."""

import math

import numpy as np

from nncli.engine.job import Job
from nncli.engine.metric_columns import GRADIENT_NORM
from nncli.engine.plan import Plan
from nncli.parts.arrays import Array

MAX_ROWS = 1_000  # evenly spaced rows, for the gradient


class GradientNorms:
    """The norm of the objective's gradient, layer by layer, over a sample of the training rows.

    It has buffers of its own and changes nothing of the training: random streams stay where they
    are, and layers that keep statistics update copies. Dropout has the same mask every time.
    """

    def __init__(self, job: Job, theta: Array) -> None:
        self.theta = theta.copy()
        rows = job.train.sampled(MAX_ROWS)
        count = len(rows)
        self.random = np.random.default_rng(0)
        self.start = self.random.bit_generator.state
        draws = self.random if job.network.is_random else None
        self.plan = Plan(job.network, self.theta, rows, count, gather=False, random=draws)
        self.tape = self.plan.record_gradient(count)
        self.places = layer_places(job)

    def __call__(self, theta: Array) -> dict[str, float]:
        """The gradient norm of each layer at theta, by column of metrics.csv."""
        np.copyto(self.theta, theta)
        self.random.bit_generator.state = self.start
        with np.errstate(all="ignore"):
            self.tape()
            norms = {name: norm_at(self.plan.gradient, at) for name, at in self.places.items()}
        return {GRADIENT_NORM + name: value for name, value in norms.items()}


def layer_places(job: Job) -> dict[str, list[slice]]:
    """The slices of the flat vector with each layer's trained tensors."""
    found: dict[str, list[slice]] = {}
    for tensor in job.network.layout.tensors:
        if tensor.start + tensor.size <= job.network.layout.trainable:
            place = slice(tensor.start, tensor.start + tensor.size)
            found.setdefault(tensor.name.partition("/")[0], []).append(place)
    return found


def norm_at(flat: Array, places: list[slice]) -> float:
    """The norm of a layer's part of a flat vector."""
    return math.hypot(*(norm(flat[place]) for place in places))


def norm(vector: Array) -> float:
    """|vector|, even if its squares overflow."""
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(vector.astype(float) / largest))
