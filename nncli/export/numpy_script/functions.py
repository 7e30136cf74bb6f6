"""Functions: forward, predict, objective, backward and update as the text of a script."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import fields

from nncli.engine.cost import chunk_rows
from nncli.engine.job import Job
from nncli.engine.layout import gradient_of
from nncli.engine.network import Network, Node
from nncli.engine.notation import SLOTS, input_symbols, layer_numbers, symbol
from nncli.errors import UserError
from nncli.export.numpy_script.expressions import dtype_argument, operation
from nncli.export.numpy_script.formatting import INNER, comment, function, indented, listed, quoted
from nncli.export.numpy_script.job_code import Block, JobCode
from nncli.export.numpy_script.sources import Sources
from nncli.export.numpy_script.statements import Statement
from nncli.parts.layers import Affine, Dense, Layer
from nncli.registry import Part

FROM_SCORES = "From scores"  # begins a loss's paragraph on scores, which matched pairs use


ADD_ROWS = [
    "def add_rows(table, places, rows):",
    '    """The table with each of the rows added at its place, one after the other."""',
    "    np.add.at(table, places, rows)",
    "    return table",
]


def input_names(job: Job) -> list[str]:
    """The names of a batch's inputs: x, and the codes of each embedded column."""
    return [*input_symbols(job.network).values()]


def batch_names(job: Job) -> list[str]:
    """The names of a batch's arrays: inputs, targets and, if there are any, row weights."""
    return [*input_names(job), "t", *([] if job.train.weights is None else ["w"])]


def _layer_number(name: str) -> int | None:
    """The number at a name's end: 2 of `dW2`; 0 of names of embedding tables; None if none."""
    found = re.search(r"\d+$", name)
    if re.fullmatch(r"d?[eE]\d+", name):
        return 0
    return int(found[0]) if found else None


def _gradients(network: Network) -> list[str]:
    """The gradients of trained tensors, each as a vector."""
    names = []
    for tensor in sorted(network.layout.tensors, key=lambda tensor: tensor.start):
        if tensor.start < network.layout.trainable:
            name = symbol(network, gradient_of(tensor.name))
            names.append(f"{name}.ravel()" if len(tensor.shape) > 1 else name)
    return names


