"""Array headers: checks what a file's header declares before allocating an array."""

import math
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from nncli.frozen import frozen

MAX_DIMENSIONS = 32
PIECE = 1 << 20  # bytes read at a time


class Malformed(ValueError):
    """A file violates its format."""


@frozen
class Declared:
    """An array as declared by a header; nothing has been allocated for it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_fortran: bool = False

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def declared(shape: Any, dtype: np.dtype[Any], found: int, *, is_fortran: bool = False) -> Declared:
    """The declared array, if it takes exactly `found` bytes. Raises Malformed otherwise."""
    is_shape = isinstance(shape, list | tuple) and len(shape) <= MAX_DIMENSIONS
    if not is_shape or not all(type(length) is int and length >= 0 for length in shape):
        raise Malformed("its shape isn't one")
    array = Declared(tuple(shape), dtype, is_fortran)
    if dtype.itemsize == 0 or array.bytes != found:
        raise Malformed(f"its header declares {array.bytes:,} bytes, the file has {found:,}")
    return array


def filled(array: Declared, read: Callable[[int], bytes]) -> Any:
    """A new array with the bytes that `read` returns. Raises Malformed if they end too early."""
    flat = np.empty(math.prod(array.shape), array.dtype)
    fill(flat, read)
    return flat.reshape(array.shape, order="F" if array.is_fortran else "C")


def fill(out: Any, read: Callable[[int], bytes]) -> None:
    """Read bytes into a contiguous array, a piece at a time. Raises Malformed as `filled`."""
    target = out.reshape(-1).view(np.uint8)
    start = 0
    while start < len(target):
        piece = read(min(PIECE, len(target) - start))
        if not piece:
            raise Malformed("it ends too early")
        target[start : start + len(piece)] = np.frombuffer(piece, np.uint8)
        start += len(piece)


def exactly(file: IO[bytes], count: int) -> bytes:
    """Exactly `count` bytes. Raises Malformed if the file ends before."""
    content = file.read(count)
    if len(content) != count:
        raise Malformed("it ends too early")
    return content
