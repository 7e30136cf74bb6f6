"""Wording: a step's phases, letters and tensors in words; gradients are in `chain_rule`."""

from collections.abc import Iterable, Mapping, Sequence

from nncli.engine.network import Network, Node
from nncli.engine.notation import symbol
from nncli.parts.activations import Softmax
from nncli.parts.layers import ActivationLayer, Dense
from nncli.trace.chain_rule import OVERVIEW
from nncli.trace.tensor import Phase, TracedTensor

PHASES: Mapping[Phase, str] = {
    "forward": "Layer by layer, from the inputs x to the network's output: each unit computes the "
    "weighted sum of its inputs plus its bias, z, and its activation turns z into the unit's "
    "output a. The loss says in one number how far the last outputs are from the targets t.",
    "backward": OVERVIEW,
    "update": "The gradient points to where the loss grows, so every weight takes a step against "
    "its own gradient; the learning rate lr sets the length. All weights change together, once "
    "every gradient is known.",
}
LETTERS = (  # symbols without their number; a page explains those that occur in it
    ("x", "the inputs: a row for each example"),
    ("t", "the targets: the outputs wanted"),
    ("w", "the weight of each row in the loss"),
    ("W", "the weights of a layer: W[i,j] leads from input i to unit j"),
    ("b", "its biases: one for each unit, the weight of an input that is always 1"),
    ("z", "the weighted sum of a unit, with its bias"),
    ("a", "the output of a unit: its activation of z"),
    ("gamma", "the factor of each normalized column"),
    ("beta", "the offset added to it"),
    ("moving_mean", "the running mean over batches, which predictions use"),
    ("moving_variance", "the running variance over batches, which predictions use"),
    ("loss", "how wrong the outputs are, in one number; training makes it small"),
    ("penalty", "the penalty for large weights, part of the loss"),
    ("da", "d(loss)/d(a): by how much the loss grows as a unit's output does"),
    ("dz", "d(loss)/d(z): the same, before the activation"),
    ("dW", "d(loss)/d(W): the gradient of the weights"),
    ("db", "d(loss)/d(b): the gradient of the biases"),
    ("dx", "d(loss)/d(x): the gradient of the inputs; no step uses it"),
    ("lr", "the learning rate: the length of a step"),
    ("norm", "the norm of all gradients together"),
    ("v", "the velocity: a decaying sum of earlier steps"),
    ("m", "the decaying mean of the gradients so far"),
    ("s", "the decaying mean of their squares"),
    ("m_hat", "m, corrected for its start at 0"),
    ("s_hat", "s, corrected for its start at 0"),
)


def glossary(tensors: Iterable[TracedTensor]) -> list[tuple[str, str]]:
    """The letters that occur in tensors, with their meaning."""
    seen = {tensor.symbol.rstrip("0123456789") for tensor in tensors}
    return [(letter, words) for letter, words in LETTERS if letter in seen]


def about_parameter(node: Node, short: str) -> Sequence[str]:
    """Explain a parameter of a layer: W, b."""
    if not isinstance(node.layer, Dense):
        return ()
    frozen = (
        () if node.layer.trains(short) else (f"{short} is frozen: training leaves it as it is",)
    )
    if short == "W":
        return (f"the weights of {node.name}: W[i,j] leads from input i to unit j", *frozen)
    said = f"the biases of {node.name}: one for each unit, the weight of an input that is always 1"
    return (said, *frozen)


def about_result(network: Network, node: Node, short: str) -> Sequence[str]:
    """Explain a result of a layer: z, a."""
    own, place = symbol(network, f"{node.name}/z"), network.nodes.index(node)
    x = symbol(network, f"{network.nodes[place - 1].name}/a") if place else "x"
    if isinstance(node.layer, ActivationLayer):
        return (f"{node.layer.function.name} of each {x}",)
    if not isinstance(node.layer, Dense):
        return (f"{node.layer.name}: {node.layer.summary}",) if short == "a" else ()
    if short == "z":
        bias = ", with the unit's bias" if node.layer.bias else ""
        return (f"for each unit: every {x} times its weight, all added up{bias}",)
    what = "z of a row, as shares that add up to 1" if _is_softmax(node) else f"each {own}"
    return (f"{node.layer.activation.name} of {what}",)


def _is_softmax(node: Node) -> bool:
    """Whether the activation of a layer is softmax, which depends on all units of a row."""
    return isinstance(node.layer, Dense) and isinstance(node.layer.activation, Softmax)


def about_loss(network: Network) -> Sequence[str]:
    """Explain the loss: its name, and how its terms are reduced to one number."""
    return (f"{network.loss.title}: {network.loss.reduction}",)


def about_update(own: str, *, has_memory: bool) -> Sequence[str]:
    """Explain a parameter's new value. has_memory: whether the optimizer has slots."""
    if has_memory:
        return (f"{own} moves by this gradient and the optimizer's memory together",)
    said = f"where d(loss)/d({own}) > 0, the loss grows with {own}: so {own} goes down, else up"
    return (said,)
