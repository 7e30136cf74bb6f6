"""Functions: forward, predict, backward and update as the text of a script."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import fields

from nncli.engine.network import Node
from nncli.engine.notation import symbol
from nncli.export.numpy_script.folded_passes import Pass, Passes
from nncli.export.numpy_script.formatting import INNER, comment, function, listed, quoted
from nncli.export.numpy_script.statements import Statement
from nncli.parts.layers import Dense
from nncli.parts.optimizers import Optimizer
from nncli.registry import Part


class Functions:
    """The functions of one network. batch: the names of a batch's arrays, `x, t` or `x, t, w`."""

    def __init__(self, passes: Passes, batch: Sequence[str]) -> None:
        self.passes, self.batch = passes, batch
        self.job, self.network = passes.job, passes.network
        self.lives_on = {"theta", *passes.slots, *passes.state}
        self._told_of: set[str] = set()

    def forward(self) -> list[str]:
        """A training step's forward pass, which is every forward pass where they are alike."""
        whose = "" if self.passes.evaluates_alike else " of a training step"
        words = (
            f"Rows x{whose}, (rows, {self.network.inputs}), through the layers: "
            "what the loss and backward need of them."
        )
        handed = self.passes.handed_on
        numbered = enumerate(self.network.nodes, start=1)
        titles = [f"layer {number}: {self._described(node)}" for number, node in numbered]
        body = self._body(self.passes.forward, titles, _own_layer)
        returned = [f"return {', '.join(handed)}"]
        if len(returned[0]) > INNER:
            returned = listed("return (", handed, ")", INNER)
        return function("forward", ["x"], words, [*body, *returned])

    def predict(self) -> list[str]:
        """An evaluation's forward pass, where it is another."""
        words = "Rows x through the layers as they are outside training: what the loss needs."
        body = self._body(self.passes.predict, self._titles(), _own_layer)
        return function("predict", ["x"], words, [*body, f"return {self.passes.result}"])

    def backward(self) -> list[str]:
        """The gradient of the objective as one vector, in the order of theta."""
        titles, loss = self._titles(), self.network.loss.name
        activation = self.network.output.activation.name
        if self.network.is_matched:
            titles[-1] += f": {activation} and {loss} together have the gradient a - t"
        else:
            titles[-1] += f": the gradient of {loss}"
            titles[-1] += "" if activation == "identity" else f", then of {activation}"
        body = self._body(self.passes.backward, titles, self._layer_at_work)
        if self.passes.penalty.statements:
            body += ["# the penalties", *map(self._line, self.passes.penalty.statements)]
        body += listed("return np.concatenate([", self._gradients(), "])", INNER)
        words = "d(loss)/d(theta) for a batch: the gradients of all parameters in one vector."
        return function("backward", [*self.batch, *self.passes.handed_on], words, body)

    def update(self) -> list[str]:
        """Clipping and the optimizer."""
        body: list[str] = []
        limit = self.job.training.clip_grad_norm
        if limit is not None:
            body += comment(
                f"first, a gradient longer than {limit} is shortened to that length", INNER
            )
        body += map(self._line, self.passes.update.statements)
        owners = [c for c in type(self.job.optimizer).__mro__ if issubclass(c, Optimizer)]
        kinds = [c for c in owners[:-1] if "update" in vars(c)]
        words = "\n\n".join(f"{kind.name}: {inspect.getdoc(kind)}" for kind in kinds)
        return function("update", ["gradient", *self.passes.scalars], words, body)

    def _titles(self) -> list[str]:
        return [f"layer {number}" for number in range(1, len(self.network.nodes) + 1)]

    def _gradients(self) -> list[str]:
        layout = self.network.layout
        trained = [tensor for tensor in layout.tensors if tensor.start < layout.trainable]
        names = []
        for tensor in sorted(trained, key=lambda tensor: tensor.start):
            node, _, short = tensor.name.partition("/")
            name = symbol(self.network, f"{node}/d{short}")
            names.append(f"{name}.ravel()" if len(tensor.shape) > 1 else name)
        return names

    def _body(
        self, part: Pass, titles: Sequence[str], layer_of: Callable[[str], int | None]
    ) -> list[str]:
        """The lines of a pass, each layer's under its title."""
        lines = ["rows = len(x)"] if {"rows", "ones"} & part.inputs else []
        if "ones" in part.inputs:
            kind = self.passes.speller.type_name
            lines.append(f"ones = np.ones(rows{'' if kind == 'float' else f', {kind}'})")
        current = None
        for statement in part.statements:
            number = layer_of(statement.target)
            if number is not None and number != current:
                lines += comment(titles[number - 1], INNER)
                current = number
            lines.append(self._line(statement))
        return lines

    def _layer_at_work(self, name: str) -> int | None:
        """The layer whose backward pass writes a name: da1 is the work of layer 2."""
        number = _own_layer(name)
        if number is not None and name == f"da{number}" and number < len(self.network.nodes):
            return number + 1
        return number

    def _line(self, statement: Statement) -> str:
        place = "[:]" if statement.target in self.lives_on else ""
        return quoted(f"{statement.target}{place} = {statement.text}")

    def _described(self, node: Node) -> str:
        """`dense, 8 units, tanh: a = tanh(z); the derivative is 1 - a^2`."""
        layer = node.layer
        if isinstance(layer, Dense):
            frozen = "" if layer.trainable else ", frozen"
            plural = "s" * (layer.units > 1)
            return f"dense, {layer.units} unit{plural}{frozen}, {self._told(layer.activation)}"
        return self._told(layer)

    def _told(self, part: Part) -> str:
        """A part's name and numbers and, where it is met first, what it says of itself."""
        held = {field.name: getattr(part, field.name) for field in fields(part)}
        inner = [v.name for v in held.values() if isinstance(v, Part) and v.kind == "activation"]
        numbers = [f"{key} {value}" for key, value in held.items() if isinstance(value, float)]
        settings = f" ({', '.join([*inner, *numbers])})" if inner or numbers else ""
        frozen = "" if held.get("trainable", True) else ", frozen"
        said = "" if part.name in self._told_of else f": {first_line(part)}"
        self._told_of.add(part.name)
        return f"{part.name}{settings}{frozen}{said}"


def _own_layer(name: str) -> int | None:
    """The number at a name's end: 2 of `dW2`."""
    found = re.search(r"\d+$", name)
    return int(found[0]) if found else None


def first_line(part: Part) -> str:
    """The first line of what a part says of itself, without its full stop."""
    return (inspect.getdoc(type(part)) or "").partition("\n")[0].removesuffix(".")
