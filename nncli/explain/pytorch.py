"""PyTorch: code that trains the same network with the same steps."""

from collections.abc import Iterator, Sequence
from textwrap import indent

from nncli.assembly.build import Built
from nncli.engine.network import Node
from nncli.equivalent import Equivalent, imports_of, unsupported
from nncli.explain.pytorch_training import loop, optimizer, schedule
from nncli.frozen import frozen
from nncli.parts.activations import Identity
from nncli.parts.initializers import Initializer, ScaledNormal, VarianceScaling
from nncli.parts.layers import ActivationLayer, Affine, BatchNorm, PRelu
from nncli.parts.layers.residual import RESIDUAL_MODULE
from nncli.parts.losses import CrossEntropy

TENSORS = {
    "W": "weight",
    "b": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
OTHER_AXIS = (
    "BatchNorm1d and PReLU take axis 1 for the features, which are the last axis here: permute it"
)
TRANSPOSED = {  # by the number of axes: W as (units, inputs), or (filters, channels, height, width)
    2: ".T",
    4: ".permute(3, 2, 0, 1)",
}


def equivalent(built: Built) -> Equivalent:
    """The complete code, with notes on what differs."""
    return model(built) + training(built)


def model(built: Built) -> Equivalent:
    """The layers and their initializers."""
    nodes = built.network.nodes
    lines = "\n".join(entry.code for entry in _entries(built))
    code = "import torch\nfrom torch import nn\n\n"
    code += f"torch.set_default_dtype(torch.{built.job.training.dtype})\n"
    if any(node.block for node in nodes):
        code += f"\n\n{RESIDUAL_MODULE}\n\n\n"
    code += f"model = nn.Sequential(\n{indent(lines, '    ')}\n)"
    found = Equivalent(code)
    for node in nodes:
        found += Equivalent("", *_modules(built, node).notes)
    for node, module in modules(built):
        found += _starts(node, module)
    for line in imports_of(found.code):
        found = Equivalent(line) + found
    return found + Equivalent(
        "",
        "Linear keeps W transposed, (units, inputs), and would start within +-1/sqrt(inputs)",
    )


def _modules(built: Built, node: Node) -> Equivalent:
    """The lines of one layer."""
    layer, axes = node.layer, len(node.input_shape)
    if isinstance(layer, ActivationLayer):
        found = _line(layer.function.equivalent("pytorch"), node)
        code = found.code if axes in (1, 3) else found.code.replace("dim=1", "dim=-1")
        return Equivalent(code, *found.notes)
    columns = node.input_shape[-1]  # channels, for images
    if not isinstance(layer, Affine):
        found = _line(layer.equivalent("pytorch", inputs=columns), node)
        by_channel = found.code.replace("BatchNorm1d", "BatchNorm2d") if axes == 3 else found.code
        is_other = axes not in (1, 3) and isinstance(layer, BatchNorm | PRelu)
        return Equivalent(by_channel, *found.notes, *[OTHER_AXIS] * is_other)
    bias = "" if layer.bias else ", bias=False"
    linear = _line(layer.equivalent("pytorch", inputs=columns, more_keys=bias), node)
    if layer is built.network.output and built.network.is_matched:
        comment = f"  # scores z: {layer.activation.name} is in the loss"
        return Equivalent(f"{linear.code}{comment}", *linear.notes)
    if isinstance(layer.activation, Identity):
        return linear
    return linear + _line(layer.activation.equivalent("pytorch"), node)


def _line(found: Equivalent, node: Node) -> Equivalent:
    """A module as a line; nn.Identity where PyTorch has no equivalent."""
    code = f"{found.code}," if found.code else f"nn.Identity(),  # no equivalent: {node.layer.name}"
    return Equivalent(code, *found.notes)


@frozen
class _Entry:
    """A module of a Sequential.

    layers: the layers in it, each with its path: "" for the module itself, or `.layers[0]`.
    """

    code: str
    layers: tuple[tuple[Node, str], ...] = ()


def _entries(built: Built) -> list[_Entry]:
    """The modules of the network; a residual block is one."""
    found: list[list[_Entry]] = []  # by node
    for node in built.network.nodes:
        if node.block:
            inside = [entry for own in found[-node.block :] for entry in own]
            found[-node.block :] = [[] for _ in range(node.block)]
            found.append([_residual(inside)])
        else:
            first, *rest = _modules(built, node).code.splitlines()
            found.append([_Entry(first, ((node, ""),)), *map(_Entry, rest)])
    return [entry for own in found for entry in own]


def _residual(inside: Sequence[_Entry]) -> _Entry:
    lines = indent("\n".join(entry.code for entry in inside), "    ")
    layers = (
        (node, f".layers[{place}]{within}")
        for place, entry in enumerate(inside)
        for node, within in entry.layers
    )
    return _Entry(f"Residual(\n{lines}\n),", (*layers,))


def modules(built: Built) -> Iterator[tuple[Node, str]]:
    """Yields each layer with the expression for its module."""
    for place, entry in enumerate(_entries(built)):
        for node, within in entry.layers:
            yield node, f"model[{place}]{within}"


def _starts(node: Node, module: str) -> Equivalent:
    """The lines that initialize a layer's parameters, and freeze them."""
    layer, found = node.layer, Equivalent()
    before = node.input_shape
    shapes = {**layer.param_shapes(before), **layer.state_shapes(before)}
    starts = layer.initializers()
    for name, shape in shapes.items():
        default = getattr(BatchNorm, f"{name}_initializer", None)  # as in BatchNorm1d
        if name not in TENSORS or not layer.equivalent("pytorch", inputs=0, more_keys="").code:
            found += unsupported(f"the start of {node.name}/{name}")
        elif not isinstance(layer, BatchNorm) or starts[name] != default:
            tensor = f"{module}.{TENSORS[name]}"
            found += _start(starts[name], tensor, f"{node.name}/{name}", shape)
    if not layer.is_trainable:
        still = ".eval()" if isinstance(layer, BatchNorm) else ""  # keeps its running statistics
        return found + Equivalent(f"{module}{still}.requires_grad_(False)")
    for name in layer.param_shapes(before):
        if not layer.trains(name):
            found += Equivalent(f"{module}.{TENSORS[name]}.requires_grad_(False)")
    return found


def _start(initializer: Initializer, tensor: str, name: str, shape: tuple[int, ...]) -> Equivalent:
    if isinstance(initializer, VarianceScaling) and len(shape) == 1:  # xavier_ and kaiming_ need 2
        std = initializer.standard_deviation(shape)
        if isinstance(initializer, ScaledNormal):
            return Equivalent(f"nn.init.normal_({tensor}, std={std:.12g})")
        limit = 3.0**0.5 * std
        return Equivalent(f"nn.init.uniform_({tensor}, {-limit:.12g}, {limit:.12g})")
    own = {"tensor": tensor, "tensor_name": name, "tensor_shape": shape}
    return initializer.equivalent("pytorch", transposed=TRANSPOSED.get(len(shape), ""), **own)


def training(built: Built) -> Equivalent:
    """Objective, optimizer, schedule and the training loop."""
    return objective(built) + optimizer(built) + schedule(built) + loop(built)


def objective(built: Built) -> Equivalent:
    """The loss with its reduction, row weights and penalties."""
    chosen, rows, units = built.network.loss, len(built.job.train), built.network.outputs
    is_weighted = built.job.train.weights is not None
    how = "none" if is_weighted else "sum" if chosen.is_sum else ""
    loss = chosen.equivalent("pytorch", reduction=f'reduction="{how}"' if how else "")
    if not loss.code:
        return loss
    value = "loss(model(x), t)"
    is_per_row = isinstance(chosen, CrossEntropy)
    if is_weighted:
        column = "w" if is_per_row else "w[:, None]"
        value = f"({column} * {value}).{'sum' if chosen.is_sum else 'mean'}()"
    terms = rows if is_per_row else rows * units
    times = 1.0 if chosen.is_sum else chosen.factor(rows, units) * terms
    if abs(times - 1.0) > 1e-12:
        value = f"{times:g} * {value}"
    body = Equivalent(f"value = {value}", *loss.notes)
    for node, module in modules(built):
        body += _penalty(node, f"{module}.weight")
    lines = [
        f"\n{_data(built)}",
        f"loss = {loss.code.replace(', )', ')')}\n",  # where the reduction is the default
        f"def objective({'x, t, w' if is_weighted else 'x, t'}):",
        indent(f"{body.code}\nreturn value\n", "    "),
    ]
    return Equivalent("\n".join(lines), *body.notes)


def _penalty(node: Node, tensor: str) -> Equivalent:
    penalty = getattr(node.layer, "kernel_regularizer", None)
    if penalty is None:
        return Equivalent()
    found: Equivalent = penalty.equivalent("pytorch", W=tensor)
    return Equivalent(f"value = value + {found.code}" if found.code else "", *found.notes)


def _data(built: Built) -> str:
    """A comment on what x and t are."""
    network, job = built.network, built.job
    weights = f"; w: ({len(job.train)},) weights of rows" if job.train.weights is not None else ""
    return (
        f"# x: ({len(job.train)}, {network.inputs}) inputs; t: ({len(job.train)}, "
        f"{network.outputs}) targets{weights}; as tensors"
    )
