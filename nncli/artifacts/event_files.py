"""Event files: write TensorBoard's logs without its package.

A file is a sequence of TFRecords: length of the event, CRC of the length, event, CRC of the event.
An event is a protocol buffer: TensorFlow's event.proto and summary.proto.
"""

import math
import struct
from collections.abc import Mapping
from functools import cache

from nncli.artifacts.protobuf import double, integer, nested, single, text

POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
MASK_DELTA = 0xA282EAD8
MAX_FLOAT32 = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
DT_STRING = 7  # of types.proto


@cache
def _table() -> tuple[int, ...]:
    """The CRC remainder of each byte value."""
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
    """The masked CRC that TFRecord stores: a CRC over data with plain CRCs would be weak."""
    return ((check >> 15 | check << 17) + MASK_DELTA) & 0xFFFFFFFF


def record(event: bytes) -> bytes:
    """An event as a TFRecord."""
    length = struct.pack("<Q", len(event))
    checks = (struct.pack("<I", masked(crc32c(part))) for part in (length, event))
    return length + next(checks) + event + next(checks)


def version(moment: float) -> bytes:
    """The first record of every file. moment: seconds since 1970."""
    return record(double(1, moment) + text(3, "brain.Event:2"))


def scalars(moment: float, step: int, values: Mapping[str, float]) -> bytes:
    """The record of scalars at a step, as float32; values beyond its range become infinite."""
    summary = b"".join(
        nested(1, text(1, tag) + single(2, _in_range(value))) for tag, value in values.items()
    )
    return record(double(1, moment) + integer(2, step) + nested(5, summary))


def words(moment: float, tag: str, content: str) -> bytes:
    """The record of a text, which TensorBoard shows as Markdown."""
    metadata = nested(1, text(1, "text"))
    tensor = integer(1, DT_STRING) + nested(2, nested(2, integer(1, 1))) + text(8, content)
    value = text(1, tag) + nested(8, tensor) + nested(9, metadata)
    return record(double(1, moment) + integer(2, 0) + nested(5, nested(1, value)))


def _in_range(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) > MAX_FLOAT32 else value
