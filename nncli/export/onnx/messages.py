"""Messages: the tensors, nodes, inputs and the model of ONNX as bytes, by field number.

The numbers are those of onnx.proto (github.com/onnx/onnx), IR version 8.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nncli.artifacts.protobuf import data, integer, nested, packed_integers, single, text
from nncli.parts.arrays import Array

IR_VERSION = 8
OPSETS = {"": 18, "ai.onnx.ml": 3}  # versions that onnxruntime 1.16 of 2023 supports
ROWS = "rows"  # the name of the first axis of every input and output
STRING = 8
TYPES = {"f4": 1, "i8": 7, "b1": 9, "f8": 11}

Dimension = int | str
Attribute = int | str | float | Sequence[int] | Sequence[str]


def type_number(values: Array) -> int:
    """The TensorProto.DataType of an array; `STRING` for texts."""
    return STRING if values.dtype.kind == "U" else TYPES[values.dtype.str[1:]]


def tensor(name: str, values: Array) -> bytes:
    """A TensorProto; numbers are raw little-endian bytes."""
    shape, kind = b"".join(integer(1, size) for size in values.shape), type_number(values)
    if kind == STRING:
        content = b"".join(text(6, each) for each in values.ravel().tolist())
    else:
        content = data(9, np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes())
    return shape + integer(2, kind) + text(8, name) + content


def attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto."""
    if isinstance(value, str):
        return text(1, name) + text(4, value) + integer(20, 3)
    if isinstance(value, int):
        return text(1, name) + integer(3, value) + integer(20, 2)
    if isinstance(value, float):
        return text(1, name) + single(2, value) + integer(20, 1)
    if all(isinstance(each, str) for each in value):
        return text(1, name) + b"".join(text(9, str(each)) for each in value) + integer(20, 8)
    return text(1, name) + packed_integers(8, map(int, value)) + integer(20, 7)


def node(
    kind: str,
    inputs: Sequence[str],
    output: str,
    domain: str = "",
    attributes: Mapping[str, Attribute] | None = None,
) -> bytes:
    """A NodeProto with one output."""
    written = b"".join(nested(5, attribute(*each)) for each in (attributes or {}).items())
    read = b"".join(text(1, name) for name in inputs)
    return read + text(2, output) + text(4, kind) + written + text(7, domain)


def described(name: str, kind: int, shape: Sequence[Dimension], words: str = "") -> bytes:
    """A ValueInfoProto: the name, type, shape and description of an input or output."""
    axes = b"".join(
        nested(1, text(2, size) if isinstance(size, str) else integer(1, size)) for size in shape
    )
    tensor_type = integer(1, kind) + nested(2, axes)
    return text(1, name) + nested(2, nested(1, tensor_type)) + text(3, words)


def model(
    name: str,
    graph: Iterable[bytes],
    *,
    producer: tuple[str, str],
    words: str,
    metadata: Mapping[str, str],
) -> bytes:
    """A ModelProto. graph: the fields of its GraphProto, without its name."""
    opsets = b"".join(
        nested(8, text(1, domain) + integer(2, version)) for domain, version in OPSETS.items()
    )
    properties = b"".join(nested(14, text(1, k) + text(2, v)) for k, v in metadata.items())
    written = nested(7, b"".join([text(2, name), *graph]))
    begin = integer(1, IR_VERSION) + text(2, producer[0]) + text(3, producer[1]) + text(6, words)
    return begin + written + opsets + properties