class Functions:
    """Writes the functions of a job's network and optimizer."""

    def __init__(self, code: JobCode) -> None:
        self.code, self.job, self.network = code, code.job, code.network
        self.written_in_place = {"theta", *code.slots, *code.layer_state}
        self.numbers = [*layer_numbers(code.network).values()]
        self._described: set[str] = set()

    def forward(self) -> list[str]:
        """The function `forward`: the forward pass of training, and of evaluation if the same."""
        whose = " of a training step" if self.code.has_training_mode else ""
        words = (
            f"Rows x{whose}, (rows, {self.network.inputs}), through the layers: "
            "what the loss and backward need of them."
        )
        returned = self.code.returned
        titles = {
            number: f"{self._layer(number)}: {self._title(node)}"
            for node, number in zip(self.network.nodes, self.numbers, strict=True)
        }
        body = self._body(self.code.forward, titles, _layer_number)
        ending = [f"return {', '.join(returned)}"]
        if len(ending[0]) > INNER:
            ending = listed("return (", returned, ")", INNER)
        return function("forward", input_names(self.job), words, [*body, *ending])

    def predict(self) -> list[str]:
        """The function `predict`: evaluation's forward pass, if it differs from training's."""
        words = "Rows x through the layers as they are outside training: what the loss needs."
        body = self._body(self.code.predict, self._plain_titles(), _layer_number)
        return function(
            "predict", input_names(self.job), words, [*body, f"return {self.code.loss_input}"]
        )

    def backward(self) -> list[str]:
        """The function `backward`: the objective's gradient as one vector, in theta's order."""
        titles, loss, last = self._plain_titles(), self.network.loss.name, self.numbers[-1]
        activation = self.network.output.activation.name
        if self.network.is_matched:
            slope = "a - t" if self.network.loss.is_proper else "of the scores"
            titles[last] += f": {activation} and {loss} together have the gradient {slope}"
        else:
            titles[last] += f": the gradient of {loss}"
            titles[last] += "" if activation == "identity" else f", then of {activation}"
        body = self._body(self.code.backward, titles, self._layer_at_work)
        if self.code.penalty.statements:
            body += ["# the penalties", *map(self._line, self.code.penalty.statements)]
        body += listed("return np.concatenate([", _gradients(self.network), "])", INNER)
        words = "d(loss)/d(theta) for a batch: the gradients of all parameters in one vector."
        arguments = [*batch_names(self.job), *self.code.returned]
        return function("backward", arguments, words, body)

    def update(self) -> list[str]:
        """The function `update`: gradient clipping and the optimizer."""
        body: list[str] = []
        limit = self.job.training.clip_grad_norm
        if limit is not None:
            body += comment(
                f"first, a gradient longer than {limit} is shortened to that length", INNER
            )
        body += map(self._line, self.code.update.statements)
        return function("update", ["gradient", *self.code.scalars], self._rule(), body)

    def _rule(self) -> str:
        """The optimizer's formulas with this run's settings; its docstring if it has none."""
        optimizer = self.job.optimizer
        formulas = optimizer.formulas()
        if not all(formulas.values()):
            return f"{optimizer.name}: {inspect.getdoc(optimizer)}"
        names = {"W": "theta", "g": "g", "lr": "lr", "step": "t"}
        names |= {slot: SLOTS.get(slot, slot) for slot in formulas if slot != "theta"}
        lines = [f"{optimizer.name}, with g for the gradient:"]
        for slot, text in formulas.items():
            sign = "<-" if slot == "theta" or f"{{{slot}}}" in text else "="
            lines.append(f"{names.get(slot, slot)} {sign} {text.format(**names)}")
        return "\n".join([*lines, *optimizer.memory])

    def _body(
        self, block: Block, titles: Mapping[int, str], layer_of: Callable[[str], int | None]
    ) -> list[str]:
        """The lines of a pass, with each layer's title above its lines."""
        lines = ["rows = len(x)"] if {"rows", "ones"} & block.inputs else []
        if "ones" in block.inputs:
            lines.append(f"ones = np.ones(rows{dtype_argument(self.code.literals.dtype)})")
        current = None
        for statement in block.statements:
            number = layer_of(statement.target)
            if number is not None and number != current:
                lines += comment(titles[number], INNER)
                current = number
            lines.append(self._line(statement))
        return lines

    def _line(self, statement: Statement) -> str:
        place = "[:]" if statement.target in self.written_in_place else ""
        return quoted(f"{statement.target}{place} = {statement.text}")

    def _layer_at_work(self, name: str) -> int | None:
        """The layer whose backward pass computes a name: layer 2 computes da1."""
        number = _layer_number(name)
        if number is not None and name == f"da{number}" and number < self.numbers[-1]:
            return number + 1
        return number

    def _plain_titles(self) -> dict[int, str]:
        return {number: self._layer(number) for number in self.numbers}

    @staticmethod
    def _layer(number: int) -> str:
        return f"layer {number}" if number else "tables"

    def _title(self, node: Node) -> str:
        """`dense, 8 units, tanh: a = tanh(z); the derivative is 1 - a^2`."""
        layer = node.layer
        if isinstance(layer, Dense):
            frozen = f", {node.frozen}" if node.frozen else ""
            plural = "s" * (layer.units > 1)
            return (
                f"dense, {layer.units} unit{plural}{frozen}, {self._description(layer.activation)}"
            )
        return self._description(layer)

    def _description(self, part: Part) -> str:
        """A part's name and numbers and, the first time, its summary."""
        held = {field.name: getattr(part, field.name) for field in fields(part)}
        inner = [v.name for v in held.values() if isinstance(v, Part) and v.kind == "activation"]
        numbers = [f"{key} {value}" for key, value in held.items() if isinstance(value, float)]
        settings = f" ({', '.join([*inner, *numbers])})" if inner or numbers else ""
        frozen = "" if held.get("trainable", True) else ", frozen"
        formula = "" if part.name in self._described else f": {part.summary}"
        self._described.add(part.name)
        return f"{part.name}{settings}{frozen}{formula}"


