"""Network: the recorded forward pass as nodes. No layer is written twice.

It is recorded for two batches of different sizes: what is the same in both doesn't depend on the
number of rows, which a graph doesn't know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.operations import Copy, Elementwise, Gather, Opaque, Operation, Product, Reduction
from nncli.engine.rows import X
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.errors import UserError
from nncli.export.onnx.formulas import REDUCTIONS, formula
from nncli.export.onnx.graph import INT64, Graph, Value
from nncli.parts.arrays import Array, LayerBuffers

PROBES = (7, 12)  # rows of the batches that are recorded
DEPENDS_ON_ROWS = "a part computes with the number of rows, which an ONNX graph doesn't know"


def _memory(array: Array) -> tuple[object, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


@dataclass(frozen=True)
class _Recording:
    """The operations of a batch, with its inputs, its layers' buffers and its parameters."""

    operations: Sequence[Operation]
    inputs: Mapping[str, Array]
    buffers: Sequence[LayerBuffers]
    tensors: Mapping[str, Array]


def _record(
    network: Network, theta: Array, blocks: Mapping[str, tuple[tuple[int, ...], Any]], rows: int
) -> _Recording:
    inputs = {name: np.zeros((rows, *shape), dtype) for name, (shape, dtype) in blocks.items()}
    workspace, tape = Workspace(network, rows, theta), Tape()
    buffers = workspace.buffers(inputs)
    passes.forward(network, recorded(buffers, tape))
    return _Recording(tape.operations, inputs, buffers, workspace.tensors)


class _Names:
    """Array -> the name that its value gets: `hidden_1/z`."""

    def __init__(self, network: Network, recording: _Recording) -> None:
        self.arrays: dict[tuple[object, ...], str] = {}
        for node, own in zip(network.nodes, recording.buffers, strict=True):
            for name, array in {**own.saved, "a": own.y}.items():
                self.arrays.setdefault(_memory(array), f"{node.name}/{name}")

    def of(self, array: Array) -> str:
        return self.arrays.get(_memory(array), "step")


class _Translator:
    """Operations -> nodes. values: what each piece of memory holds by now."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Value], ones: Array, dtype: Any) -> None:
        self.graph, self.dtype, self.ones = graph, np.dtype(dtype), ones
        self.rows_of = next(iter(inputs.values()))
        self.values: dict[tuple[object, ...], tuple[Array, Value]] = {}

    def put(self, array: Array, value: Value) -> None:
        """From now on this memory holds the value. Raises UserError if it is but a piece of it."""
        for key, (other, _) in list(self.values.items()):
            if np.may_share_memory(other, array) and key != _memory(array):
                if other.size > array.size and np.shares_memory(other, array):
                    raise UserError("a part writes into a piece of an array, which no node can do")
                del self.values[key]
        self.values[_memory(array)] = array, value

    def get(self, operand: Any, other: Any) -> Value:
        """What an operand holds; other: the same operand in a batch of another size."""
        array = np.asarray(operand)
        if (known := self.values.get(_memory(array))) is not None:
            return known[1]
        for base, value in self.values.values():
            if (view := _view(array, base, value)) is not None:
                return view
            if array.size and np.shares_memory(array, base):
                raise UserError("a part reads a view of an array that no node makes")
        if np.shares_memory(array, self.ones):
            return self.full(self.graph.constant(1.0, self.dtype), array.shape)
        if np.shape(other) != array.shape or not np.array_equal(array, other, equal_nan=True):
            raise UserError(DEPENDS_ON_ROWS)
        return self.graph.constant(array)

    def full(self, value: Value, shape: Sequence[int]) -> Value:
        """A value spread over an array whose first axis is the rows."""
        count = self.graph.add("Shape", self.rows_of, dtype=INT64, start=0, end=1)
        sizes = [count, np.array(shape[1:], dtype=np.int64)] if len(shape) > 1 else [count]
        whole = self.graph.add("Concat", *sizes, dtype=INT64, axis=0) if len(sizes) > 1 else count
        return self.graph.add("Expand", value, whole, dtype=value.dtype)

    def spread(self, value: Value, shape: Sequence[int], target: Array, other: Array) -> Value:
        """A value of some shape as one of the target's."""
        if tuple(shape) == target.shape:
            return value
        if target.shape[0] == other.shape[0]:
            sizes = np.array(target.shape, dtype=np.int64)
            return self.graph.add("Expand", value, sizes, dtype=value.dtype)
        return self.full(value, target.shape)

    def __call__(self, operation: Operation, alike: Operation) -> None:
        """Add the nodes of an operation; alike: the same one in a batch of another size."""
        match operation, alike:
            case Elementwise(ufunc, operands, target), Elementwise():
                given = [self.get(*both) for both in zip(operands, alike.operands, strict=True)]
                value = formula(ufunc)(*given)
                shape = np.broadcast_shapes(*map(np.shape, operands))
                value = self.spread(value, shape, target, alike.target)
            case Reduction(ufunc, source, axis, has_kept_axis, target), Reduction():
                if ufunc not in REDUCTIONS:
                    raise UserError(f"a part calls {ufunc.__name__}.reduce: ONNX has no such node")
                axes = range(source.ndim) if axis is None else np.atleast_1d(axis)
                value = self.get(source, alike.source).reduced(
                    REDUCTIONS[ufunc], [int(each) for each in axes], keeps=has_kept_axis
                )
            case Product(left, right, target), Product():
                if max(np.ndim(left), np.ndim(right)) > 2 or 0 in (np.ndim(left), np.ndim(right)):
                    raise UserError("a part multiplies arrays of several axes by np.dot")
                first, second = self.get(left, alike.left), self.get(right, alike.right)
                value = first.apply("MatMul", second)
            case Copy(source, target), Copy():
                value = self.get(source, alike.source)
                value = self.spread(value, np.shape(source), target, alike.target)
            case Gather(source, index, axis, target), Gather():
                first, second = self.get(source, alike.source), self.get(index, alike.index)
                value = self.graph.add("Gather", first, second, dtype=first.dtype, axis=axis)
            case _:
                found = operation.name if isinstance(operation, Opaque) else type(operation)
                raise UserError(f"a part calls {found}, for which there is no ONNX operator")
        self.put(operation.target, value)


