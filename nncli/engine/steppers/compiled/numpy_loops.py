"""NumPy's loops: the C function with which NumPy itself carries out a ufunc on an array.

Machine code calls it for whatever isn't plain arithmetic (exp, tanh, another package's ufunc, a
large product), and so keeps NumPy's vector code, its bits, its BLAS and its threads.
"""

import ctypes
import sys
from typing import Any

import numpy as np

from nncli.engine.steppers.compiled.places import Untranslatable


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
