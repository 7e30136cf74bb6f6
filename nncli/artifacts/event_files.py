"""Event files: TensorBoard's logs, written without it.

A file is records, one after the other: the length of an event, the check of the length, the event,
its check (TFRecord). An event is a protocol buffer: event.proto and summary.proto of TensorFlow.
"""

import math
import struct
from collections.abc import Mapping
from functools import cache

from nncli.artifacts.protobuf import double, integer, nested, single, text

POLYNOMIAL = 0x82F63B78  # Castagnoli's, its bits in reverse
MASK_DELTA = 0xA282EAD8
GREATEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]  # of float32
STRING = 7  # DT_STRING of types.proto


@cache
def _table() -> tuple[int, ...]:
    """The remainder of each byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


def crc32c(content: bytes) -> int:
    """The cyclic redundancy check CRC-32C.

    >>> hex(crc32c(b"123456789"))  # the check value of RFC 3720
    '0xe3069283'
    """
    table, rest = _table(), 0xFFFFFFFF
    for byte in content:
        rest = rest >> 8 ^ table[(rest ^ byte) & 0xFF]
    return rest ^ 0xFFFFFFFF


def masked(check: int) -> int:
    """A check as it is stored, so that the check of data that hold checks stays good."""
    return ((check >> 15 | check << 17) + MASK_DELTA) & 0xFFFFFFFF


def record(event: bytes) -> bytes:
    """An event as it stands in a file."""
    length = struct.pack("<Q", len(event))
    checks = (struct.pack("<I", masked(crc32c(part))) for part in (length, event))
    return length + next(checks) + event + next(checks)


def version(moment: float) -> bytes:
    """The record that begins every file. moment: seconds since 1970."""
    return record(double(1, moment) + text(3, "brain.Event:2"))


def scalars(moment: float, step: int, values: Mapping[str, float]) -> bytes:
    """The record of some numbers at a step, as float32; beyond its range they are infinite."""
    summary = b"".join(
        nested(1, text(1, tag) + single(2, _in_range(value))) for tag, value in values.items()
    )
    return record(double(1, moment) + integer(2, step) + nested(5, summary))


def words(moment: float, tag: str, content: str) -> bytes:
    """The record of a text, which TensorBoard takes for Markdown."""
    metadata = nested(1, text(1, "text"))
    tensor = integer(1, STRING) + nested(2, nested(2, integer(1, 1))) + text(8, content)
    value = text(1, tag) + nested(8, tensor) + nested(9, metadata)
    return record(double(1, moment) + integer(2, 0) + nested(5, nested(1, value)))


def _in_range(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) > GREATEST else value