def _view(array: Array, base: Array, value: Value) -> Value | None:
    """A transposed, unsqueezed or cut array as nodes on the whole one; None if it is no such."""
    if array.dtype != base.dtype or not np.may_share_memory(array, base):
        return None
    if base.ndim == 2 and _memory(base.T) == _memory(array):
        return value.graph.add("Transpose", value, dtype=value.dtype)
    if base.size == 1 == array.size:
        shape = np.array(array.shape, dtype=np.int64)
        return value.graph.add("Reshape", value, shape, dtype=value.dtype)
    for axis in range(base.ndim + 1):
        if _memory(np.expand_dims(base, axis)) == _memory(array):
            axes = np.array([axis], dtype=np.int64)
            return value.graph.add("Unsqueeze", value, axes, dtype=value.dtype)
    for axis in range(base.ndim):
        if base.shape[axis] == 1 and _memory(base.squeeze(axis)) == _memory(array):
            axes = np.array([axis], dtype=np.int64)
            return value.graph.add("Squeeze", value, axes, dtype=value.dtype)
    return _cut(array, base, value)


def _cut(array: Array, base: Array, value: Value) -> Value | None:
    """A slice along one axis that isn't the rows."""
    if array.ndim != base.ndim or array.strides != base.strides:
        return None
    different = [n for n in range(base.ndim) if array.shape[n] != base.shape[n]]
    offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    if len(different) != 1 or different == [0] or offset % base.strides[different[0]]:
        return None
    axis, start = different[0], offset // base.strides[different[0]]
    bounds = [np.array([n], dtype=np.int64) for n in (start, start + array.shape[axis], axis)]
    return value.graph.add("Slice", value, *bounds, dtype=value.dtype)


def add_network(
    graph: Graph, network: Network, theta: Array, inputs: Mapping[str, Value], prefix: str = ""
) -> Value:
    """Add a network's forward pass, in evaluation, to a graph; what its output layer gives.

    theta: its parameters, of its dtype.  inputs: its input blocks, (rows, ...), by name.
    prefix: stands before the names of its values, so that several networks are told apart.
    Raises UserError, which names it, for an operation that can't be written as nodes.
    """
    blocks = {X: (network.input_shape, theta.dtype)}
    first, second = (_record(network, theta, blocks, rows) for rows in PROBES)
    if len(first.operations) != len(second.operations):
        raise UserError("a part computes batches of different sizes in different ways")
    translate = _Translator(graph, inputs, first.buffers[0].ones, theta.dtype)
    for name, block in first.inputs.items():
        translate.put(block, inputs[name])
    for name, array in first.tensors.items():
        value = graph.constant(array.copy(), name=f"{prefix}{name}")
        translate.values[_memory(array)] = array, value
    names = _Names(network, first)
    for operation, alike in zip(first.operations, second.operations, strict=True):
        with graph.naming(prefix + names.of(operation.target)):
            translate(operation, alike)
    return translate.get(first.buffers[-1].y, second.buffers[-1].y)
