"""Propagation: the tensors of a step's forward pass, loss and backward pass."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from nncli.engine.layout import gradient_of
from nncli.engine.network import Network, Node
from nncli.engine.notation import bracketed, scaled, symbol
from nncli.parts.layers import SKIP, InPlace
from nncli.trace.chain_rule import ChainRule
from nncli.trace.record import RecordedStep
from nncli.trace.tensor import Operand, Operands, Phase, TracedTensor, computed
from nncli.trace.window_sums import GEOMETRY, geometry
from nncli.trace.wording import about_loss, about_parameter, about_result


class Propagation:
    """The forward pass, loss and backward pass of one recorded step."""

    def __init__(self, network: Network, step: RecordedStep) -> None:
        self.network, self.step = network, step

    @cached_property
    def operands(self) -> dict[str, dict[str, Operand]]:
        """By layer: its parameters and arrays by their short names, and its input x."""
        known = {**self.step.before.tensors, **self.step.arrays}
        by_layer: dict[str, dict[str, Operand]] = {}
        first, given = self.network.nodes[0], known["input"]
        shape = (len(given), *first.input_shape)
        x = Operand("x", given.reshape(shape) if len(shape) > 2 else given)
        begins: list[Operand] = []
        for node in self.network.nodes:
            begins.append(x)
            own = {
                name.partition("/")[2]: Operand(symbol(self.network, name), array)
                for name, array in known.items()
                if name.startswith(f"{node.name}/")
            }
            self._split_shared(node, own)
            own |= _image_operands(node, own, x)
            if node.block:
                own[SKIP] = begins[-1 - node.block]
            by_layer[node.name] = {**own, "x": x}
            x = own["a"]
        return by_layer

    def _split_shared(self, node: Node, own: dict[str, Operand]) -> None:
        """Add z and dz, which share the arrays of a and da if the activation is the identity."""
        named = {**node.layer.formulas(), **node.layer.backward_formulas()}
        for inner, outer in (("z", "a"), ("dz", "da")):
            if inner in named and inner not in own and outer in own:
                name = symbol(self.network, f"{node.name}/{inner}")
                own[inner] = Operand(name, own[outer].values)

    def _computed(
        self, node: Node, name: str, phase: Phase, template: str, operands: Operands
    ) -> TracedTensor:
        own = self.operands[node.name][name]
        return computed(f"{node.name}/{name}", phase, own.symbol, own.values, template, operands)

    def forward(self) -> Iterator[TracedTensor]:
        """The input; each layer's parameters, state and results; the loss."""
        for name, values in self.step.arrays.items():
            if name.partition("/")[0] == "input":
                first = self.operands[self.network.nodes[0].name]["x"].values
                shown = first if name == "input" else values  # which has the axes of images
                yield TracedTensor(name, "forward", symbol(self.network, name), shown)
        for node in self.network.nodes:
            own = self.operands[node.name]
            given = [
                *node.layer.param_shapes(node.input_shape),
                *node.layer.state_shapes(node.input_shape),
            ]
            for name in given:
                it, said = own[name], about_parameter(node, name)
                yield TracedTensor(
                    f"{node.name}/{name}", "forward", it.symbol, it.values, meaning=said
                )
            for name, template in node.layer.formulas().items():
                tensor = self._computed(node, name, "forward", template, own)
                yield replace(tensor, meaning=about_result(self.network, node, name))
        yield from self._loss()

    @cached_property
    def _loss_operands(self) -> dict[str, Operand]:
        """The operands of the loss: outputs, targets and, if there are any, row weights."""
        step, last = self.step, self.operands[self.network.nodes[-1].name]
        ends = {"a": last["a"], "t": Operand("t", step.targets)}
        if step.weights is not None:
            wide = np.broadcast_to(step.weights[:, None], step.targets.shape)
            ends["w"] = Operand("w", wide)
        return ends

    def _loss(self) -> Iterator[TracedTensor]:
        step, loss, ends = self.step, self.network.loss, dict(self._loss_operands)
        smoothing = loss.smoothing_formula(self.network.outputs)
        smoothing = smoothing and f"t = {smoothing.format(y='y')}, y of the data: label smoothing"
        yield TracedTensor("targets", "forward", "t", step.targets, smoothing)
        if step.weights is not None:
            yield TracedTensor("weights", "forward", "w", step.weights)
        term = self._weighed(loss.fill(loss.formula))
        template = self._scaled(f"sum of {bracketed(term)} over rows and outputs") if term else ""
        if penalties := [*self._penalties()]:
            value = np.asarray(step.penalty)
            ends["penalty"] = Operand("penalty", value)
            template += " + {penalty}" if template else ""
            formula = f"penalty = {' + '.join(penalties)}"
            yield TracedTensor("penalty", "forward", "penalty", value, formula)
        tensor = computed("loss", "forward", "loss", np.asarray(step.loss), template, ends)
        yield replace(tensor, meaning=about_loss(self.network))

    def _penalties(self) -> Iterator[str]:
        for node in self.network.nodes:
            if formula := node.layer.penalty_formula():
                symbols = {key: it.symbol for key, it in self.operands[node.name].items()}
                yield formula.format(**symbols)

    def _weighed(self, template: str) -> str:
        """Multiply by the row's weight, if rows have weights."""
        has_weights = self.step.weights is not None and template
        return f"{bracketed(template)} * {{w}}" if has_weights else template

    def _scaled(self, template: str) -> str:
        """Multiply by the loss's reduction factor."""
        return scaled(template, self.network.loss.factor(*self.step.targets.shape))

    @cached_property
    def _rule(self) -> ChainRule:
        rows, has_weights = len(self.step.targets), self.step.weights is not None
        return ChainRule(self.network, rows, has_weights=has_weights)

    def backward(self) -> Iterator[TracedTensor]:
        """The gradients from the loss to the first layer with trained parameters."""
        following, rule = None, self._rule
        for node in reversed(self.network.nodes[self.network.first_trained :]):
            own = self.operands[node.name]
            formulas = dict(node.layer.backward_formulas())
            if following is not None:
                template = following.layer.backward_formulas().get("dx", "")
                its = {**self.operands[following.name]}
                for end in self.network.block_ends.get(self.network.nodes.index(following), ()):
                    its[f"da_{end}"] = self.operands[self.network.nodes[end].name]["da"]
                    template = f"{bracketed(template)} + {{da_{end}}}" if template else ""
                tensor = self._computed(node, "da", "backward", template, its)
                yield replace(tensor, meaning=rule.passed(node, following))
            else:
                tensor = self._start(node)
                yield replace(tensor, meaning=rule.start(node, tensor.name.rpartition("/")[2]))
                if self.network.is_matched:
                    del formulas["dz"]
            names = ["dz", *map(gradient_of, node.layer.param_shapes(node.input_shape))]
            for name in names:
                if name in own and (name in formulas or name != "dz"):
                    template = formulas.get(name, "")
                    tensor = self._computed(node, name, "backward", template, own)
                    yield replace(tensor, meaning=rule.inside(node, name))
            following = node

    def input_gradient(self) -> Iterator[TracedTensor]:
        """d(loss)/d(x), if the step has recorded it."""
        values, first = self.step.input_gradient, self.network.nodes[0]
        if values is None:
            return
        template = first.layer.backward_formulas().get("dx", "")
        tensor = computed("dx", "backward", "dx", values, template, self.operands[first.name])
        yield replace(tensor, meaning=self._rule.into_inputs(first))

    def _start(self, node: Node) -> TracedTensor:
        """The first gradient: d(loss)/d(a), or d(loss)/d(z) of a matched pair."""
        loss = self.network.loss
        if self.network.is_matched:
            name, template = "dz", loss.fill(loss.score_gradient_formula)
        else:
            name, template = "da", loss.fill(loss.gradient_formula)
        template = self._weighed(template)
        template = self._scaled(template) if template else ""
        return self._computed(node, name, "backward", template, self._loss_operands)


def _image_operands(node: Node, own: Operands, x: Operand) -> dict[str, Operand]:
    """Operands for windows (their geometry and sizes), and reshaped ones for in-place layers."""
    if windows := getattr(node.layer, "windows", None):
        over = windows(node.input_shape)
        counts = over.counts()[..., 0]
        return {GEOMETRY: Operand("", geometry(over)), "n": Operand("n", counts)}
    if isinstance(node.layer, InPlace):
        shape = (len(x.values), *node.layer.output_shape(node.input_shape))
        found = {"x_in_place": Operand(x.symbol, x.values.reshape(shape))}
        if "da" in own:
            in_place = own["da"].values.reshape(x.values.shape)
            found["da_in_place"] = Operand(own["da"].symbol, in_place)
        return found
    return {}
