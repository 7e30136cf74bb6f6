"""What the ufuncs of recorded operations are called elsewhere: a line each, a column a target.

One that isn't here is called by its own name, and machine code calls NumPy's loop of it.
"""

from typing import NamedTuple

import numpy as np


class Names(NamedTuple):
    """numpy: the expression of operands _0, _1 in a script; instruction: of machine code, on one
    number or a vector; reduction: the function of NumPy that combines along an axis."""

    numpy: str
    instruction: str
    reduction: str = ""


UFUNCS: dict[np.ufunc, Names] = {
    np.add: Names("_0 + _1", "fadd", "np.sum"),
    np.subtract: Names("_0 - _1", "fsub"),
    np.multiply: Names("_0 * _1", "fmul", "np.prod"),
    np.divide: Names("_0 / _1", "fdiv"),
    np.negative: Names("-_0", "fneg"),
    np.positive: Names("np.positive(_0)", "copy"),
    np.reciprocal: Names("1.0 / _0", "reciprocal"),
    np.square: Names("np.square(_0)", "square"),
    np.sqrt: Names("np.sqrt(_0)", "llvm.sqrt"),
    np.absolute: Names("np.absolute(_0)", "llvm.fabs"),
    np.fabs: Names("np.fabs(_0)", "llvm.fabs"),
    np.sign: Names("np.sign(_0)", "sign"),
    np.maximum: Names("np.maximum(_0, _1)", "extreme >=", "np.max"),
    np.minimum: Names("np.minimum(_0, _1)", "extreme <=", "np.min"),
    np.greater: Names("_0 > _1", "compare >"),
    np.greater_equal: Names("_0 >= _1", "compare >="),
    np.less: Names("_0 < _1", "compare <"),
    np.less_equal: Names("_0 <= _1", "compare <="),
    np.equal: Names("_0 == _1", "compare =="),
    np.not_equal: Names("_0 != _1", "compare !="),
}
