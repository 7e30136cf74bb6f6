"""Data: a run's rows as lines of a script, readable and in their own units if few, else packed."""

import base64
import math
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from nncli.assembly.build import Built
from nncli.data.preprocessing import Preprocessing
from nncli.data.target_transforms import transformed
from nncli.engine.job import Job
from nncli.engine.notation import input_symbols
from nncli.engine.rows import InputBlock
from nncli.errors import UserError, escaped, few
from nncli.export.formula_code import in_numpy
from nncli.export.numpy_script.expressions import type_name
from nncli.export.numpy_script.formatting import WIDTH, comment, listed
from nncli.frozen import frozen
from nncli.parts.arrays import Array

MAX_LITERAL_NUMBERS = 2000  # numbers of all arrays together, up to which they are readable
MAX_BYTES = 64 << 20
MADE = "inputs_of"  # the script's function from columns to inputs
UNPACK = [
    "def unpacked(text, shape, dtype):",
    '    """The array whose bytes were compressed and written as letters."""',
    "    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).reshape(shape)",
]


def _is_whole(array: Array) -> bool:
    """Whether all numbers can be written as integers."""
    return bool((array == np.rint(array)).all() and not np.signbit(array[array == 0.0]).any()) and (
        float(np.abs(array).max(initial=0.0)) < 1e6
    )


def _written(head: str, array: Array, tail: str) -> list[str]:
    """A readable array, each number with the fewest digits that read back as the same bits."""
    is_whole = _is_whole(array)
    needs_dtype = is_whole or array.dtype != np.float64
    end = f"]{f', {type_name(array.dtype)}' if needs_dtype else ''})"
    numbers = [
        [str(int(number) if is_whole else number) for number in row]
        for row in array.reshape(len(array), -1)
    ]
    if array.ndim == 2 and array.shape[1] > 1:
        rows = [f"[{', '.join(row)}]" for row in numbers]
        if max(map(len, rows)) > WIDTH - 6:  # too wide for a line: broken between numbers
            rows = ", ".join(rows).split(", ")
        return listed(f"{head}np.array([", rows, f"{end}{tail}")
    column = "[:, None]" if array.ndim == 2 else ""
    flat = [number for row in numbers for number in row]
    return listed(f"{head}np.array([", flat, f"{end}{column}{tail}")


def _packed(head: str, array: Array, tail: str) -> list[str]:
    text = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()
    lines = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    return [
        f"{head}unpacked(",
        '    """',
        *lines,
        '""",',
        f"    {array.shape},",
        f'    "{array.dtype.str}",',
        f"){tail}",
    ]


def _is_one_hot(array: Array) -> bool:
    return (
        array.ndim == 2
        and array.shape[1] > 1
        and bool(np.isin(array, (0.0, 1.0)).all() and (array.sum(axis=1) == 1.0).all())
    )


@frozen
class _Units:
    """Columns in their own units, by split, which are shorter to write: 5.1 for -0.89767388016.

    (compute(raw) - shift) / scale is what the network gets.
    function: the name of `compute` in the script.  definition: its lines, if it isn't NumPy's.
    """

    raw: Mapping[str, Array]
    shift: Array
    scale: Array
    compute: Callable[[Array], Array] = np.asarray
    function: str = ""
    definition: Sequence[str] = ()


def _input_units(built: Built) -> _Units | None:
    """The units of the inputs; None if they aren't scaled, or not only scaled."""
    table, learnt = built.table, built.preprocessing
    columns = [column for column in learnt.columns if column.inputs]
    shift = np.array([column.shift for column in columns])
    scale = np.array([column.scale or np.inf for column in columns])
    is_numeric = all(
        c.kind == "numeric" and c.encoding is None and not c.indicator for c in learnt.columns
    )
    is_own = _changes_nothing(shift, scale) and not learnt.derived
    if table.is_on_disk or not is_numeric or is_own:
        return None
    raw = {name: table.x[chosen] for name, chosen in built.rows.named().items()}
    if not learnt.derived:
        return _Units(raw, shift, scale)
    return _Units(raw, shift, scale, learnt.in_original_units, MADE, _definition(learnt))


def _definition(learnt: Preprocessing) -> list[str]:
    """The function that computes the inputs from a table's columns, an input a line."""
    places = {feature.name: f"x[:, {n}]" for n, feature in enumerate(learnt.features)}
    columns = [column for column in learnt.columns if column.inputs]
    codes = [
        in_numpy(column.expression, places.__getitem__) if column.formula else places[column.name]
        for column in columns
    ]
    names = [*comment(f"columns: {few([*places])}")]
    lines = [
        f"        {code},  # {escaped(column.name)}"
        for code, column in zip(codes, columns, strict=True)
    ]
    return [
        f"def {MADE}(x):",
        '    """Columns of the table -> the inputs in their own units."""',
        *(f"    {line}" for line in names),
        "    return np.column_stack([",
        *lines,
        "    ])",
        "",
        "",
    ]


