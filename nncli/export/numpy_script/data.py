"""Data: arrays as text: short ones to read, long ones packed at the end of the script."""

import base64
import math
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nncli.engine.rows import Inputs
from nncli.errors import UserError
from nncli.export.numpy_script.formatting import WIDTH, listed
from nncli.export.numpy_script.literals import type_name
from nncli.parts.arrays import Array

MOST_WRITTEN_OUT = 2000  # numbers of all arrays together that are still there to be read
MOST_BYTES = 64 << 20
UNPACK = [
    "def unpacked(text, shape, dtype):",
    '    """The array whose bytes were compressed and written as letters."""',
    "    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).reshape(shape)",
]


@dataclass(frozen=True)
class Scaled:
    """Columns in their own units, by split; (raw - shift) / scale is what the network sees."""

    raw: Mapping[str, Array]
    shift: Array
    scale: Array


@dataclass
class Data:
    """The arrays of a script: `lines` define them, in order."""

    dtype: np.dtype[Any]
    is_packed: bool
    lines: list[str] = field(default_factory=list)
    _defined: set[str] = field(default_factory=set)

    def add(self, name: str, array: Array) -> None:
        """`name = array`."""
        if self._is_one_hot(array):
            suffix = "" if self.dtype == np.float64 else f", dtype={type_name(self.dtype)}"
            classes = array.argmax(axis=1)
            head = f"{name} = np.eye({array.shape[1]}{suffix})["
            self.lines += self._flat(head, classes, "]")
        elif self.is_packed:
            self.lines += _packed(f"{name} = ", array, "")
        else:
            self._write(f"{name} = ", array, "")

    def add_scaled(self, name: str, array: Array, scaled: "Scaled", split: str) -> bool:
        """`name = (raw - shift) / scale`, if that gives the same bits and is to be read."""
        raw = scaled.raw[split]
        with np.errstate(all="ignore"):
            made = ((raw - scaled.shift) / scaled.scale).astype(array.dtype)
        if self.is_packed or made.tobytes() != array.tobytes():
            return False
        if f"{name[0]}_shift" not in self._defined:
            for kind, values in (("shift", scaled.shift), ("scale", scaled.scale)):
                self._write(f"{name[0]}_{kind} = ", values, "")
            self._defined.add(f"{name[0]}_shift")
        cast = "" if array.dtype == np.float64 else f".astype({type_name(array.dtype)})"
        before, after = ("((", ")") if cast else ("(", "")
        tail = f" - {name[0]}_shift) / {name[0]}_scale{after}{cast}"
        self._write(f"{name} = {before}", raw, tail)
        return True

    def _write(self, head: str, array: Array, tail: str) -> None:
        """An array to be read."""
        suffix = self._suffix(array)
        if array.ndim == 2 and array.shape[1] > 1:
            rows = [f"[{', '.join(row)}]" for row in _spelled(array)]
            if max(map(len, rows)) > WIDTH - 6:  # too wide for a line: broken between its numbers
                rows = ", ".join(rows).split(", ")
            self.lines += listed(f"{head}np.array([", rows, f"]{suffix}){tail}")
            return
        column = "[:, None]" if array.ndim == 2 else ""
        numbers = [n for row in _spelled(array.reshape(len(array), -1)) for n in row]
        self.lines += listed(f"{head}np.array([", numbers, f"]{suffix}){column}{tail}")

    def _is_one_hot(self, array: Array) -> bool:
        return (
            array.ndim == 2
            and array.shape[1] > 1
            and bool(np.isin(array, (0.0, 1.0)).all() and (array.sum(axis=1) == 1.0).all())
        )

    def _flat(self, head: str, numbers: Array, tail: str) -> list[str]:
        if self.is_packed:
            small = numbers.astype(np.min_scalar_type(int(numbers.max())))
            return _packed(head, small, tail)
        return listed(f"{head}[", [str(number) for number in numbers.tolist()], f"]{tail}")

    def _suffix(self, array: Array) -> str:
        """The dtype, where it doesn't follow from the numbers."""
        needed = array.dtype != np.float64 or _are_whole(array)
        return f", {type_name(array.dtype)}" if needed else ""


def _are_whole(array: Array) -> bool:
    return bool((array == np.rint(array)).all() and not np.signbit(array[array == 0.0]).any()) and (
        float(np.abs(array).max(initial=0.0)) < 1e6
    )


def _spelled(array: Array) -> list[list[str]]:
    """Each number in the fewest digits that read back as its bits."""
    spell: Callable[[Any], str] = str
    if _are_whole(array):
        spell = lambda number: str(int(number))  # noqa: E731
    return [[spell(number) for number in row] for row in array]


def _packed(head: str, array: Array, tail: str) -> list[str]:
    text = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()
    lines = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    shape, kind = array.shape, array.dtype
    return [
        f"{head}unpacked(",
        '    """',
        *lines,
        '""",',
        f"    {shape},",
        f'    "{kind.str}",',
        f"){tail}",
    ]


def check_size(arrays: Collection[Inputs]) -> int:
    """Numbers in all. Raises UserError if they are too many for one file."""
    numbers = [math.prod(array.shape) for array in arrays]
    size = sum(n * array.dtype.itemsize for n, array in zip(numbers, arrays, strict=True))
    if size > MOST_BYTES:
        raise UserError(
            f"its data are {size >> 20:,} MB, a script holds at most {MOST_BYTES >> 20}: "
            "train on fewer rows"
        )
    return sum(numbers)
