"""What each ufunc of a recorded operation is called in each target language.

A ufunc that isn't listed is called by its own name; machine code then calls NumPy's loop.
"""

from typing import NamedTuple

import numpy as np


class Names(NamedTuple):
    """The names of one ufunc.

    numpy: an expression of the operands _0, _1 in a script.  instruction: of machine code, on
    numbers or vectors.  javascript: an expression.  reduction: NumPy's function that combines along
    an axis.
    """

    numpy: str
    instruction: str
    javascript: str
    reduction: str = ""


UFUNCS: dict[np.ufunc, Names] = {
    np.add: Names("_0 + _1", "calculate fadd", "_0 + _1", "np.sum"),
    np.subtract: Names("_0 - _1", "calculate fsub", "_0 - _1"),
    np.multiply: Names("_0 * _1", "calculate fmul", "_0 * _1", "np.prod"),
    np.divide: Names("_0 / _1", "calculate fdiv", "_0 / _1"),
    np.negative: Names("-_0", "fneg", "-_0"),
    np.positive: Names("np.positive(_0)", "copy", "_0"),
    np.reciprocal: Names("1.0 / _0", "reciprocal", "1 / _0"),
    np.square: Names("np.square(_0)", "square", "_0 * _0"),
    np.sqrt: Names("np.sqrt(_0)", "llvm.sqrt", "Math.sqrt(_0)"),
    np.absolute: Names("np.absolute(_0)", "llvm.fabs", "Math.abs(_0)"),
    np.fabs: Names("np.fabs(_0)", "llvm.fabs", "Math.abs(_0)"),
    np.sign: Names("np.sign(_0)", "sign", "Math.sign(_0)"),
    np.maximum: Names("np.maximum(_0, _1)", "extreme ge", "Math.max(_0, _1)", "np.max"),
    np.minimum: Names("np.minimum(_0, _1)", "extreme le", "Math.min(_0, _1)", "np.min"),
    np.greater: Names("_0 > _1", "compare ogt", "+(_0 > _1)"),
    np.greater_equal: Names("_0 >= _1", "compare oge", "+(_0 >= _1)"),
    np.less: Names("_0 < _1", "compare olt", "+(_0 < _1)"),
    np.less_equal: Names("_0 <= _1", "compare ole", "+(_0 <= _1)"),
    np.equal: Names("_0 == _1", "compare oeq", "+(_0 === _1)"),
    np.not_equal: Names("_0 != _1", "compare une", "+(_0 !== _1)"),
}
