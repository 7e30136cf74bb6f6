"""Parts of others as ONNX: what they may call, and what each that may not is told."""

import numpy as np
import pytest
from onnx_models import RandomModel, compared, config

from nncli import registry
from nncli.errors import UserError
from nncli.export.onnx.model import onnx_model
from nncli.parts.activations import Activation
from nncli.parts.initializers import Ones
from nncli.parts.layers import Layer

TABLE = "a,b,c,y\n" + "".join(
    f"{a:.3f},{b:.3f},{k % 5},{'pqr'[k % 3]}\n"
    for k, (a, b) in enumerate(np.random.default_rng(1).normal(0, 2, (30, 2)))
)
UNITS = 3  # a row's, as the layers get it


class Calls(Layer):
    """y = what `calls` makes of x and the parameter w; row, column, wide: scratch."""

    def param_shapes(self, input_shape):
        return {"w": input_shape}

    def initializers(self):
        return {"w": Ones()}

    def saved_shapes(self, batch, input_shape):
        return {"row": (batch,), "column": input_shape, "wide": (batch, *input_shape)}

    def forward(self, buffers):
        saved = buffers.saved
        self.calls(buffers.x, buffers.y, buffers.params["w"], buffers.ones, saved)

    def backward(self, buffers):
        raise NotImplementedError


def _greatest_of_a_row(x, y, w, ones, saved):
    np.maximum.reduce(x, axis=1, out=saved["row"])
    np.subtract(x, saved["row"][:, None], out=y)


def _least_of_columns(x, y, w, ones, saved):
    np.minimum.reduce(x, axis=0, out=saved["column"])
    np.subtract(x, saved["column"], out=y)


def _sum_by_ones(x, y, w, ones, saved):
    np.dot(ones, x, out=saved["column"])
    np.add(x, saved["column"], out=y)


def _parameters_alone(x, y, w, ones, saved):
    np.copyto(y, w)


def _parameters_doubled(x, y, w, ones, saved):
    np.multiply(w, 2.0, out=y)
    np.dot(y, np.eye(UNITS), out=saved["wide"])
    np.add(saved["wide"], x, out=y)


def _gram(x, y, w, ones, saved):
    np.dot(x, w, out=saved["row"])
    np.multiply(x, saved["row"][:, None], out=y)


def _first_column(x, y, w, ones, saved):
    np.multiply(x, x[:, :1], out=y)
    np.subtract(y, x[:, 1:2], out=y)


def _swapped(x, y, w, ones, saved):
    np.take(x, np.array([2, 0, 1]), axis=1, out=y, mode="clip")


ALLOWED = [
    _greatest_of_a_row,
    _least_of_columns,
    _sum_by_ones,
    _parameters_alone,
    _parameters_doubled,
    _gram,
    _first_column,
    _swapped,
]


def _mean(x, y, w, ones, saved):
    np.multiply(x, 1.0 / len(x), out=y)


def _product(x, y, w, ones, saved):
    np.multiply.reduce(x, axis=1, out=saved["row"])
    np.add(x, saved["row"][:, None], out=y)


def _pieces(x, y, w, ones, saved):
    np.copyto(y, x)
    np.multiply(x[:, :1], 2.0, out=y[:, :1])


def _every_other(x, y, w, ones, saved):
    np.multiply(x, x[:, ::2][:, :1], out=y)


def _longer_with_rows(x, y, w, ones, saved):
    np.copyto(y, x)
    if len(x) > 10:
        np.copyto(y, x)


def _matrices(x, y, w, ones, saved):
    np.matmul(x, np.eye(UNITS), out=y)


def _as_many_as_rows(x, y, w, ones, saved):
    np.multiply(x, np.ones((len(x), 1)), out=y)


REFUSED = [
    (_mean, "computes with the number of rows"),
    (_as_many_as_rows, "computes with the number of rows"),
    (_product, "calls multiply.reduce, for which there is no ONNX operator of float64"),
    (_pieces, "writes into a piece of an array"),
    (_every_other, "reads a view of an array"),
    (_longer_with_rows, "computes batches of different sizes in different ways"),
    (_matrices, "calls matmul, for which there is no ONNX operator"),
]


@pytest.fixture
def plugged_in(monkeypatch, tmp_path):
    """plugged_in(calls): a model with such a layer."""

    def make(calls):
        layer = type("Calling", (Calls,), {"calls": staticmethod(calls), "name": "calling"})
        monkeypatch.setitem(registry._families["layer"].classes, "calling", layer)
        hidden = f"network: {{hidden: [{UNITS}, calling]}}"
        return RandomModel(config(tmp_path, TABLE, "data: {path: table.csv, target: y}", hidden))

    return make


@pytest.mark.parametrize("calls", ALLOWED, ids=lambda calls: calls.__name__)
def test_a_layer_that_calls_this_is_translated(calls, plugged_in, tmp_path):
    assert compared(plugged_in(calls), tmp_path / "table.csv").agrees


@pytest.mark.parametrize(("calls", "why"), REFUSED, ids=[calls.__name__ for calls, _ in REFUSED])
def test_a_layer_that_calls_this_is_refused_by_name(calls, why, plugged_in):
    with pytest.raises(UserError, match="it can't be written as ONNX: a part ") as error:
        onnx_model(plugged_in(calls))
    assert why in str(error.value)


class Waves(Activation):
    """a = sin(z) + cosh(z)."""

    calls = np.cosh
    name = "waves"

    def forward(self, z, a, saved):
        np.sin(z, out=a)
        np.add(a, self.calls(z, out=saved["other"]), out=a)

    def saved_shapes(self, shape):
        return {"other": shape}


class Bent(Waves):
    """a = sin(z) + arctan(z): half of it is no operator of ONNX."""

    calls = np.arctan
    name = "bent"


@pytest.fixture
def activated(monkeypatch, tmp_path):
    """activated(activation): a model with it in a layer."""

    def make(cls):
        monkeypatch.setitem(registry._families["activation"].classes, cls.name, cls)
        hidden = f"network: {{hidden: [{{type: dense, units: 3, activation: {cls.name}}}]}}"
        return RandomModel(config(tmp_path, TABLE, "data: {path: table.csv, target: y}", hidden))

    return make


def test_an_activation_is_written_from_what_it_calls(activated, tmp_path):
    assert compared(activated(Waves), tmp_path / "table.csv").agrees


def test_an_operation_that_onnx_lacks_is_an_error_that_names_it(activated):
    why = "a part calls arctan, for which there is no ONNX operator of float64$"
    with pytest.raises(UserError, match=why):
        onnx_model(activated(Bent))
