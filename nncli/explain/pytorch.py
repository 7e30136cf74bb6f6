"""PyTorch: the code that trains the same network by the same steps."""

from collections.abc import Iterator
from functools import partial

from nncli.build.build import Built
from nncli.engine.network import Node
from nncli.explain.equivalent import Equivalent, answer, indented, says
from nncli.explain.pytorch_parts import ANSWERS
from nncli.explain.pytorch_training import loop, optimizer, schedule
from nncli.parts.activations import Identity
from nncli.parts.initializers import FromFile, Initializer, ScaledNormal, VarianceScaling
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense

said = partial(answer, ANSWERS)
IMPORTS = {
    "np.load(": "import numpy as np",
    "load_file(": "from safetensors.numpy import load_file",
}


def equivalent(built: Built) -> Equivalent:
    """Everything to paste, with what differs."""
    return model(built) + training(built)


def model(built: Built) -> Equivalent:
    """The layers and how their weights start."""
    code = "import torch\nfrom torch import nn"
    dtype = built.experiment.training.dtype
    modules = Equivalent()
    for node in built.network.nodes:
        modules += _modules(built, node)
    code += f"\n\ntorch.set_default_dtype(torch.{dtype})\nmodel = nn.Sequential(\n"
    found = Equivalent(f"{code}{indented(modules.code)}\n)", modules.notes)
    for node, place in places(built):
        found += _starts(node, f"model[{place}]")
    for called, line in IMPORTS.items():
        if called in found.code:
            found = says(line) + found
    return found + says(
        "",
        "Linear keeps W transposed, (units, inputs), and would start within +-1/sqrt(inputs)",
    )


def _modules(built: Built, node: Node) -> Equivalent:
    """The lines of one layer."""
    layer = node.layer
    if isinstance(layer, ActivationLayer):
        return _line(said(layer.function), node)
    if isinstance(layer, Dense):
        bias = "" if layer.bias else ", bias=False"
        if layer is built.network.output and built.network.is_matched:
            scores = f"  # scores z: {layer.activation.name} is in the loss"
            return says(f"nn.Linear({node.inputs}, {node.outputs}{bias}),{scores}")
        linear = says(f"nn.Linear({node.inputs}, {node.outputs}{bias}),")
        if isinstance(layer.activation, Identity):
            return linear
        return linear + _line(said(layer.activation), node)
    rest = 1.0 - layer.momentum if isinstance(layer, BatchNorm) else None
    return _line(said(layer, inputs=node.inputs, rest=rest), node)


def _line(found: Equivalent, node: Node) -> Equivalent:
    """A module as a line; one that does nothing stands for what PyTorch lacks."""
    code = f"{found.code}," if found.code else f"nn.Identity(),  # no equivalent: {node.layer.name}"
    return Equivalent(code, found.notes)


def places(built: Built) -> Iterator[tuple[Node, int]]:
    """Each layer with the index of its module in the Sequential."""
    place = 0
    for node in built.network.nodes:
        yield node, place
        place += len(_modules(built, node).code.splitlines())


def _starts(node: Node, module: str) -> Equivalent:
    """How a layer's parameters start, and whether they are frozen."""
    layer = node.layer
    names = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}
    names |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
    found = Equivalent()
    starts = layer.initializers()
    for name in (*layer.param_shapes(node.input_shape), *layer.state_shapes(node.input_shape)):
        if isinstance(layer, BatchNorm) and starts[name] == getattr(
            BatchNorm, f"{name}_initializer"
        ):
            continue
        shape = {**layer.param_shapes(node.input_shape), **layer.state_shapes(node.input_shape)}[
            name
        ]
        found += _start(starts[name], f"{module}.{names[name]}", f"{node.name}/{name}", shape)
    if not layer.is_trainable:
        still = ".eval()" if isinstance(layer, BatchNorm) else ""  # keeps its running statistics
        found += says(f"{module}{still}.requires_grad_(False)")
    return found


def _start(initializer: Initializer, tensor: str, name: str, shape: tuple[int, ...]) -> Equivalent:
    if isinstance(initializer, VarianceScaling) and len(shape) == 1:
        std = initializer.standard_deviation(shape)
        if isinstance(initializer, ScaledNormal):
            return says(f"nn.init.normal_({tensor}, std={std:.12g})")
        limit = 3.0**0.5 * std
        return says(f"nn.init.uniform_({tensor}, {-limit:.12g}, {limit:.12g})")
    load = ""
    if isinstance(initializer, FromFile):
        how = "np.load" if initializer.path.suffix == ".npz" else "load_file"
        load = f'{how}("{initializer.path.name}")'
    return said(initializer, tensor=tensor, name=name, load=load)


def training(built: Built) -> Equivalent:
    """Objective, optimizer, schedule and the loop."""
    return objective(built) + optimizer(built) + schedule(built) + loop(built)


def objective(built: Built) -> Equivalent:
    """The loss with its reduction, row weights and penalties."""
    network, job = built.network, built.job
    rows, units = len(job.train), network.outputs
    is_weighted = job.train.weights is not None
    is_sum = network.loss.factor(1, 1) == network.loss.factor(2, 1)
    how = "none" if is_weighted else "sum" if is_sum else ""
    reduction = f'reduction="{how}"' if how else ""
    loss = said(network.loss, reduction=reduction, more=reduction and f", {reduction}")
    if not loss.code:
        return loss
    value = "loss(model(x), t)"
    per_row = "CrossEntropyLoss" in loss.code
    if is_weighted:
        column = "w" if per_row else "w[:, None]"
        value = f"({column} * {value}).{'sum' if is_sum else 'mean'}()"
    times = 1.0 if is_sum else network.loss.factor(rows, units) * rows * (1 if per_row else units)
    if abs(times - 1.0) > 1e-12:
        value = f"{times:g} * {value}"
    arguments = "x, t, w" if is_weighted else "x, t"
    body = Equivalent(f"value = {value}", loss.notes)
    for node, place in places(built):
        body += _penalty(node, f"model[{place}].weight")
    code = f"loss = {loss.code}\n\ndef objective({arguments}):\n{indented(body.code)}"
    return Equivalent(f"\n{_data(built)}\n{code}\n    return value\n", body.notes)


def _penalty(node: Node, tensor: str) -> Equivalent:
    penalty = getattr(node.layer, "kernel_regularizer", None)
    if penalty is None:
        return Equivalent()
    decay = 2.0 * getattr(penalty, "l2", 0.0)
    found = said(penalty, W=tensor, decay=f"{decay:g}")
    if not found.code:
        return found
    return Equivalent(f"value = value + {found.code}", found.notes)


def _data(built: Built) -> str:
    """What x and t are."""
    network, job = built.network, built.job
    weights = f"; w: ({len(job.train)},) weights of rows" if job.train.weights is not None else ""
    return (
        f"# x: ({len(job.train)}, {network.inputs}) inputs; t: ({len(job.train)}, "
        f"{network.outputs}) targets{weights}; as tensors"
    )
