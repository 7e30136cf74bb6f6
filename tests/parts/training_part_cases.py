"""One case a part of training: what is known of it beside its own code, to be held against it.

Every built-in part has its case; one of another package is tested without.
"""

import math

import numpy as np

from nncli.parts.optimizers import Adagrad, Adam, AdamW, GradientDescent, Nadam, RmsProp, Sgd
from nncli.parts.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    Linear,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Step,
)

INITIALIZERS = {  # the standard deviation for 100 inputs and 300 units
    "zeros": 0.0,
    "ones": 0.0,
    "constant": 0.0,
    "linspace": 0.1 / math.sqrt(12),
    "normal": 0.05,
    "uniform": 0.1 / math.sqrt(12),
    "glorot_normal": math.sqrt(2 / 400),
    "glorot_uniform": math.sqrt(2 / 400),
    "he_normal": math.sqrt(2 / 100),
    "he_uniform": math.sqrt(2 / 100),
    "lecun_normal": math.sqrt(1 / 100),
    "lecun_uniform": math.sqrt(1 / 100),
    "scaled": math.sqrt(1 / 100),
}

SCHEDULES = {  # examples with their factors at some t of T intervals
    "constant": [(Constant(), 12, {0: 1.0, 7: 1.0})],
    "exponential": [(Exponential(rate=0.5), 12, {0: 1.0, 1: math.exp(-0.5), 4: math.exp(-2.0)})],
    "step": [
        (
            Step(step_size=3, gamma=0.5),
            12,
            {0: 1.0, 2: 1.0, 3: 0.5, 5: 0.5, 6: 0.25, 9: 0.125},
        )
    ],
    "inverse_time": [(InverseTime(rate=0.5), 12, {0: 1.0, 2: 1 / 2, 6: 1 / 4})],
    "cosine": [
        # T = 12: a quarter way (1 + cos 45 deg) / 2, half way 1/2, at the end 0
        (Cosine(), 12, {0: 1.0, 3: (1 + math.sqrt(0.5)) / 2, 6: 0.5, 12: 0.0, 15: 0.0}),
        # 0.2 + 0.8 of the above
        (Cosine(floor=0.2), 12, {0: 1.0, 4: 0.2 + 0.8 * 0.75, 6: 0.6, 12: 0.2}),
    ],
    "linear": [
        (Linear(), 12, {0: 1.0, 3: 0.75, 6: 0.5, 12: 0.0, 15: 0.0}),
        (Linear(floor=0.2), 12, {0: 1.0, 6: 0.6, 12: 0.2}),  # 0.2 + 0.8 / 2
    ],
    "polynomial": [
        (Polynomial(), 12, {0: 1.0, 3: 0.5625, 6: 0.25, 12: 0.0, 15: 0.0}),  # (3/4)^2, (1/2)^2
        (Polynomial(power=0.5, floor=0.2), 12, {0: 1.0, 9: 0.6, 12: 0.2}),  # sqrt(1/4) = 1/2
    ],
    "cosine_restarts": [
        (CosineRestarts(period=4), 12, {0: 1.0, 2: 0.5, 4: 1.0, 6: 0.5, 8: 1.0}),
        # cycles of 2, 4 and 8: from 0, 2 and 6
        (
            CosineRestarts(period=2, growth=2, floor=0.2),
            12,
            {0: 1.0, 1: 0.6, 2: 1.0, 4: 0.6, 6: 1.0, 10: 0.6},
        ),
    ],
    "one_cycle": [
        # T = 13, so t / (T - 1) runs over twelfths; it rises over the first quarter: t = 0, ..., 3
        # a third and two thirds up: 1 - 0.8 (1 + cos 60 deg) / 2 = 0.4, the same with 120 deg
        # then a third, two thirds and all the way down from 1 to 0.01
        (
            OneCycle(rise=0.25, start_divisor=5.0, end_divisor=100.0),
            13,
            {0: 0.2, 1: 0.4, 2: 0.8, 3: 1.0}
            | {6: 0.01 + 0.99 * 0.75, 9: 0.01 + 0.99 * 0.25, 12: 0.01},
        )
    ],
    "reduce_on_plateau": [(ReduceOnPlateau(), 12, {0: 1.0, 11: 1.0})],
}


def sgd(part, theta, gradients, rates):
    v = part.initial_velocity
    for g, rate in zip(gradients, rates, strict=True):
        v = part.momentum * v + rate * g
        theta = theta - rate * part.weight_decay * theta
        theta = theta - (part.momentum * v + rate * g if part.nesterov else v)
    return theta


def adagrad(part, theta, gradients, rates):
    s = part.initial_accumulator_value
    for g, rate in zip(gradients, rates, strict=True):
        s = s + g**2
        theta = theta - rate * g / (np.sqrt(s) + part.epsilon)
    return theta


def rmsprop(part, theta, gradients, rates):
    s = 0.0
    for g, rate in zip(gradients, rates, strict=True):
        s = part.rho * s + (1 - part.rho) * g**2
        theta = theta - rate * g / (np.sqrt(s) + part.epsilon)
    return theta


def adam(part, theta, gradients, rates):
    """Algorithm 1 of Kingma and Ba (2015), line by line, with the decay of AdamW."""
    b1, b2 = part.betas
    decay = part.weight_decay if isinstance(part, AdamW) else 0.0
    m = v = np.zeros_like(theta)
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat = m / (1 - b1**t)
        v_hat = v / (1 - b2**t)
        theta = theta - rate * decay * theta
        theta = theta - rate * m_hat / (np.sqrt(v_hat) + part.epsilon)
    return theta


def nadam(part, theta, gradients, rates):
    """Dozat (2016), with the same share b1 at every step."""
    b1, b2 = part.betas
    m = v = np.zeros_like(theta)
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_bar = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        theta = theta - rate * m_bar / (np.sqrt(v / (1 - b2**t)) + part.epsilon)
    return theta


BETAS = [(0.9, 0.999), (0.0, 0.0), (0.0, 0.9), (0.99, 0.5)]
ADAMS = [{"betas": betas, "epsilon": epsilon} for betas in BETAS for epsilon in (1e-8, 1e-2)]

OPTIMIZERS = {  # the textbook's theta after (part, theta, gradients, rates), and examples
    "sgd": (
        sgd,
        [
            Sgd(),
            Sgd(momentum=0.9),
            Sgd(weight_decay=0.1),
            Sgd(momentum=0.9, weight_decay=0.1),
            Sgd(momentum=0.5, nesterov=True, initial_velocity=0.1),
        ],
    ),
    "gd": (sgd, [GradientDescent(), GradientDescent(momentum=0.9)]),
    "adagrad": (adagrad, [Adagrad(), Adagrad(initial_accumulator_value=0.1, epsilon=0.01)]),
    "rmsprop": (rmsprop, [RmsProp(), RmsProp(rho=0.5, epsilon=0.01)]),
    "adam": (adam, [Adam(**keys) for keys in ADAMS]),
    "nadam": (nadam, [Nadam(**keys) for keys in ADAMS]),
    "adamw": (adam, [AdamW(**keys, weight_decay=0.1) for keys in ADAMS]),
}
