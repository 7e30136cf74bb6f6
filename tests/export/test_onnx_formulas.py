"""Each ufunc in nodes gives its numbers, to the last digits and at the ends of its range."""

import numpy as np
import pytest
import scipy.special
from onnx_models import session

from nncli.export.onnx import messages
from nncli.export.onnx.formulas import FORMULAS, OF_SCIPY
from nncli.export.onnx.graph import FLOAT64, Graph
from nncli.export.onnx.messages import ROWS
from nncli.export.onnx.model import OnnxModel

UFUNCS = [*FORMULAS, *(getattr(scipy.special, name) for name in OF_SCIPY)]
SMALL = np.concatenate([[0.0], np.logspace(-300, -1, 40), np.linspace(0.1, 0.999, 30)])
LARGE = np.concatenate([np.linspace(1, 40, 200), np.logspace(2, 300, 30)])
BOUNDED = {"arctanh": SMALL, "exp2": np.concatenate([SMALL, np.linspace(1, 900, 99)])}
FOR = {
    "log": (0, None),
    "log2": (0, None),
    "log10": (0, None),
    "log1p": (-1, None),
    "sqrt": (0, None),
}
NEAR_ZERO = {"sin": 1e-15, "cos": 1e-15, "tan": 1e-15, "erf": 4e-15}
WAVES = ("sin", "cos", "tan")  # which have no digits of large numbers
ROUGH = {"tan": 1e-12, "power": 1e-12, "exp2": 1e-12, "ndtr": 3e-13, "erfc": 3e-13}


def values(name):
    sizes = BOUNDED.get(name, np.concatenate([SMALL, LARGE]))
    both = np.concatenate([-sizes[::-1], sizes])
    if name in WAVES:
        both = both[np.abs(both) < 30]
    low, _ = FOR.get(name, (-np.inf, None))
    return both[both > low]


def computed(ufunc, *columns):
    graph = Graph()
    given = [graph.input(f"x{n}", FLOAT64, "") for n in range(len(columns))]
    formula = FORMULAS[ufunc] if ufunc in FORMULAS else OF_SCIPY[ufunc.__name__]
    graph.output("y", formula(*given), (ROWS, 1), "")
    content = messages.model("test", graph.fields(), producer=("nncli", "0"), words="", metadata={})
    names = tuple(f"x{n}" for n in range(len(columns)))
    model = OnnxModel(content, names, ("y",), ())
    cells = {name: column[:, None] for name, column in zip(names, columns, strict=True)}
    return session(model).run(None, cells)[0][:, 0]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda ufunc: ufunc.__name__)
def test_a_formula_gives_the_numbers_of_its_ufunc(ufunc):
    name = ufunc.__name__
    x = values(name)
    columns = [x]
    if ufunc.nin == 2:
        columns = [np.abs(x) if name == "power" else x, np.random.default_rng(3).permutation(x)]
        if name == "power":
            columns[1] = np.clip(columns[1], -3, 3)
    with np.errstate(all="ignore"):
        expected = np.asarray(ufunc(*columns), dtype=float)
    found = computed(ufunc, *columns)
    is_finite = np.isfinite(expected) & (np.abs(expected) > 1e-290)
    assert np.array_equal(found[~np.isfinite(expected)], expected[~np.isfinite(expected)])
    np.testing.assert_allclose(
        found[is_finite],
        expected[is_finite],
        rtol=ROUGH.get(name, 1e-14),
        atol=NEAR_ZERO.get(name, 0.0),
    )
