"""Recorder: records a part's kernels on named arrays."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from nncli.engine.layout import gradient_of
from nncli.engine.tape import SIZE_MATTERS, Tape
from nncli.errors import UserError
from nncli.parts.arrays import Array, LayerBuffers, Shape
from nncli.parts.layers import Layer
from nncli.playground.statements import Names, Statement, statement
from nncli.playground.symbols import Notebook
from nncli.registry import Part

AXES = ("rows", "inputs", "units", "parameters")
LENGTHS = ((23, 13, 17, 19), (29, 11, 37, 31))  # each part is recorded on both
Fragment = dict[str, Any]
P = TypeVar("P", bound=Part)


def tunable(part: Part) -> dict[str, float]:
    """The numeric keys of a part and its activation; `betas` become betas_0 and betas_1.

    A key that is 0 isn't among them, because it changes which calls are made.
    """
    found: dict[str, float] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Part) and value.kind == "activation":
            found |= tunable(value)
        elif isinstance(value, tuple):
            numbers = [each for each in value if isinstance(each, float)]
            found |= {f"{field.name}_{place}": each for place, each in enumerate(numbers)}
        elif isinstance(value, float) and value:
            found[field.name] = value
    return found


def with_symbols(part: P, notebook: Notebook) -> P:
    """The part with symbols as values of its tunable keys."""
    changes: dict[str, Any] = {}
    for field in fields(part):
        name, value = field.name, getattr(part, field.name)
        if isinstance(value, Part) and value.kind == "activation":
            changes[name] = with_symbols(value, notebook)
        elif isinstance(value, tuple) and value and isinstance(value[0], float):
            changes[name] = tuple(notebook.symbol(f"{name}_{n}") for n in range(len(value)))
        elif isinstance(value, float) and value:
            changes[name] = notebook.symbol(name)
    return replace(part, **changes)


class Recorder:
    """Records kernels on named arrays with axes of the given lengths."""

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self.notebook = Notebook()
        self.names = Names(lengths, self.notebook)
        self.rows, self.inputs, self.units, self.parameters = (lengths[axis] for axis in AXES)
        for axis, length in lengths.items():  # for means over an axis
            self.notebook.number(1.0 / length, ["/", 1.0, axis])

    def array(self, name: str, *shape: int) -> Array:
        array = np.full(shape, 0.5)
        self.names.add(name, array)
        return array

    def statements(self, work: Callable[[Tape], None]) -> list[Statement]:
        tape = Tape()
        work(tape)
        return [statement(operation, self.names) for operation in tape.operations]

    def buffers(self, layer: Layer) -> LayerBuffers:
        """A layer's buffers under their own names; gradients are called dW and so on."""
        shape: Shape = (self.inputs,)
        outputs = layer.output_shape(shape)
        params, state = layer.param_shapes(shape), layer.state_shapes(shape)
        rows, saved = self.rows, layer.saved_shapes(self.rows, shape)
        return LayerBuffers(
            x=self.array("x", rows, *shape),
            y=self.array("y", rows, *outputs),
            ones=self.array("ones", rows),
            dx=self.array("dx", rows, *shape),
            dy=self.array("dy", rows, *outputs),
            params={name: self.array(name, *size) for name, size in params.items()},
            grads={name: self.array(gradient_of(name), *size) for name, size in params.items()},
            state={name: self.array(name, *size) for name, size in state.items()},
            saved={name: self.array(name, *size) for name, size in saved.items()},
            uniform=_no_draw,
        )

    @property
    def shapes(self) -> dict[str, Any]:
        return self.names.shapes


def in_general(record: Callable[[Recorder], Fragment]) -> Fragment:
    """What `record` finds, if it is the same for axes of any length. Raises UserError otherwise."""
    found = [record(Recorder(dict(zip(AXES, lengths, strict=True)))) for lengths in LENGTHS]
    if found[0] != found[1]:
        raise UserError(SIZE_MATTERS)
    return found[0]


def _no_draw(out: Array) -> None:
    raise AssertionError("a draw is recorded, not made")
