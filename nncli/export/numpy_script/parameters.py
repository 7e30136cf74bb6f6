"""Parameters: the vectors of a script, the views into them, and their initial values."""

import re
from collections.abc import Iterator

import numpy as np

from nncli.engine.layout import Tensor
from nncli.engine.network import Node
from nncli.engine.notation import symbol
from nncli.engine.state import stream
from nncli.export.numpy_script.expressions import dtype_argument
from nncli.export.numpy_script.formatting import INNER, comment, indented
from nncli.export.numpy_script.job_code import JobCode
from nncli.export.numpy_script.sources import Sources
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.initializers import Initializer

STREAMS = {"init": "initial weights", "shuffle": "row orders", "dropout": "dropout and noise"}


def generator(name: str, seed: int, variable: str = "") -> str:
    """The line that creates the random stream init, shuffle or dropout."""
    sequence = stream(name, seed).bit_generator.seed_seq
    assert isinstance(sequence, np.random.SeedSequence)
    made = f"{variable or name} = np.random.default_rng({sequence.entropy})"
    return f"{made}  # the stream of {STREAMS[name]}, of seed {seed}"


@frozen
class Parameters:
    """Writes the parameters of one run."""

    code: JobCode
    sources: Sources

    @property
    def _suffix(self) -> str:
        return dtype_argument(self.code.literals.dtype)

    def vectors(self) -> list[str]:
        """The lines that define theta, the optimizer's slots, and a name for every tensor."""
        layout, suffix = self.code.network.layout, self._suffix
        lines = [
            *comment("every trained number lies in one vector; W1, b1, ... are views into it"),
            f"theta = np.zeros({layout.trainable}{suffix})",
        ]
        ordered = sorted(layout.tensors, key=lambda tensor: tensor.start)
        lines += [f"{self._symbol(tensor.name)} = {self._place(tensor)}" for tensor in ordered]
        if self.code.slots:
            lines += comment("the optimizer's memory: a number for each one in theta")
        for name, slot in self.code.slots.items():
            start = self.code.job.optimizer.slot_start(name)
            made = (
                f"np.full({len(slot)}, {start!r}{suffix})"
                if start
                else f"np.zeros({len(slot)}{suffix})"
            )
            lines.append(f"{name} = {made}")
        return lines

    def _place(self, tensor: Tensor) -> str:
        """The expression for a tensor: a view into theta or, if it isn't trained, a new array."""
        if tensor.start >= self.code.network.layout.trainable:
            shape = (
                f"({', '.join(map(str, tensor.shape))})" if len(tensor.shape) > 1 else tensor.size
            )
            return f"np.zeros({shape}{self._suffix})"
        view = f"theta[{tensor.start}:{tensor.start + tensor.size}]"
        return f"{view}.reshape{tensor.shape}" if len(tensor.shape) > 1 else view

    def initialize(self) -> list[str]:
        """The function that sets every tensor to its initial values."""
        body: list[str] = []
        is_drawn = False
        for name, tensor, initializer in self._starts():
            if initializer.given_by:
                body.append(f"{name}[:] = {name}_start")
                continue
            arguments = {"shape": str(tensor.shape), "random": "random", "name": repr(tensor.name)}
            lines, value = self.sources.lines(initializer.__call__, **arguments)
            is_drawn |= "random" in value
            if "random" in value:
                formula = initializer.summary
                formula = formula[:1].lower() + formula[1:]
                body += comment(f"{name}, {initializer.name}: {formula}", INNER)
            value = re.sub(r"\(\((\d+),\)", r"(\1", value)  # np.zeros(8) is shorter than of (8,)
            body += [*lines, f"{name}[:] = {value}"]
        body += [f"{slot}[:] = {slot}_start" for slot in self._given_slots()]
        seed = self.code.job.seeds.init
        random = [generator("init", seed, "random")] if is_drawn else []
        words = '"""Give every parameter its value before the first step."""'
        return ["def initialize():", *indented([words, *random, *body])]

    def given(self) -> dict[str, Array]:
        """The initial values that the config or a file gives, by name."""
        weights = {
            f"{name}_start": initializer(tensor.shape, None, tensor.name)  # type: ignore[arg-type]  # draws nothing
            for name, tensor, initializer in self._starts()
            if initializer.given_by
        }
        slots = {f"{name}_start": slot for name, slot in self._given_slots().items()}
        return {**weights, **slots}

    def _given_slots(self) -> dict[str, Array]:
        """The slots whose initial values the config gives."""
        slots, optimizer = self.code.slots, self.code.job.optimizer
        return {name: slot for name, slot in slots.items() if optimizer.slot_tensors(name)}

    def _starts(self) -> Iterator[tuple[str, Tensor, Initializer]]:
        """(symbol, tensor, initializer) of every tensor, in the order of drawing."""
        network = self.code.network
        tensors = {tensor.name: tensor for tensor in network.layout.tensors}
        for node in network.nodes:
            starts = node.layer.initializers()
            for name in self._names(node):
                full = f"{node.name}/{name}"
                yield self._symbol(full), tensors[full], starts[name]

    @staticmethod
    def _names(node: Node) -> list[str]:
        return [
            *node.layer.param_shapes(node.input_shape),
            *node.layer.state_shapes(node.input_shape),
        ]

    def _symbol(self, name: str) -> str:
        return symbol(self.code.network, name)
