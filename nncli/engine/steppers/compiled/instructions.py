"""Instructions: LLVM instructions of a ufunc, or a call of NumPy's own loop.

Each instruction is the one that NumPy's own loop uses, and rounds like it; none may be contracted.
Anything but plain arithmetic (exp, tanh, another package's ufunc, a large product) is a call of the
C function that NumPy itself uses, and so keeps its vectorization, its bits, its BLAS and its
threads.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from nncli.engine.steppers.compiled.assembly import SUFFIXES, Function, Value, number
from nncli.engine.steppers.compiled.places import Untranslatable
from nncli.engine.ufuncs import UFUNCS

Emit = Callable[..., Value]  # (function, *operands) -> the result


def intrinsic(name: str) -> Emit:
    """A call of the LLVM intrinsic `llvm.NAME`, whose operands and result have one type."""

    def emit(f: Function, *operands: Value) -> Value:
        kind = operands[0].kind
        vector = f"v{kind.width}" if kind.width > 1 else ""
        return f.call(f"{name}.{vector}{SUFFIXES[kind.element]}", operands, kind)

    return emit


def _calculation(name: str) -> Emit:
    """An instruction with two operands."""
    return lambda f, x, y: f.calculate(name, x, y)


def _extreme(comparison: str) -> Emit:
    """maximum or minimum, by `ge` or `le`; NaN if either operand is NaN."""

    def emit(f: Function, x: Value, y: Value) -> Value:
        if y.number is not None and y.number == y.number:
            return f.select(f.compare(f"fcmp u{comparison}", x, y), x, y)
        is_nan = f.compare("fcmp uno", x, x)
        is_first = f.calculate("or", f.compare(f"fcmp o{comparison}", x, y), is_nan)
        return f.select(is_first, x, y)

    return emit


def _comparison(comparison: str) -> Emit:
    """1 where the comparison holds, else 0."""

    def emit(f: Function, x: Value, y: Value) -> Value:
        is_so = f.compare(f"fcmp {comparison}", x, y)
        return f.select(is_so, number(x.kind, 1.0), number(x.kind, 0.0))

    return emit


def _sign(f: Function, x: Value) -> Value:
    """1, -1, 0 or NaN."""
    result, zero = x, number(x.kind, 0.0)
    for comparison, value in (("oeq", 0.0), ("olt", -1.0), ("ogt", 1.0)):
        is_so = f.compare(f"fcmp {comparison}", x, zero)
        result = f.select(is_so, number(x.kind, value), result)
    return result


def emit_of(ufunc: np.ufunc) -> Emit | None:
    """The function that emits a ufunc's instructions; None if NumPy's loop has to be called."""
    if ufunc not in UFUNCS:
        return None
    family, _, name = UFUNCS[ufunc].instruction.rpartition(" ")
    if family:
        return FAMILIES[family](name)
    return intrinsic(name) if name.startswith("llvm.") else INSTRUCTIONS[name]


FAMILIES: dict[str, Callable[[str], Emit]] = {
    "calculate": _calculation,
    "extreme": _extreme,
    "compare": _comparison,
}
INSTRUCTIONS: dict[str, Emit] = {
    "fneg": Function.negative,
    "copy": lambda f, x: x,
    "reciprocal": lambda f, x: f.calculate("fdiv", number(x.kind, 1.0), x),
    "square": lambda f, x: f.calculate("fmul", x, x),
    "sign": _sign,
}


class _Ufunc(ctypes.Structure):
    """The first fields of PyUFuncObject, after PyObject_HEAD (numpy/ufuncobject.h)."""

    _fields_ = [
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
    ]


def loop_of(ufunc: np.ufunc, dtype: np.dtype[Any]) -> tuple[int, int]:
    """The addresses of NumPy's loop for this dtype, and of its data argument (0: none).

    Raises Untranslatable if there is no such loop.
    """
    if sys.implementation.name != "cpython" or np.dtype(np.intp).itemsize != 8:
        raise Untranslatable("machine code calls NumPy in 64-bit CPython only")
    head = _Ufunc.from_address(id(ufunc) + object.__basicsize__)
    if (head.nin, head.nout, head.ntypes) != (ufunc.nin, ufunc.nout, ufunc.ntypes):
        raise Untranslatable("this Python keeps ufuncs in another way")
    signature = f"{dtype.char * ufunc.nin}->{dtype.char}"
    if signature not in ufunc.types:
        raise Untranslatable(f"{ufunc.__name__} has no loop {signature}")
    number = ufunc.types.index(signature)
    function, data = head.functions[number], head.data and head.data[number]
    if function is None:
        raise Untranslatable(f"{ufunc.__name__} keeps its loop to itself")
    return function, data or 0
