"""Optimizers: from a gradient to the next parameters. Simple -> complex.

All of them see only flat vectors: theta, its gradient g and their own slots. An update consumes
the gradient (g is its first scratch), and reads the numbers that change from step to step from
0-d arrays, so that a plan can record an update once and replay it.
"""

# Simple -> complex: the order in which they are listed.
# isort: off
from nncli.parts.optimizers.optimizer import Optimizer, UpdateBuffers
from nncli.parts.optimizers.gradient_descent import GradientDescent, Sgd
from nncli.parts.optimizers.adaptive import Adagrad, Adam, AdamW, Nadam, RmsProp
from nncli.parts.optimizers.quasi_newton import Lbfgs
# isort: on

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientDescent",
    "Lbfgs",
    "Nadam",
    "Optimizer",
    "RmsProp",
    "Sgd",
    "UpdateBuffers",
]