class Objective:
    """Writes the function that computes the loss over any rows, with penalties, as evaluation does.

    has_zero_loss: whether the run had a loss of exactly 0.
    chunk: number of rows that evaluation takes at a time; None if it takes all at once.
    """

    def __init__(self, code: JobCode, sources: Sources, *, has_zero_loss: bool) -> None:
        self.code, self.sources, self.has_zero_loss = code, sources, has_zero_loss
        self.job, self.network = code.job, code.network
        self.arguments, chunk = batch_names(self.job), chunk_rows(self.network.widest)
        is_large = max(len(self.job.train), len(self.job.val or ())) > chunk
        self.chunk = chunk if is_large else None

    def lines(self) -> list[str]:
        """The function."""
        total, penalties = self._total_in_chunks() if self.chunk else self._total(), self._penalty()
        x = "x_all" if self.chunk else "x"
        factor = self.sources.call(
            self.network.loss.factor, f"len({x})", str(self.network.outputs), name="reduction"
        ).replace(f"(len({x}) * 1)", f"len({x})")
        result = "total" if factor == "1.0" else operation("total * factor", factor=factor)
        if penalties:
            result += " + penalty"
        names = [f"{name}_all" if self.chunk else name for name in self.arguments]
        loss = type(self.network.loss)
        words = f"The loss over rows x{', penalties included' * bool(penalties)}, at the weights "
        words += f"as they are.\n\n{loss.name}: {self._description(inspect.getdoc(loss) or '')}"
        return function("objective", names, words, [*total, *penalties, f"return {result}"])

    def _description(self, text: str) -> str:
        """A loss's docstring, without its paragraph on scores if the pair isn't matched."""
        paragraphs = text.split("\n\n")
        kept = [p for p in paragraphs if self.network.is_matched or not p.startswith(FROM_SCORES)]
        return "\n\n".join(kept)

    def _total(self) -> list[str]:
        """The lines that sum the loss over all rows at once."""
        start = "0.0 + " if self.has_zero_loss else ""  # -0.0 becomes 0.0, as in the run
        return [self.outputs(), f"total = {start}{self._sum()}"]

    def _total_in_chunks(self) -> list[str]:
        """The lines that sum the loss over `chunk` rows at a time."""
        piece = f"start : start + {self.chunk}"
        return [
            "total = 0.0",
            f"for start in range(0, len(x_all), {self.chunk}):",
            *indented([f"{name} = {name}_all[{piece}]" for name in self.arguments]),
            *indented([self.outputs(), f"total += {self._sum()}"]),
        ]

    def outputs(self) -> str:
        """The line that computes the loss's input."""
        result, returned = self.code.loss_input, self.code.returned
        given = ", ".join(input_names(self.job))
        if self.code.has_training_mode:
            return f"{result} = predict({given})"
        place = returned.index(result)
        before, after = ["*_"] if place else [], ["_"] * (len(returned) - place - 1)
        return f"{', '.join([*before, result, *after])} = forward({given})"

    def _sum(self) -> str:
        """The sum of the loss's terms, weighted if rows have weights."""
        loss, is_matched = self.network.loss, self.network.is_matched
        if "w" in self.arguments:
            terms = loss.terms_from_scores if is_matched else loss.terms
            called = self.sources.call(terms, self.code.loss_input, "t")
            return operation("float(np.sum(w @ terms))", terms=called)
        total = loss.total_from_scores if is_matched else loss.total
        return self.sources.call(total, self.code.loss_input, "t")

    def _penalty(self) -> list[str]:
        """The lines that sum the layers' penalties."""
        lines: list[str] = []
        for node in self.network.nodes:
            layer = node.layer
            if type(layer).penalty not in (Layer.penalty, Affine.penalty):
                raise UserError(f"{layer.name} has a penalty of its own, which can't be written")
            if isinstance(layer, Affine) and layer.kernel_regularizer:
                kernel = symbol(self.network, f"{node.name}/W")
                value = self.sources.call(layer.kernel_regularizer.value, kernel)
                lines.append(f"penalty {'+=' if lines else '='} {value}")
        return lines
