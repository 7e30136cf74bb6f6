"""Do PyTorch and Keras take the same steps as nncli, with the code that `explain` prints?

    pip install torch keras            # any Keras backend; JAX_ENABLE_X64=1 for JAX
    python benchmarks/check_equivalents.py [pytorch|keras]

Runs the printed code on the same rows, in the same order, from the same weights, and compares the
weights it ends with: the greatest difference, and what is known to differ.
"""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from nncli.artifacts.loaded_network import load_network
from nncli.assembly.build import Built
from nncli.engine import threads
from nncli.engine.trainer import train
from nncli.explain import keras as keras_code
from nncli.explain import keras_training
from nncli.explain import pytorch as pytorch_code
from nncli.parts.layers import BatchNorm, Dense

Library = Callable[[Built], dict[str, Any]]  # the weights that it ends with

ROOT = Path(__file__).parents[1]
SAME, NEAR = 1e-9, 1e-4  # NEAR: an epsilon elsewhere, a norm plus 1e-6, JAX's tanh

IRIS = ROOT / "configs/iris.yaml"
NUMBERS = ROOT / "configs/toy_regression.yaml"
PUSHED = ROOT / "configs/linear_regression_momentum.yaml"
WIDE = "data={dataset: {type: inline, x: [[1, 0], [0, 2], [1, 3], [2, 2], [3, 1]], y: %s}}"
TWO = WIDE % "[[1, 0.5], [0, 2], [4, 3], [2, 2.5], [1, 1]]"

YES = WIDE % "[[1, 0], [0, 0], [0, 1], [1, 1], [0, 1]]"
LOSSES = ("mse", "half_mse", "rss", "mae", "huber", "{type: huber, delta: 0.3}")


def _with(key: str, *values: str) -> list[tuple[Path, str]]:
    return [(IRIS, f"{key}={value}") for value in values]


CASES: list[tuple[Path, *tuple[str, ...]]] = [
    *_with("optimizer", "sgd", "{type: sgd, momentum: 0.9, nesterov: true}", "adagrad"),
    *_with("optimizer", "{type: adagrad, initial_accumulator_value: 0.1}", "rmsprop", "adam"),
    *_with("optimizer", "adamw", "{type: adamw, weight_decay: 0.3}"),
    *_with("network.hidden.0.activation", "relu", "tanh", "silu", "gelu", "softplus", "identity"),
    *_with("network.hidden.0.activation", "elu", "{type: elu, alpha: 0.5}", "leaky_relu"),
    *_with("network.hidden.0.activation", "softmax"),
    *_with("network.hidden.0.kernel_regularizer", "l2", "l1", "l1_l2"),
    *_with("schedule", "{type: exponential, rate: 0.1}", "{type: step, step_size: 3}", "cosine"),
    *_with(
        "schedule", "{type: inverse_time, rate: 0.5}", "one_cycle", "{type: cosine, floor: 0.1}"
    ),
    *_with("schedule", "{type: constant, warmup: 4}", "{type: exponential, interval: step}"),
    *_with("schedule", "{type: cosine, interval: step}", "{type: cosine, warmup: 3}"),
    *_with(
        "schedule", "{type: step, step_size: 2, warmup: 2}", "{type: one_cycle, interval: epoch}"
    ),
    *_with("schedule", "{type: inverse_time, interval: step}", "{type: step, interval: step}"),
    *_with("schedule", "{type: reduce_on_plateau, patience: 1, min_delta: 0.05, gamma: 0.5}"),
    *_with("training.clip_grad_norm", "0.2"),
    *_with("training.class_weight", "{setosa: 3}"),
    *_with("network.hidden", "[8, batch_norm, 5]", "[8, {type: batch_norm, trainable: false}]"),
    *_with("network.hidden", "[{type: dense, units: 8, bias: false}, {type: activation}]"),
    *_with("network.hidden", "[{type: dense, units: 8, trainable: false}]", "[]"),
    *_with("loss", "mse", "half_mse", "mae", "rss"),
    *((NUMBERS, TWO, "network.output.units=2", f"loss={loss}") for loss in LOSSES),
    (NUMBERS, "loss=poisson", "network.output.activation=softplus"),
    (IRIS, "data={dataset: xor_gate}", "network.output={}", "loss=auto"),
    (NUMBERS, YES, "network.output={units: 2, activation: sigmoid}", "loss=bce"),
    (PUSHED,),
    (PUSHED, "schedule=exponential"),
    (PUSHED, "training.sampling=with_replacement"),
    (IRIS, "training.steps_per_epoch=50"),
    (IRIS, "training.steps_per_epoch=4"),
]


