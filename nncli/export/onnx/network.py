"""Network: the recorded forward pass as nodes, so that no layer is written twice.

It is recorded for two batches of different sizes: what is the same in both is independent of the
number of rows, which a graph doesn't know.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.operations import (
    Composite,
    Concatenate,
    Copy,
    Elementwise,
    Gather,
    Opaque,
    Operation,
    Product,
    Reduction,
)
from nncli.engine.rows import X
from nncli.engine.tape import SIZE_MATTERS, Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.errors import UserError
from nncli.export.onnx.array_values import Memory, place
from nncli.export.onnx.convolution import composite_nodes
from nncli.export.onnx.formulas import REDUCTIONS, formula
from nncli.export.onnx.graph import INT64, Graph, Value
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers, Shape

PROBES = (7, 12)  # rows of the batches that are recorded
DEPENDS_ON_ROWS = "a part computes with the number of rows, which an ONNX graph doesn't know"


@frozen
class _Recording:
    """The operations of a batch, with its inputs, the layers' buffers and the parameters."""

    operations: Sequence[Operation]
    inputs: Mapping[str, Array]
    buffers: Sequence[LayerBuffers]
    tensors: Mapping[str, Array]

    @classmethod
    def of(
        cls, network: Network, theta: Array, blocks: Mapping[str, Value], rows: int
    ) -> "_Recording":
        inputs = {name: np.zeros(rows, value.dtype) for name, value in blocks.items()}
        inputs[X] = np.zeros((rows, network.inputs), theta.dtype)
        workspace, tape = Workspace(network, rows, theta), Tape()
        buffers = workspace.buffers(inputs)
        passes.forward(network, recorded(buffers, tape))
        return cls(tape.operations, inputs, buffers, workspace.tensors)

    def names(self, network: Network) -> dict[tuple[object, ...], str]:
        """The names of arrays, such as `hidden_1/z`, by `place`."""
        found: dict[tuple[object, ...], str] = {}
        for node, own in zip(network.nodes, self.buffers, strict=True):
            for name, array in {**own.saved, "a": own.y}.items():
                found.setdefault(place(array), f"{node.name}/{name}")
        return found


