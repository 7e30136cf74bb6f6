"""Samplers: the same suggestion for whoever asks; every value reached; TPE learns."""

import itertools
import statistics

import numpy as np
import pytest
from study_spaces import ALL_KINDS, EXAMPLE, config, problems_of, space_of

from nncli.config.load import load_text
from nncli.errors import ConfigError, UserError
from nncli.study import tpe
from nncli.study.samplers import GridSampler, RandomSampler, SobolSampler, sampler_for
from nncli.study.tpe import TpeSampler
from nncli.study.trials import Told

PATH = __import__("pathlib").Path("config.yaml")
SPACE = space_of(ALL_KINDS)
METHODS = {
    "random": lambda space, seed=0: RandomSampler(space, seed),
    "sobol": lambda space, seed=0: SobolSampler(space, seed),
    "tpe": lambda space, seed=0: TpeSampler(space, seed, "minimize"),
}
PLANE = space_of("optimizer.learning_rate: {low: 0.001, high: 1.0, log: true}\n"
                 "optimizer.epsilon: {low: 1e-9, high: 1e-3, log: true}")  # fmt: skip


def value(point):
    """A bowl, with a choice that matters."""
    bowl = (np.log(point["optimizer.learning_rate"]) + 4) ** 2
    return float(bowl + len(point) / 10 + point["optimizer"])


def search(sampler, space, trials, ahead=1):
    """All told trials of a search that is asked `ahead` before the last result is in."""
    points, told = [space.given], []
    for number in range(1, trials):
        told = [
            Told(k, points[k], "completed", value({"optimizer": 2} | points[k]))
            for k in range(max(number - ahead + 1, 0))
        ]
        points.append(sampler.suggest(number, told))
    return points