class InOrder:
    """A random stream that deals rows in their own order."""

    bit_generator = SimpleNamespace(state={})

    def permutation(self, rows: int) -> Any:
        return np.arange(rows)

    def choice(self, rows: int, size: int, replace: bool) -> Any:
        return np.arange(size)

    def integers(self, rows: int, size: int) -> Any:
        return np.arange(size)


def own_weights(built: Built) -> dict[str, Any]:
    """The weights nncli ends with."""
    state = built.job.start()
    state.shuffle = InOrder()  # type: ignore[assignment]
    with threads.limited(built.job.training):
        for _ in train(built.job, state):
            pass
    return built.network.layout.views(state.theta)


def arrays(built: Built) -> dict[str, Any]:
    """What the code calls x, t, w, x_val and t_val."""
    found = {"x": built.job.train.x, "t": built.job.train.targets, "w": built.job.train.weights}
    if built.job.val is not None:
        found |= {"x_val": built.job.val.x, "t_val": built.job.val.targets}
    return {name: value for name, value in found.items() if value is not None}


def pytorch(built: Built) -> dict[str, Any]:
    """The weights PyTorch ends with."""
    import torch

    torch.randperm = torch.arange
    torch.randint = lambda rows, shape: torch.arange(shape[1]).repeat(shape[0], 1)
    names = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}
    names |= {"moving_mean": "running_mean"}  # the variance is known to differ
    space: dict[str, Any] = {name: torch.tensor(value) for name, value in arrays(built).items()}
    exec(pytorch_code.model(built).code, space)
    views = built.network.layout.views(built.job.start().theta)
    tensors = {}
    for node, place in pytorch_code.modules(built):
        for name, own in names.items():
            if f"{node.name}/{name}" in views:
                tensors[f"{node.name}/{name}"] = getattr(space["model"][place], own)
    for name, tensor in tensors.items():
        tensor.data = torch.tensor(views[name].T.copy())
    exec(pytorch_code.training(built).code, space)
    return {name: tensor.detach().numpy().T for name, tensor in tensors.items()}


def keras(built: Built) -> dict[str, Any]:
    """The weights Keras ends with."""
    space: dict[str, Any] = arrays(built)
    exec(keras_code.model(built).code, space)
    views = built.network.layout.views(built.job.start().theta)
    nodes = [node for node in built.network.nodes if isinstance(node.layer, Dense | BatchNorm)]
    owners = [layer for layer in space["model"].layers if layer.weights]
    names = [
        [
            f"{node.name}/{name}"
            for name in (*node.layer.param_shapes((1,)), *node.layer.state_shapes((1,)))
        ]
        for node in nodes
    ]
    for layer, own in zip(owners, names, strict=True):
        layer.set_weights([views[name] for name in own])
    code = keras_training.training(built).code.replace("shuffle=True", "shuffle=False")
    exec(code.replace("shuffle=False", "shuffle=False, verbose=0"), space)
    return {
        name: value
        for layer, own in zip(owners, names, strict=True)
        for name, value in zip(own, layer.get_weights(), strict=True)
    }


def difference(path: Path, assignments: Sequence[str], library: Library) -> tuple[float, list[str]]:
    """The greatest difference of a weight, relative to 1 or its size; the notes that excuse it."""
    epochs = "training.epochs=5"
    off = ("training.converged=null", "training.early_stopping=null")
    built = load_network(path, [*assignments, epochs, *off]).built
    code = {"pytorch": pytorch_code, "keras": keras_code}[library.__name__]
    notes = [note for note in code.equivalent(built).notes if note.startswith("no equivalent")]
    own = own_weights(built)
    theirs = library(built)
    worst = max(
        float((np.abs(theirs[name] - own[name]) / (1 + np.abs(own[name]))).max()) for name in theirs
    )
    return worst, notes


def main() -> None:
    chosen = sys.argv[1:] or ["pytorch", "keras"]
    for name in chosen:
        module = {"pytorch": "torch"}.get(name, name)
        if find_spec(module) is None:
            print(f"{name}: not installed (pip install {module})")
            continue
        os.environ.setdefault("JAX_ENABLE_X64", "1")
        import_module(module)
        for path, *assignments in CASES:
            worst, notes = difference(path, assignments, globals()[name])
            verdict = "same" if worst < SAME else "near" if worst < NEAR else "OTHER"
            print(f"{name:8} {verdict:5} {worst:8.1e}  {path.stem} {' '.join(assignments)}")
            for note in notes:
                print(f"{'':25}{note}")


if __name__ == "__main__":
    main()
