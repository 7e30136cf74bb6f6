"""Protocol buffers, written: a message is the bytes of its fields, one after the other.

The wire format is a tag and a value a field (protobuf.dev/programming-guides/encoding). This is
enough of it for files of ONNX and of TensorBoard, so that nobody needs their packages to write one:

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
    """An int32, int64, bool or enum; one below 0 is written as 2^64 + value."""
    return _tag(field, _VARINT) + _varint(value)


def double(field: int, value: float) -> bytes:
    return _tag(field, _FIXED64) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    """A float: what is stored is the nearest float32."""
    return _tag(field, _FIXED32) + struct.pack("<f", value)


def text(field: int, value: str) -> bytes:
    return data(field, value.encode())


def data(field: int, value: bytes) -> bytes:
    return _tag(field, _LENGTH_DELIMITED) + _varint(len(value)) + value


def nested(field: int, message: bytes) -> bytes:
    """A message within a message: on the wire it is bytes like others."""
    return data(field, message)


def packed_integers(field: int, values: Iterable[int]) -> bytes:
    return data(field, b"".join(map(_varint, values)))


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Base 128, the low seven bits first; every byte but the last has its high bit set."""
    rest = value % (1 << 64)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)
