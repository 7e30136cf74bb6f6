"""Layers: a network as modules of PyTorch, and the tensors of the run that are their weights."""

import textwrap
from collections.abc import Iterator, Sequence

from nncli.engine.network import Network, Node
from nncli.errors import UserError
from nncli.export.pytorch.convolution import image_layer_codes
from nncli.frozen import frozen
from nncli.parts.activations import Activation, Identity, Softmax
from nncli.parts.layers import (
    ActivationLayer,
    Affine,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    FeatureScale,
    GaussianNoise,
    LayerNorm,
    PRelu,
)

OWN = {
    Dense: {"W": "weight", "b": "bias"},
    Conv2D: {"W": "weight", "b": "bias"},
    LayerNorm: {"gamma": "weight", "beta": "bias"},
    PRelu: {"alpha": "weight"},
    BatchNorm: {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    },
}

EXACT = {"nn.Softplus()": "nn.Softplus(threshold=40.0)"}  # the default is z above 20: 2e-9 less


@frozen
class Module:
    """code: that creates the module.  comment: the layer's name, if it is a layer's first module.

    tensors: the names of its own tensors -> those of the run's.
    """

    code: str
    comment: str
    tensors: dict[str, str]


def modules(network: Network) -> list[Module]:
    """The layers as modules, in order. Raises UserError for a layer without an equivalent."""
    found: list[list[Module]] = []  # by node
    if len(network.input_shape) == 3:
        sides = ", ".join(map(str, network.input_shape))
        found.append([Module(f"Images({sides})", "", {})])
    for node in network.nodes:
        if node.block:
            block = [module for own in found[-node.block :] for module in own]
            found[-node.block :] = [[] for _ in range(node.block)]
            found.append([_residual(node, block)])
        else:
            found.append([*_modules(node)])
    return [module for own in found for module in own]


def _residual(node: Node, block: Sequence[Module]) -> Module:
    """The modules of a residual block as one module."""
    inner = textwrap.indent(",\n".join(module.code for module in block), " " * 4)
    tensors = {
        f"layers.{place}.{name}": of_run
        for place, module in enumerate(block)
        for name, of_run in module.tensors.items()
    }
    return Module(f"Residual(\n{inner},\n)", node.name, tensors)


def _modules(node: Node) -> Iterator[Module]:
    layer = node.layer
    if isinstance(layer, ActivationLayer):
        code, axes = _activation(layer.function), len(node.input_shape)
        is_last = isinstance(layer.function, Softmax) and axes not in (1, 3)  # else 1 is that axis
        yield Module(f"LastAxis({code})" if is_last else code, node.name, {})
        return
    if isinstance(layer, Embedding):
        sizes = [(column.rows, column.size) for column in layer.columns]
        names = [column.name for column in layer.columns]
        tables = {f"tables.{n}.weight": f"{node.name}/{name}/W" for n, name in enumerate(names)}
        yield Module(f"Embedded({sizes})", node.name, tables)
        return
    if isinstance(layer, FeatureScale):
        code = f"FeatureScale({node.inputs}, {layer.rate!r})"
        yield Module(code, node.name, {"w": f"{node.name}/w"})
        return
    *before, code = [*image_layer_codes(node)] or [_code(node)]
    yield from (Module(each, "", {}) for each in before)
    shapes = {**layer.param_shapes(node.input_shape), **layer.state_shapes(node.input_shape)}
    own, inside = OWN.get(type(layer), {}), "layer." * code.startswith(("ByPlace(", "LastAxis("))
    tensors = {f"{inside}{own[name]}": f"{node.name}/{name}" for name in shapes}
    yield Module(code, node.name, tensors)
    if isinstance(layer, Affine) and type(layer.activation) is not Identity:
        yield Module(_activation(layer.activation), "", {})


def _code(node: Node) -> str:
    """The code of a layer on features."""
    layer = node.layer
    if type(layer) not in (Dense, BatchNorm, LayerNorm, Dropout, GaussianNoise):
        raise UserError(f"{node.name}: {layer.name} has no equivalent in PyTorch")
    keys = ", bias=False" if isinstance(layer, Dense) and not layer.bias else ""
    return layer.equivalent("pytorch", inputs=node.inputs, more_keys=keys).code


def _activation(activation: Activation) -> str:
    code = activation.equivalent("pytorch").code
    if not code:
        raise UserError(f"{activation.name} has no equivalent in PyTorch")
    return EXACT.get(code, code)