def _target_units(built: Built) -> _Units | None:
    """The units of the targets; None if they aren't scaled."""
    table, scaling = built.table, built.preprocessing.target
    shift, scale = np.array(scaling.shift), np.array(scaling.scale)
    if table.classes or (scaling.transform == "none" and _changes_nothing(shift, scale)):
        return None
    raw = {name: table.y[chosen] for name, chosen in built.rows.named().items()}
    if scaling.transform == "none":
        return _Units(raw, shift, scale)
    compute = partial(transformed, scaling.transform)
    return _Units(raw, shift, scale, compute, f"np.{scaling.transform}")


def _changes_nothing(shift: Array, scale: Array) -> bool:
    return bool((shift == 0.0).all() and (scale == 1.0).all())


@dataclass
class _ArrayLines:
    """Collects lines that define arrays. is_packed: whether they are compressed, not readable."""

    dtype: np.dtype[Any]
    is_packed: bool
    lines: list[str] = field(default_factory=list)
    _has_units: set[str] = field(default_factory=set)

    def add(self, name: str, array: Array, units: _Units | None, split: str) -> None:
        """Add `name = array`, in its own units if that gives the same bits."""
        if units is not None and self._add_in_units(name, array, units, split):
            return
        head = f"{name} = "
        if _is_one_hot(array):
            self._add_one_hot(head, array)
        elif self.is_packed:
            self.lines += _packed(head, array, "")
        else:
            self.lines += _written(head, array, "")

    def _add_in_units(self, name: str, array: Array, units: _Units, split: str) -> bool:
        """Add `name = (raw - shift) / scale` if it gives the same bits; returns whether it does."""
        raw, kind = units.raw[split], name[0]
        with np.errstate(all="ignore"):
            learnt = units.compute(raw)
            scaled = ((learnt - units.shift) / units.scale).astype(array.dtype)
        if scaled.shape != array.shape or scaled.tobytes() != array.tobytes():
            return False
        if kind not in self._has_units:
            self.lines += units.definition
            self.lines += _written(f"{kind}_shift = ", units.shift, "")
            self.lines += _written(f"{kind}_scale = ", units.scale, "")
            self._has_units.add(kind)
        cast = "" if array.dtype == np.float64 else f".astype({type_name(array.dtype)})"
        before, after = ("((", ")") if cast else ("(", "")
        tail = f" - {kind}_shift) / {kind}_scale{after}{cast}"
        if units.function:
            before, tail = f"{before}{units.function}(", f"){tail}"
        self.lines += _written(f"{name} = {before}", raw, tail)
        return True

    def _add_one_hot(self, head: str, array: Array) -> None:
        """Add one-hot rows as rows of the identity matrix, by the indices of their classes."""
        dtype = "" if self.dtype == np.float64 else f", dtype={type_name(self.dtype)}"
        head, classes = f"{head}np.eye({array.shape[1]}{dtype})[", array.argmax(axis=1)
        if self.is_packed:
            small = classes.astype(np.min_scalar_type(int(classes.max())))
            self.lines += _packed(head, small, "]")
        else:
            self.lines += listed(f"{head}[", [str(number) for number in classes.tolist()], "]]")


def _rows(job: Job) -> dict[str, InputBlock]:
    """The arrays of training and validation rows, by their names in the script."""
    arrays: dict[str, InputBlock] = {}
    for split, rows in (("train", job.train), ("val", job.val)):
        if rows is not None:
            symbols = input_symbols(job.network)
            arrays |= {f"{symbols[name]}_{split}": each for name, each in rows.inputs.items()}
            arrays[f"t_{split}"] = rows.targets
            arrays |= {} if rows.weights is None else {f"w_{split}": rows.weights}
    return arrays


def _count(arrays: Collection[InputBlock]) -> int:
    """How many numbers the arrays have. Raises UserError if they are too many for one file."""
    numbers = [math.prod(array.shape) for array in arrays]
    size = sum(n * array.dtype.itemsize for n, array in zip(numbers, arrays, strict=True))
    if size > MAX_BYTES:
        raise UserError(
            f"its data are {size >> 20:,} MB, a script holds at most {MAX_BYTES >> 20}: "
            "train on fewer rows"
        )
    return sum(numbers)


def _about(built: Built) -> str:
    """How many rows there are, and what their columns mean, in words."""
    job, coding = built.job, built.preprocessing
    rows = f"rows that train: {len(job.train):,}"
    rows += "" if job.val is None else f", that validate: {len(job.val):,}"
    inputs = few(coding.inputs)
    targets = few(coding.classes or coding.targets)
    kind = "classes 0, 1, ..." if coding.classes else "targets"
    return f"{rows}; inputs: {inputs}; {kind}: {targets}"


def data_lines(built: Built, given: Mapping[str, Array]) -> list[str]:
    """The lines that define the rows, as the network gets them, and the given arrays, by name.

    Raises UserError if they are too many for one file.
    """
    job = built.job
    arrays = {**_rows(job), **given}
    is_packed = _count(arrays.values()) > MAX_LITERAL_NUMBERS
    data = _ArrayLines(np.dtype(job.training.dtype), is_packed)
    units = {} if is_packed else {"x": _input_units(built), "t": _target_units(built)}
    for name, array in arrays.items():
        kind, _, split = name.partition("_")
        data.add(name, array[0 : len(array)], units.get(kind), split)
    unpack = [*UNPACK, "", ""] if is_packed else []
    return [*unpack, *comment(_about(built)), *data.lines]
