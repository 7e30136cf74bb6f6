"""Graph: nodes in the order they run, and values whose arithmetic adds nodes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from nncli.artifacts.protobuf import nested
from nncli.export.onnx import messages
from nncli.export.onnx.messages import Attribute, Dimension
from nncli.frozen import frozen
from nncli.parts.arrays import Array

FLOAT64, INT64, BOOL, TEXT = np.dtype("f8"), np.dtype("i8"), np.dtype("?"), np.dtype("U")


@frozen(eq=False)
class Value:
    """The result of a node, an input or a constant. Arithmetic on it adds nodes to its graph."""

    graph: "Graph"
    name: str
    dtype: np.dtype[Any]

    def _with(self, kind: str, *others: Any, dtype: np.dtype[Any] | None = None) -> "Value":
        return self.graph.add(kind, self, *others, dtype=dtype or self.dtype)

    def __add__(self, other: Any) -> "Value":
        return self._with("Add", other)

    def __sub__(self, other: Any) -> "Value":
        return self._with("Sub", other)

    def __rsub__(self, other: Any) -> "Value":
        return self.graph.constant(other, self.dtype)._with("Sub", self)

    def __mul__(self, other: Any) -> "Value":
        return self._with("Mul", other)

    def __truediv__(self, other: Any) -> "Value":
        return self._with("Div", other)

    def __neg__(self) -> "Value":
        return self._with("Neg")

    def __gt__(self, other: Any) -> "Value":
        return self._with("Greater", other, dtype=BOOL)

    def __ge__(self, other: Any) -> "Value":
        return self._with("GreaterOrEqual", other, dtype=BOOL)

    def __lt__(self, other: Any) -> "Value":
        return self._with("Less", other, dtype=BOOL)

    def __le__(self, other: Any) -> "Value":
        return self._with("LessOrEqual", other, dtype=BOOL)

    def equals(self, other: Any) -> "Value":
        return self._with("Equal", other, dtype=BOOL)

    def apply(self, kind: str, *others: Any) -> "Value":
        """The result of a node of some kind, in the dtype of this value."""
        return self._with(kind, *others)

    def cast(self, dtype: Any) -> "Value":
        """The numbers in another dtype; the value itself if it has that dtype."""
        if self.dtype == (dtype := np.dtype(dtype)):
            return self
        number = messages.TYPES[dtype.str[1:]]
        return self.graph.add("Cast", self, dtype=dtype, to=number)

    def is_nan(self) -> "Value":
        return self._with("IsNaN", dtype=BOOL)

    def where(self, yes: "Value | Array | float", no: "Value | Array | float") -> "Value":
        """`yes` where this is true, else `no`: at least one is a value, or both are texts."""
        example = yes if isinstance(yes, Value) else no
        dtype = example.dtype if isinstance(example, Value) else TEXT
        return self.graph.add(
            "Where",
            self,
            self.graph.constant(yes, dtype),
            self.graph.constant(no, dtype),
            dtype=dtype,
        )

    def columns(self, places: Sequence[int]) -> "Value":
        """The columns at some indices, in that order."""
        index = np.array(places, dtype=np.int64)
        return self.graph.add("Gather", self, index, dtype=self.dtype, axis=1)

    def reduced(self, kind: str, axes: Sequence[int], *, keeps: bool = True) -> "Value":
        """A reduction along axes, such as ReduceSum or ReduceMax."""
        return self.graph.add(
            kind, self, np.array(axes, dtype=np.int64), dtype=self.dtype, keepdims=int(keeps)
        )


class Graph:
    """The nodes, constants, inputs and outputs of one model."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._nodes: list[bytes] = []
        self._constants: dict[object, tuple[str, Array]] = {}
        self._stem = ""
        self.inputs: list[bytes] = []
        self.outputs: list[bytes] = []

    @contextmanager
    def naming(self, stem: str) -> Iterator[None]:
        """Name the values added meanwhile `stem`, `stem_2`, ..."""
        before, self._stem = self._stem, stem
        yield
        self._stem = before

    def input(self, name: str, dtype: np.dtype[Any], words: str, width: int = 1) -> Value:
        """Add a column of cells. Inputs are added before nodes, so that each keeps its name."""
        self._taken.add(name)
        kind = messages.STRING if dtype == TEXT else messages.TYPES[dtype.str[1:]]
        self.inputs.append(messages.described(name, kind, (messages.ROWS, width), words))
        return Value(self, name, dtype)

    def output(self, name: str, value: Value, shape: Sequence[Dimension], words: str) -> str:
        """Add an output; returns its name, which is another one if a column has that name."""
        name = self.free(name)
        self._nodes.append(messages.node("Identity", [value.name], name))
        kind = messages.STRING if value.dtype == TEXT else messages.TYPES[value.dtype.str[1:]]
        self.outputs.append(messages.described(name, kind, shape, words))
        return name

    def free(self, name: str) -> str:
        """Take a name, with a number behind it if it is taken already."""
        number, found = 1, name
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found

    def constant(self, content: Any, dtype: Any = None, name: str = "constant") -> Value:
        """A number, array or texts as a value, stored once; a value is returned as it is."""
        if isinstance(content, Value):
            return content
        array = np.asarray(content, dtype)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            self._constants[key] = self.free(name), array
        kind = TEXT if array.dtype.kind == "U" else array.dtype
        return Value(self, self._constants[key][0], kind)

    def add(
        self,
        kind: str,
        *operands: Any,
        dtype: np.dtype[Any],
        domain: str = "",
        **attributes: Attribute,
    ) -> Value:
        """Add a node; returns its result. dtype: of the result.

        Operands that are plain numbers get the dtype of the first value among the operands.
        """
        first = next(each for each in operands if isinstance(each, Value))
        values = [
            self.constant(each, None if isinstance(each, np.ndarray) else first.dtype)
            for each in operands
        ]
        output = self.free(self._stem or kind.lower())
        self._nodes.append(
            messages.node(kind, [each.name for each in values], output, domain, attributes)
        )
        return Value(self, output, TEXT if dtype.kind == "U" else dtype)

    def concat(self, pieces: Sequence[Value]) -> Value:
        """Columns side by side."""
        if len(pieces) == 1:
            return pieces[0]
        return self.add("Concat", *pieces, dtype=pieces[0].dtype, axis=1)

    def fields(self) -> Iterator[bytes]:
        """The fields of the GraphProto, without its name."""
        yield from (nested(1, each) for each in self._nodes)
        yield from (nested(5, messages.tensor(*each)) for each in self._constants.values())
        yield from (nested(11, each) for each in self.inputs)
        yield from (nested(12, each) for each in self.outputs)
