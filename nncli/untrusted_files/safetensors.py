"""The .safetensors format; every number in the header is checked before use.

    8 bytes n, little-endian | n bytes of JSON | the tensors' numbers, one after the other

The JSON maps a name to {"dtype", "shape", "data_offsets"}, and `__metadata__` to texts by name.
Source: the format's description in the safetensors project.
"""

import json
from typing import IO, Any

import numpy as np

from nncli.untrusted_files.array_headers import Declared, Malformed, declared, exactly, fill, filled
from nncli.untrusted_files.opening import size_in_words, size_of

MAX_HEADER_BYTES = 1 << 24  # bytes
DTYPES = {
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    "BOOL": "?",
}


class SafetensorsFile:
    """An open .safetensors file. arrays: what it declares; `read` reads one.

    Raises Malformed for another file, or a dtype that NumPy lacks.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, size = file, size_of(file)
        length = int.from_bytes(exactly(file, 8), "little")
        if length > min(size - 8, MAX_HEADER_BYTES):
            most = size_in_words(MAX_HEADER_BYTES)
            raise Malformed(f"its header is longer than the file, or than {most}")
        header = _object(exactly(file, length), "its header")
        self.metadata = _texts(header.pop("__metadata__", {}))
        self._starts: dict[str, int] = {}
        self.arrays: dict[str, Declared] = {}
        ends: list[tuple[int, int]] = []
        for name, entry in header.items():
            try:
                self.arrays[name], start, end = _tensor(entry)
            except Malformed as error:
                raise Malformed(f"{name}: {error}") from None
            self._starts[name] = 8 + length + start
            ends.append((start, end))
        _check_order(ends, size - 8 - length)

    def read(self, name: str) -> Any:
        """Read a tensor into a new array."""
        self._file.seek(self._starts[name])
        return filled(self.arrays[name], self._file.read)

    def check(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Raises Malformed if a tensor has another shape or dtype."""
        array = self.arrays[name]
        if array.shape != shape:
            raise Malformed(f"{name}: expected shape {shape}, found {array.shape}")
        if array.dtype != dtype:
            raise Malformed(f"{name}: expected {dtype}, found {array.dtype}")

    def fill(self, name: str, out: Any) -> None:
        """Read a tensor into a contiguous array. Raises Malformed if shape or dtype differ."""
        self.check(name, out.shape, out.dtype)
        self._file.seek(self._starts[name])
        fill(out, self._file.read)


def _object(text: bytes, what: str) -> dict[str, Any]:
    """A JSON object. Raises Malformed for anything else, or repeated names."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Malformed(f"{what} has a name twice")
        return found

    try:
        found = json.loads(text.decode(), object_pairs_hook=unique)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed(f"{what} is not JSON") from None
    if not isinstance(found, dict):
        raise Malformed(f"{what} is not a JSON object")
    return found


def _texts(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Malformed("its metadata is not text by name")
    return metadata


def _tensor(entry: Any) -> tuple[Declared, int, int]:
    """(the declared array, its first byte, the byte after its last), relative to the numbers."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise Malformed("expected dtype, shape and data_offsets")
    offsets, dtype = entry["data_offsets"], entry["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise Malformed(f"a type that isn't read: {str(dtype)[:20]}")
    if not (isinstance(offsets, list) and [type(offset) for offset in offsets] == [int, int]):
        raise Malformed("its offsets are not two numbers")
    start, end = offsets
    return declared(entry["shape"], np.dtype(DTYPES[dtype]), end - start), start, end


def _check_order(ends: list[tuple[int, int]], size: int) -> None:
    """Raises Malformed unless the tensors cover the numbers without gaps or overlaps."""
    at = 0
    for start, end in sorted(ends):
        if start != at:
            raise Malformed("its tensors overlap, or leave gaps")
        at = end
    if at != size:
        raise Malformed(f"its tensors take {at:,} bytes, the file has {size:,}")
