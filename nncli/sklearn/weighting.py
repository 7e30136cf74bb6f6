"""Weighting: rows of which one with weight 2 counts as two rows, in scaling and in the loss."""

from dataclasses import replace

import numpy as np

from nncli.config.build import Built
from nncli.config.experiment import PreprocessingKeys
from nncli.data.preprocessing import FittedColumn, Preprocessing
from nncli.data.weights import row_weights
from nncli.engine.evaluation import Scored
from nncli.engine.job import Job
from nncli.parts.arrays import Array


def weigh_scaling(built: Built, weights: Array) -> Preprocessing:
    """What was fitted, with weighted means and deviations wherever it standardizes.

    weights: (rows,), positive.  Minimum, range and percentiles don't look at weights.
    """
    fitted, keys, rows = built.preprocessing, built.experiment.data.preprocessing, built.rows.train
    assert isinstance(keys, PreprocessingKeys)
    features, target, own = fitted.features, fitted.target, weights[rows]
    if keys.numeric.scale == "standard":
        columns = zip(features, built.table.x[rows].T, strict=True)
        features = tuple(_column(feature, column, own) for feature, column in columns)
    if target.method == "standard":
        mean, deviation = _moments(built.table.y[rows], own)
        target = replace(target, shift=mean.tolist(), scale=deviation.tolist())
    return replace(fitted, features=features, target=target)


def _column(feature: FittedColumn, column: Array, weights: Array) -> FittedColumn:
    if feature.missing:
        assert isinstance(feature.fill, float)
        column = np.where(np.isnan(column), feature.fill, column)
    mean, deviation = _moments(column[:, None], weights)
    return replace(feature, shift=float(mean[0]), scale=float(deviation[0]))


def _moments(x: Array, weights: Array) -> tuple[Array, Array]:
    """m = sum w x / sum w, and sqrt(sum w (x - m)^2 / sum w) or 1 where there is no spread."""
    mean = np.average(x, axis=0, weights=weights)
    deviation = np.sqrt(np.average(np.square(x - mean), axis=0, weights=weights))
    is_flat = deviation <= 10 * np.finfo(float).eps * np.abs(x).max(axis=0)  # as Scaling has it
    return mean, np.where(is_flat, 1.0, deviation)


def weigh_loss(built: Built, weights: Array) -> Job:
    """The job, each row weighted by its own weight times its class's."""
    table, rows, job = built.table, built.rows, built.job
    of_classes = built.experiment.training.class_weight
    every = row_weights(table.y, table.classes, of_classes, weights, rows.train)
    assert every is not None

    def weighed(scored: Scored, own: Array) -> Scored:
        return replace(scored, weights=np.ascontiguousarray(own, built.model.dtype))

    val = None if job.val is None else weighed(job.val, every[rows.val])
    return replace(job, train=weighed(job.train, every[rows.train]), val=val)
