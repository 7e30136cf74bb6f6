"""Wording: what a step's phases, letters and numbers are, in words; gradients have `chain_rule`."""

from collections.abc import Iterable, Mapping, Sequence

from nncli.engine.network import Network, Node
from nncli.engine.notation import symbol
from nncli.parts.activations import Softmax
from nncli.parts.layers import ActivationLayer, Dense
from nncli.trace.chain_rule import OVERVIEW
from nncli.trace.tensor import Phase, TracedTensor

PHASES: Mapping[Phase, str] = {
    "forward": "Layer by layer, from x to the network's answer: a unit adds up what comes in, each "
    "times its weight, and its bias: that is z. Its activation makes the unit's output a of it. "
    "The loss says in one number how far the last outputs are from the targets t.",
    "backward": OVERVIEW,
    "update": "A gradient points to where the loss grows. So every weight goes a little way "
    "against its own: the learning rate lr says how far. All move together, once every gradient is "
    "known.",
}
LETTERS = (  # of symbols without their number; those that occur are explained
    ("x", "the inputs: a row for each example"),
    ("t", "the targets: what should come out"),
    ("w", "how much each row counts"),
    ("W", "the weights of a layer: W[i,j] leads from input i to unit j"),
    ("b", "its biases: one for each unit, the weight of an input that is always 1"),
    ("z", "the sum that comes together in a unit"),
    ("a", "what a unit puts out: its activation of z"),
    ("gamma", "what each normalized column is multiplied by"),
    ("beta", "what is added to it then"),
    ("moving_mean", "the mean that predictions use: of the batches so far"),
    ("moving_variance", "the variance that predictions use"),
    ("loss", "how wrong the answers are, in one number that training makes small"),
    ("penalty", "what large weights add to the loss"),
    ("da", "d(loss)/d(a): by how much the loss grows as a unit's output does"),
    ("dz", "d(loss)/d(z): the same, before the activation"),
    ("dW", "d(loss)/d(W): the gradient of the weights"),
    ("db", "d(loss)/d(b): the gradient of the biases"),
    ("dx", "d(loss)/d(x): what no step uses"),
    ("lr", "the learning rate: how far a step goes"),
    ("norm", "the length of all gradients together"),
    ("v", "the velocity: what is left of the steps before"),
    ("m", "the mean of the gradients so far, the last ones above all"),
    ("s", "the same of their squares"),
    ("m_hat", "m without its start at 0"),
    ("s_hat", "s without its start at 0"),
)


def glossary(tensors: Iterable[TracedTensor]) -> list[tuple[str, str]]:
    """The letters of a trace and what they stand for."""
    seen = {tensor.symbol.rstrip("0123456789") for tensor in tensors}
    return [(letter, words) for letter, words in LETTERS if letter in seen]


def of_given(node: Node, short: str) -> Sequence[str]:
    """Of what a layer is given: W, b."""
    if not isinstance(node.layer, Dense):
        return ()
    frozen = (
        () if node.layer.trains(short) else (f"{short} is frozen: training leaves it as it is",)
    )
    if short == "W":
        return (f"the weights of {node.name}: W[i,j] leads from input i to unit j", *frozen)
    said = f"the biases of {node.name}: one for each unit, the weight of an input that is always 1"
    return (said, *frozen)


def of_forward(network: Network, node: Node, short: str) -> Sequence[str]:
    """Of what a layer computes: z, a."""
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
    """Whether its units' outputs hang together."""
    return isinstance(node.layer, Dense) and isinstance(node.layer.activation, Softmax)


def of_loss(network: Network) -> Sequence[str]:
    """What its terms become one number by."""
    return (f"{network.loss.title}: {network.loss.reduction}",)


def of_update(own: str, *, has_memory: bool) -> Sequence[str]:
    """Of a parameter after a step. has_memory: whether the optimizer keeps something of others."""
    if has_memory:
        return (f"{own} moves by what this gradient and the optimizer's memory make together",)
    said = f"where d(loss)/d({own}) > 0, the loss grows with {own}: so {own} goes down, else up"
    return (said,)
