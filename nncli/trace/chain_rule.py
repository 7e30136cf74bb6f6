"""Chain rule: what each gradient of a trace is, in words and symbols, and where it comes from."""

from collections.abc import Sequence

from nncli.engine.network import Network, Node
from nncli.engine.notation import scaled, symbol
from nncli.parts.activations import Softmax
from nncli.parts.layers import Dense
from nncli.parts.losses import CrossEntropy

OVERVIEW = (
    "dv means d(loss)/d(v): by how much the loss grows when v grows a little. The chain rule "
    "computes it from the loss backwards, layer by layer: d(loss)/d(x) = d(loss)/d(y) * d(y)/d(x)."
)


class ChainRule:
    """Explains the gradients of a network without numbers, so that worksheets can show it too."""

    def __init__(self, network: Network, rows: int, *, has_weights: bool) -> None:
        """rows: number of rows in the batch.  has_weights: whether rows have weights."""
        self.network, self.rows, self.has_weights = network, rows, has_weights

    def start(self, node: Node, short: str) -> Sequence[str]:
        """Explain the first gradient, at the output: da, or dz of a matched pair."""
        return (*self._start(node, short), self._share())

    def _share(self) -> str:
        """Explain the divisor n: the share of each term in the loss."""
        loss, outputs = self.network.loss, self.network.outputs
        factor = loss.factor(self.rows, outputs)
        share = "once" if factor == 1.0 else scaled("1", factor).replace(" / ", "/")
        of = f"{_counted(self.rows, 'row')} and {_counted(outputs, 'output')}"
        return f"the loss is the {loss.reduction}: of {of}, each term counts {share}".replace(
            "is the half", "is half"
        )

    def _start(self, node: Node, short: str) -> Sequence[str]:
        a, z, loss = self._symbol(node, "a"), self._symbol(node, "z"), self.network.loss
        if short == "da":
            weight = ", with the row's weight w" if self.has_weights else ""
            said = f"d(loss)/d({a}): the derivative of the loss by the network's output{weight}"
            return (said, *self._differentiated(a))
        derivation = _softmax if isinstance(loss, CrossEntropy) else _sigmoid
        if not loss.is_proper:
            derivation = _focal_softmax if isinstance(loss, CrossEntropy) else _focal_sigmoid
        return (f"d(loss)/d({z}) = d(loss)/d({a}) * d({a})/d({z}), in one step:", *derivation(a, z))

    def _differentiated(self, a: str) -> Sequence[str]:
        """A term of the loss and its derivative; empty if the loss has no formulas."""
        loss = self.network.loss
        if not (loss.formula and loss.gradient_formula):
            return ()
        term, slope = (
            loss.fill(formula).format(a=a, t="t")
            for formula in (loss.formula, loss.gradient_formula)
        )
        return (f"a term of it is {term}, whose slope along {a} is {slope}",)

    def passed(self, node: Node, following: Node) -> Sequence[str]:
        """Explain da of a layer, which comes back from the following layer."""
        a, name = self._symbol(node, "a"), following.name
        if not isinstance(following.layer, Dense):
            y = self._symbol(following, "a")
            chain = f"d(loss)/d({y}) * d({y})/d({a})"
            return (f"d(loss)/d({a}) = {chain}: back through {name} ({following.layer.name})",)
        z, weights = self._symbol(following, "z"), self._symbol(following, "W")
        return (
            f"d(loss)/d({a}) = d(loss)/d({z}) * d({z})/d({a}), and d({z})/d({a}) is {weights}: a "
            f"unit's {a} goes into every {z} of {name}, so what comes back is added up",
        )

    def into_inputs(self, first: Node) -> Sequence[str]:
        """Explain dx, which no training step uses."""
        said = "how the loss would change with the data; a step moves nothing by it"
        if not isinstance(first.layer, Dense):
            a = self._symbol(first, "a")
            return (f"d(loss)/d(x) = d(loss)/d({a}) * d({a})/d(x): {said}",)
        z, weights = self._symbol(first, "z"), self._symbol(first, "W")
        chain = f"d(loss)/d({z}) * d({z})/d(x), and d({z})/d(x) is {weights}"
        return (f"d(loss)/d(x) = {chain}: {said}",)

    def inside(self, node: Node, short: str) -> Sequence[str]:
        """Explain dz, dW, db and the gradients of other parameters."""
        owner, slash, gradient = short.rpartition("/")
        a, own = self._symbol(node, "a"), self._symbol(node, f"{owner}{slash}{gradient[1:]}")
        if not isinstance(node.layer, Dense):
            return (f"d(loss)/d({own}) = d(loss)/d({a}) * d({a})/d({own}), added up over rows",)
        z, x = self._symbol(node, "z"), self._input(node)
        if short == "dz":
            activation = node.layer.activation
            chain = f"d(loss)/d({a}) * d({a})/d({z})"
            slope = f"d({a})/d({z}) is the slope of {activation.name} at {z}"
            formula = activation.slope_formula.format(a=a, z=z)
            said = f"{slope}: {formula}" if formula else slope
            jacobian = (_jacobian(a, z),) if isinstance(activation, Softmax) else ()
            return (f"d(loss)/d({z}) = {chain}, and {said}", *jacobian)
        chain = f"d(loss)/d({own}) = d(loss)/d({z}) * d({z})/d({own})"
        if short == "db":
            return (f"{chain}, and d({z})/d({own}) is 1: added up over rows",)
        penalty = ", and the penalty's own" if node.layer.kernel_regularizer else ""
        return (f"{chain}, and d({z})/d({own}) is {x}: added up over rows{penalty}",)

    def _symbol(self, node: Node, short: str) -> str:
        return symbol(self.network, f"{node.name}/{short}")

    def _input(self, node: Node) -> str:
        place = self.network.nodes.index(node)
        return self._symbol(self.network.nodes[place - 1], "a") if place else "x"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _softmax(a: str, z: str) -> Sequence[str]:
    """Derive dz of softmax with cross-entropy, for class k of a row."""
    return (
        f"d(loss)/d({a}[k]) = -t[k] / {a}[k], as loss = -(sum of t[k] ln {a}[k])",
        _jacobian(a, z),
        f"their product, added up over k: -t[j] + {a}[j] (sum of t[k]) = {a}[j] - t[j], "
        "as the t of a row sum to 1",
    )


