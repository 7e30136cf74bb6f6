"""Encode protocol buffers: a message is the concatenation of its fields.

The wire format of a field is a tag and a value (protobuf.dev/programming-guides/encoding). This
subset writes ONNX and TensorBoard files without their packages:

>>> message = integer(1, 150) + text(2, "testing")
>>> message.hex()
'089601120774657374696e67'
>>> nested(3, message)[:2].hex()
'1a0c'
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5


def integer(field: int, value: int) -> bytes:
    """An int32, int64, bool or enum; a negative value is encoded as 2^64 + value."""
    return _tag(field, _VARINT) + _varint(value)


def double(field: int, value: float) -> bytes:
    return _tag(field, _FIXED64) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    """A float, rounded to float32."""
    return _tag(field, _FIXED32) + struct.pack("<f", value)


def text(field: int, value: str) -> bytes:
    return data(field, value.encode())


def data(field: int, value: bytes) -> bytes:
    return _tag(field, _LENGTH_DELIMITED) + _varint(len(value)) + value


def nested(field: int, message: bytes) -> bytes:
    """An embedded message, which is encoded as bytes."""
    return data(field, message)


def packed_integers(field: int, values: Iterable[int]) -> bytes:
    return data(field, b"".join(map(_varint, values)))


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Base 128, low seven bits first; every byte except the last has its high bit set."""
    rest = value % (1 << 64)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)