class _Translator:
    """Translates operations to nodes. rows: a value with a row axis.  ones: of the buffers."""

    def __init__(self, graph: Graph, rows: Value, ones: Array, dtype: Any) -> None:
        self.graph, self.rows, self.ones, self.dtype = graph, rows, ones, np.dtype(dtype)
        self.memory = Memory()

    def __call__(self, operation: Operation, alike: Operation) -> None:
        """Add the nodes of an operation. alike: the same one in a batch of another size."""
        value, shape = self._computed(operation, alike)
        target = operation.target
        if tuple(shape) != target.shape:
            value = self._broadcast(value, target.shape, alike.target.shape)
        self.memory.put(target, value)

    def _computed(self, operation: Operation, alike: Operation) -> tuple[Value, Shape]:
        """(the value of an operation, its shape before it is broadcast to the target)."""
        match operation, alike:
            case Elementwise(ufunc, operands, _), Elementwise():
                given = [self._get(*both) for both in zip(operands, alike.operands, strict=True)]
                return formula(ufunc)(*given), np.broadcast_shapes(*map(np.shape, operands))
            case Reduction(source=source, target=target), Reduction():
                return _reduced(operation, self._get(source, alike.source)), target.shape
            case Product(left, right, target), Product():
                if np.ndim(left) == 0 or np.ndim(right) not in (1, 2):  # MatMul isn't np.dot
                    raise UserError("a part multiplies arrays of several axes by np.dot")
                first, second = self._get(left, alike.left), self._get(right, alike.right)
                return first.apply("MatMul", second), target.shape
            case Copy(source, _), Copy():
                return self._get(source, alike.source), np.shape(source)
            case Concatenate(sources, axis, target), Concatenate():
                pairs = zip(sources, alike.sources, strict=True)
                found = [self._get(*both) for both in pairs if both[0].size]
                whole = self.graph.add("Concat", *found, dtype=found[0].dtype, axis=axis)
                return whole, target.shape
            case Gather(source, index, axis, target), Gather():
                first, second = self._get(source, alike.source), self._get(index, alike.index)
                return self.graph.add(
                    "Gather", first, second, dtype=first.dtype, axis=axis
                ), target.shape
            case Composite(), Composite():
                held = {id(a): b for a, b in zip(operation.arguments, alike.arguments, strict=True)}
                value = composite_nodes(operation, lambda array: self._get(array, held[id(array)]))
                return value, operation.target.shape
        name = operation.name if isinstance(operation, Opaque) else type(operation).__name__
        raise UserError(f"a part calls {name}, for which there is no ONNX operator")

    def _get(self, operand: Any, other: Any) -> Value:
        """The value of an operand. other: the same operand in a batch of another size."""
        array = np.asarray(operand)
        if (held := self.memory.get(array)) is not None:
            return held
        if np.shares_memory(array, self.ones):
            return self._broadcast(
                self.graph.constant(1.0, self.dtype), array.shape, np.shape(other)
            )
        if np.shape(other) != array.shape or not np.array_equal(array, other, equal_nan=True):
            raise UserError(DEPENDS_ON_ROWS)
        return self.graph.constant(array)

    def _broadcast(self, value: Value, shape: Shape, other: Shape) -> Value:
        """A value, broadcast to a shape. other: the shape in a batch of another size."""
        if shape[1:] != other[1:]:
            raise UserError(DEPENDS_ON_ROWS)
        sizes = self.graph.constant(np.array(shape, dtype=np.int64))
        if shape != other:
            sizes = self.graph.add("Shape", self.rows, dtype=INT64, start=0, end=1)
            if len(shape) > 1:
                rest = np.array(shape[1:], dtype=np.int64)
                sizes = self.graph.add("Concat", sizes, rest, dtype=INT64, axis=0)
        return value.apply("Expand", sizes)


def _reduced(operation: Reduction, source: Value) -> Value:
    if operation.ufunc not in REDUCTIONS:
        name = f"{operation.ufunc.__name__}.reduce"
        raise UserError(f"a part calls {name}, for which there is no ONNX operator of float64")
    axis, count = operation.axis, operation.source.ndim
    axes = range(count) if axis is None else np.atleast_1d(axis).tolist()
    kind, keeps = REDUCTIONS[operation.ufunc], operation.has_kept_axis
    return source.reduced(kind, [*axes], keeps=keeps)


def add_network(
    graph: Graph, network: Network, theta: Array, inputs: Mapping[str, Value], prefix: str = ""
) -> Value:
    """Add a network's forward pass, as in evaluation, to a graph; returns the outputs.

    theta: the parameters, in the network's dtype.  inputs: the input blocks by name: x, (rows,
    width), and codes, (rows,) integers.
    prefix: of the names of the values, which tells several networks apart.
    Raises UserError, with its name, for an operation that can't be written as nodes.
    """
    first, second = (_Recording.of(network, theta, inputs, rows) for rows in PROBES)
    if len(first.operations) != len(second.operations):
        raise UserError(SIZE_MATTERS)
    rows = next(iter(inputs.values()))
    translate = _Translator(graph, rows, first.buffers[0].ones, theta.dtype)
    for name, value in inputs.items():
        translate.memory.put(first.inputs[name], value)
    for name, array in first.tensors.items():
        translate.memory.put(array, graph.constant(array.copy(), name=f"{prefix}{name}"))
    names = first.names(network)
    for operation, alike in zip(first.operations, second.operations, strict=True):
        with graph.naming(prefix + names.get(place(operation.target), "step")):
            translate(operation, alike)
    outputs = translate.memory.get(first.buffers[-1].y)
    assert outputs is not None
    return outputs
