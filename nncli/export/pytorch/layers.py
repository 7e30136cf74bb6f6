"""Layers: a network as modules of PyTorch, and which tensors of the run are their weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from nncli.engine.network import Network, Node
from nncli.errors import UserError
from nncli.parts.activations import Activation, Identity
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, Embedding, FeatureScale

OWN = {
    Dense: {"W": "weight", "b": "bias"},
    BatchNorm: {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    },
}

EXACT = {"nn.Softplus()": "nn.Softplus(threshold=40.0)"}  # by itself it is z above 20: 2e-9 less


@dataclass(frozen=True)
class Module:
    """code: what makes it.  comment: the layer's name, where it begins one.

    tensors: its own by the run's names.
    """

    code: str
    comment: str
    tensors: dict[str, str]


def modules(network: Network) -> list[Module]:
    """The layers in their order. Raises UserError for one without an equivalent."""
    return [module for node in network.nodes for module in _modules(node)]


def _modules(node: Node) -> Iterator[Module]:
    layer = node.layer
    if isinstance(layer, ActivationLayer):
        yield Module(_activation(layer.function), node.name, {})
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
    if type(layer) not in (Dense, BatchNorm, Dropout):
        raise UserError(f"{node.name}: {layer.name} has no equivalent in PyTorch")
    keys = ", bias=False" if isinstance(layer, Dense) and not layer.bias else ""
    code = layer.equivalent("pytorch", inputs=node.inputs, more_keys=keys).code
    shapes = {**layer.param_shapes(node.input_shape), **layer.state_shapes(node.input_shape)}
    own = OWN.get(type(layer), {})
    yield Module(code, node.name, {own[name]: f"{node.name}/{name}" for name in shapes})
    if isinstance(layer, Dense) and type(layer.activation) is not Identity:
        yield Module(_activation(layer.activation), "", {})


def _activation(activation: Activation) -> str:
    code = activation.equivalent("pytorch").code
    if not code:
        raise UserError(f"{activation.name} has no equivalent in PyTorch")
    return EXACT.get(code, code)
