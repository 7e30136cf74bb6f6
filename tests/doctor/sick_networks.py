"""Networks made ill on purpose, one illness each, and healthy ones of the same kinds.

`right`: the checks that may find it first; more than one where one illness is another's cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from doctor_runs import DIABETES, IRIS, MOONS, XOR, layers

WINE = "data: {dataset: wine}\ntraining: {epochs: 40}\n"
CANCER = "data: {dataset: breast_cancer}\ntraining: {epochs: 30}\n"
CIRCLES = "data: {dataset: {type: circles, samples: 200}}\ntraining: {epochs: 60}\n"
BLOBS = "data: {dataset: {type: blobs, samples: 150}}\ntraining: {epochs: 40}\n"
SPIRAL = "data: {dataset: {type: spiral}}\ntraining: {epochs: 60}\n"
LINE = "data: {dataset: {type: linear_regression, samples: 300}}\ntraining: {epochs: 40}\n"
NOISE = (
    "data: {dataset: {type: inline, "
    f"x: {[[(7 * i) % 11, (5 * i) % 13] for i in range(80)]}, "
    f"y: {[(i * i // 7 + i // 3) % 2 for i in range(80)]}}}, task: binary, split: random, "
    "preprocessing: {numeric: {scale: standard}}}\ntraining: {epochs: 60}\n"
)
RAW = "data.preprocessing=none"


@dataclass(frozen=True)
class Sick:
    """A config with `--set`, and the checks of which one should speak first."""

    name: str
    config: str
    right: Sequence[str]
    assignments: Sequence[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


def sgd(rate: float, more: str = "") -> str:
    return f"optimizer={{type: sgd, learning_rate: {rate:g}{more}}}"


def adam(rate: float) -> str:
    return f"optimizer={{type: adam, learning_rate: {rate:g}}}"


def normal(std: float) -> dict[str, object]:
    return {"type": "normal", "std": std}


def constant(value: float) -> dict[str, object]:
    return {"type": "constant", "value": value}


def penalized(l2: float) -> str:
    return layers(1, units=16, kernel_regularizer={"type": "l2", "l2": l2})


VANISHING = [
    Sick(
        f"{depth} layers of {units} {activation} on {name}",
        config,
        ["gradients"],
        [layers(depth, units=units, activation=activation), sgd(rate)],
    )
    for name, config, depth, units, activation, rate in (
        ("iris", IRIS, 4, 10, "sigmoid", 0.1),
        ("iris", IRIS, 6, 10, "sigmoid", 0.1),
        ("wine", WINE, 5, 8, "sigmoid", 0.1),
        ("moons", MOONS, 7, 16, "sigmoid", 0.1),
        ("circles", CIRCLES, 5, 12, "sigmoid", 0.3),
        ("blobs", BLOBS, 9, 10, "sigmoid", 0.1),
        ("diabetes", DIABETES, 6, 10, "sigmoid", 0.05),
        ("cancer", CANCER, 8, 16, "sigmoid", 0.1),
        ("cancer", CANCER, 4, 12, "sigmoid", 0.05),
        ("diabetes", DIABETES, 4, 12, "sigmoid", 0.3),
    )
] + [
    Sick(
        "tanh started at 0.1",
        MOONS,
        ["gradients", "guessing"],
        [layers(6, units=8, activation="tanh", kernel_initializer=normal(0.1)), sgd(0.1)],
    ),
    Sick(
        "relu started at 0.05",
        IRIS,
        ["gradients", "overfit a few rows"],
        [layers(6, units=16, kernel_initializer=normal(0.05)), sgd(0.1)],
    ),
]
EXPLODING = [
    Sick(
        "tanh started at 5",
        IRIS,
        ["saturated units", "loss at the start"],
        [layers(4, units=32, activation="tanh", kernel_initializer=normal(5.0))],
    ),
    Sick(
        "relu started at 1, 6 deep",
        IRIS,
        ["loss at the start", "divergence"],
        [layers(6, units=32, kernel_initializer=normal(1.0)), sgd(0.01)],
    ),
    Sick(
        "relu started at 1, regression",
        DIABETES,
        ["loss at the start", "divergence"],
        [layers(5, units=32, kernel_initializer=normal(1.0)), sgd(0.01)],
    ),
    Sick("rate 50 on wine", WINE, ["divergence", "bouncing", "dead units"], [sgd(50)]),
    Sick("rate 3 on diabetes", DIABETES, ["divergence"], [sgd(3)]),
    Sick("momentum 0.99 at rate 1", DIABETES, ["divergence"], [sgd(1, ", momentum: 0.99")]),
]
UNITS = [
    Sick(
        "biased 50 below zero",
        IRIS,
        ["dead units"],
        [layers(1, units=16, bias_initializer=constant(-50))],
    ),
    Sick(
        "second layer born dead",
        CIRCLES,
        ["dead units"],
        [
            "network.hidden=[16, {type: dense, units: 8, bias_initializer: "
            "{type: constant, value: -20}}]"
        ],
    ),
    Sick(
        "killed by adam at 5",
        IRIS,
        ["dead units", "bouncing"],
        ["network.hidden=[16, 16]", adam(5)],
    ),
    Sick(
        "sigmoid started at 20",
        IRIS,
        ["saturated units"],
        [layers(1, units=16, activation="sigmoid", kernel_initializer=normal(20.0))],
    ),
    Sick(
        "tanh of inputs of thousands",
        "data: {dataset: wine, preprocessing: none}\ntraining: {epochs: 30}\n",
        ["inputs"],
        [layers(1, units=16, activation="tanh")],
    ),
    Sick(
        "biased into saturation",
        MOONS,
        ["saturated units"],
        [layers(1, units=16, activation="tanh", bias_initializer=constant(9))],
    ),
    Sick(
        "zeros",
        IRIS,
        ["twin units"],
        [layers(2, units=8, activation="tanh", kernel_initializer="zeros")],
    ),
    Sick(
        "ones",
        IRIS,
        ["twin units"],
        [layers(1, units=8, kernel_initializer="ones"), "network.output.kernel_initializer=ones"],
    ),
    Sick(
        "all 0.3",
        CIRCLES,
        ["twin units"],
        [
            layers(1, units=12, activation="tanh", kernel_initializer=constant(0.3)),
            "network.output.kernel_initializer={type: constant, value: 0.3}",
        ],
    ),
]
SCALES = [
    Sick("raw wine", WINE, ["inputs"], [RAW]),
    Sick("raw cancer", CANCER, ["inputs", "loss at the start"], [RAW]),
    Sick("raw diabetes targets", DIABETES, ["targets"], ["data.preprocessing.target.scale=none"]),
    Sick(
        "a column of millions",
        "data: {dataset: {type: inline, x: "
        f"{[[1_000_000 + 1000 * i, i % 7] for i in range(60)]}, "
        f"y: {[i + i % 7 for i in range(60)]}}}}}\ntraining: {{epochs: 30}}\n",
        ["inputs", "divergence"],
    ),
    Sick(
        "a column of millionths",
        "data: {dataset: {type: inline, x: "
        f"{[[i * 1e-6] for i in range(1, 61)]}, y: {[i / 60 for i in range(60)]}}}}}\n"
        "training: {epochs: 30}\n",
        ["inputs"],
    ),
]
PAIRS = [
    Sick(
        "mse of sigmoids that start pinned",
        MOONS,
        ["loss at the start", "saturated units"],
        [
            "loss=mse",
            "network.output={activation: sigmoid, bias_initializer: {type: constant, value: 12}}",
            sgd(0.1),
        ],
    ),
    Sick(
        "a relu output for numbers of both signs",
        DIABETES,
        ["dead units"],
        ["network.output={activation: relu, bias_initializer: {type: constant, value: -5}}"],
    ),
    Sick(
        "tanh for targets of hundreds",
        DIABETES,
        ["output range", "targets", "guessing"],
        ["network.output={activation: tanh}", "loss=mse"],
    ),
    Sick(
        "sigmoid for targets of hundreds",
        DIABETES,
        ["output range", "targets", "guessing"],
        ["network.output={activation: sigmoid}", "loss=mse"],
    ),
]
RATES = [
    Sick("rate 1e-6 on iris", IRIS, ["steps"], [sgd(1e-6)]),
    Sick("adam at 1e-8", CIRCLES, ["steps"], [adam(1e-8)]),
    Sick("rate 1e-4 on diabetes", DIABETES, ["steps", "overfit a few rows", "length"], [sgd(1e-4)]),
    Sick("clipped to 1e-8", IRIS, ["steps"], [sgd(0.1), "training.clip_grad_norm=1.0e-8"]),
    Sick(
        "a schedule that ends at once",
        IRIS,
        ["steps", "guessing", "length", "overfit a few rows"],
        [sgd(0.1), "schedule={type: exponential, rate: 20}"],
    ),
    Sick("rate 20 on iris", IRIS, ["bouncing", "divergence", "dead units", "steps"], [sgd(20)]),
    Sick(
        "adam at 10, no hidden layer",
        CANCER,
        ["steps", "bouncing"],
        ["network.hidden=[]", adam(10)],
    ),
]
HELD_BACK = [
    Sick("l2 of 30", IRIS, ["regularization"], [penalized(30.0)]),
    Sick("l2 of 3 on moons", MOONS, ["regularization"], [penalized(3.0)]),
    Sick(
        "l1 of 1",
        WINE,
        ["regularization"],
        [layers(1, units=16, kernel_regularizer={"type": "l1", "l1": 1.0})],
    ),
    Sick(
        "dropout of 0.98",
        CIRCLES,
        ["regularization"],
        ["network.hidden=[16, {type: dropout, rate: 0.98}]"],
    ),
]
CAPACITY = [
    Sick(
        "no hidden layer for circles",
        CIRCLES,
        ["guessing", "overfit a few rows"],
        ["network.hidden=[]"],
    ),
    Sick(
        "one unit for the spiral",
        SPIRAL,
        ["overfit a few rows", "guessing"],
        [layers(1, units=1, activation="tanh")],
    ),
    Sick("one unit for xor", XOR, ["overfit a few rows"], [layers(1, units=1, activation="tanh")]),
    Sick(
        "a neck of one unit",
        "data: {dataset: digits}\ntraining: {epochs: 5}\n",
        ["overfit a few rows", "guessing", "length"],
        ["network.hidden=[32, 1, 32]"],
    ),
]
DATA = [
    Sick("labels that are noise", NOISE, ["guessing", "overfitting"], ["network.hidden=[]"]),
    Sick(
        "noise learned by heart",
        NOISE,
        ["overfitting", "guessing"],
        ["network.hidden=[64]", "training.epochs=400"],
    ),
    Sick(
        "64 units for 300 rows",
        DIABETES,
        ["overfitting"],
        ["network.hidden=[128, 64]", "training.epochs=120"],
    ),
    Sick("stopped after 5 epochs", IRIS, ["length"], ["training.epochs=5"]),
    Sick("one epoch", WINE, ["guessing", "length"], ["training.epochs=1", sgd(0.01)]),
]
SICK = [*VANISHING, *EXPLODING, *UNITS, *SCALES, *PAIRS, *RATES, *HELD_BACK, *CAPACITY, *DATA]
HEALTHY = {
    "iris": (IRIS, []),
    "wine": (WINE, []),
    "cancer": (CANCER, ["training.epochs=8"]),
    "circles": (CIRCLES, [adam(0.01), "training.epochs=300"]),
    "blobs": (BLOBS, []),
    "a line": (LINE, ["network.hidden=[]"]),
    "xor": (XOR, []),
    "one sigmoid layer": (IRIS, [layers(1, units=10, activation="sigmoid"), sgd(1)]),
    "two sigmoid layers": (
        IRIS,
        [layers(2, units=10, activation="sigmoid"), adam(0.02), "training.epochs=100"],
    ),
    "four tanh layers": (IRIS, [layers(4, units=10, activation="tanh"), sgd(0.1)]),
    "six relu layers": (MOONS, [layers(6, units=16), adam(0.003)]),
    "four sigmoid layers that adam moves": (
        IRIS,
        [layers(4, units=10, activation="sigmoid"), adam(0.03), "training.epochs=150"],
    ),
    "elu": (WINE, [layers(2, units=16, activation="elu")]),
    "rmsprop": (IRIS, ["optimizer={type: rmsprop, learning_rate: 0.01}"]),
    "light l2": (IRIS, [penalized(1e-3)]),
    "light dropout": (WINE, ["network.hidden=[32, {type: dropout, rate: 0.2}]"]),
    "batch_norm on raw wine": (WINE, [RAW, "network.hidden=[batch_norm, 16]"]),
    "a table of numbers": (DIABETES, ["network.hidden=[8]"]),
    "mse of a sigmoid": (
        MOONS,
        ["loss=mse", "network.output={activation: sigmoid}", adam(0.01), "training.epochs=200"],
    ),
    "float32": (WINE, ["training.dtype=float32"]),
}
