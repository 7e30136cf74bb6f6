"""Instructions: a ufunc on one number or a vector of them, or NumPy's own loop over an array.

Each instruction is the one NumPy's own loop uses, and rounds as it does; none may be contracted.
Whatever isn't plain arithmetic (exp, tanh, another package's ufunc, a large product) is a call of
the C function with which NumPy itself carries it out, and so keeps its vector code, its bits, its
BLAS and its threads.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from nncli.engine.steppers.compiled.places import Untranslatable
from nncli.engine.ufuncs import UFUNCS

Value = Any  # of llvmlite, which has no types
Emit = Callable[..., Value]


def number(kind: Any, value: float) -> Value:
    """A constant: one number, or a vector of equal ones."""
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [ir.Constant(kind.element, value)] * kind.count)
    return ir.Constant(kind, value)


def intrinsic(name: str) -> Emit:
    """A call of LLVM's own function `llvm.NAME`, whose operands and result are all alike."""

    def emit(b: Any, *operands: Value) -> Value:
        kind = operands[0].type
        is_vector = isinstance(kind, ir.VectorType)
        suffix = f"v{kind.count}{kind.element.intrinsic_name}" if is_vector else kind.intrinsic_name
        full = f"{name}.{suffix}"
        signature = ir.FunctionType(kind, [kind] * len(operands))
        function = b.module.globals.get(full) or ir.Function(b.module, signature, full)
        return b.call(function, operands)

    return emit


def _extreme(comparison: str) -> Emit:
    """maximum or minimum: if there is a NaN among the two, it is the result."""

    def emit(b: Any, x: Value, y: Value) -> Value:
        if _is_number(y):
            return b.select(b.fcmp_unordered(comparison, x, y), x, y)
        is_first = b.or_(b.fcmp_ordered(comparison, x, y), b.fcmp_unordered("uno", x, x))
        return b.select(is_first, x, y)

    return emit


def _is_number(value: Value) -> bool:
    """Whether it is a constant, and no NaN."""
    if not isinstance(value, ir.Constant):
        return False
    numbers = value.constant if isinstance(value.constant, list) else [value]
    return all(isinstance(n, ir.Constant) and n.constant == n.constant for n in numbers)


def _comparison(comparison: str) -> Emit:
    """1 where it holds, else 0."""

    def emit(b: Any, x: Value, y: Value) -> Value:
        compare = b.fcmp_unordered if comparison == "!=" else b.fcmp_ordered
        return b.select(compare(comparison, x, y), number(x.type, 1.0), number(x.type, 0.0))

    return emit


def _sign(b: Any, x: Value) -> Value:
    """1, -1, 0 or NaN."""
    result, zero = x, number(x.type, 0.0)
    for comparison, value in (("==", 0.0), ("<", -1.0), (">", 1.0)):
        result = b.select(b.fcmp_ordered(comparison, x, zero), number(x.type, value), result)
    return result


def emit_of(ufunc: np.ufunc) -> Emit | None:
    """What writes a ufunc as instructions; None where NumPy's own loop is to be called."""
    if ufunc not in UFUNCS:
        return None
    family, _, name = UFUNCS[ufunc].instruction.rpartition(" ")
    if family:
        return FAMILIES[family](name)
    return intrinsic(name) if name.startswith("llvm.") else INSTRUCTIONS[name]


FAMILIES: dict[str, Callable[[str], Emit]] = {"extreme": _extreme, "compare": _comparison}
INSTRUCTIONS: dict[str, Emit] = {
    "fadd": lambda b, x, y: b.fadd(x, y),
    "fsub": lambda b, x, y: b.fsub(x, y),
    "fmul": lambda b, x, y: b.fmul(x, y),
    "fdiv": lambda b, x, y: b.fdiv(x, y),
    "fneg": lambda b, x: b.fneg(x),
    "copy": lambda b, x: x,
    "reciprocal": lambda b, x: b.fdiv(number(x.type, 1.0), x),
    "square": lambda b, x: b.fmul(x, x),
    "sign": _sign,
}


class _Ufunc(ctypes.Structure):
    """PyUFuncObject after PyObject_HEAD, as far as it is needed; public in numpy/ufuncobject.h."""

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
    """The addresses of the loop from `dtype` to `dtype`, and of the data it is to be given (or 0).

    Raises Untranslatable if there is none.
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