def _jacobian(a: str, z: str) -> str:
    """The Jacobian of softmax."""
    return f"d({a}[k])/d({z}[j]) = {a}[k] (1 - {a}[j]) where k = j, else -{a}[k] {a}[j]"


def _sigmoid(a: str, z: str) -> Sequence[str]:
    """Derive dz of sigmoid with binary cross-entropy."""
    return (
        f"d(loss)/d({a}) = -t / {a} + (1 - t) / (1 - {a}) = ({a} - t) / ({a} (1 - {a}))",
        f"d({a})/d({z}) = {a} (1 - {a})",
        f"their product: {a} - t",
    )


G = "g(p) = gamma p ln(p) (1 - p)^(gamma - 1) - (1 - p)^gamma, which is p times the slope of "
G += "-(1 - p)^gamma ln(p)"


def _focal_softmax(a: str, z: str) -> Sequence[str]:
    """Derive dz of softmax with the focal loss, for class k of a row."""
    return (
        f"d(loss)/d({a}[k]) = c[k] / {a}[k], with c[k] = alpha t[k] g({a}[k])",
        G,
        _jacobian(a, z),
        f"their product, added up over k: c[j] - {a}[j] (sum of c[k])",
    )


def _focal_sigmoid(a: str, z: str) -> Sequence[str]:
    """Derive dz of sigmoid with the binary focal loss."""
    rest = f"(1 - {a})"
    return (
        f"d(loss)/d({a}) = alpha t g({a}) / {a} - (1 - alpha) (1 - t) g(1 - {a}) / {rest}",
        G,
        f"d({a})/d({z}) = {a} {rest}",
        f"their product: alpha t {rest} g({a}) - (1 - alpha) (1 - t) {a} g(1 - {a})",
    )
