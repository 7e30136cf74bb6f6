"""Activations: a = f(z), elementwise except softmax. Simple -> complex.

The result of every formula is finite for any finite z, even where an intermediate exp overflows.
Kernels write only into the arrays they are given: `forward` into a, `backward` into dz, both into
`saved`. da and dz are d(loss)/d(a) and d(loss)/d(z).
"""

import math
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import ClassVar

import numpy as np

from nncli.constraints import NonNegative, Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array, Shape, Shapes
from nncli.parts.initializers import GlorotUniform, HeNormal, Initializer, LecunNormal
from nncli.registry import Part, part

Saved = Mapping[str, Array]
ONES = r"(?<![\w.^])1 \* | \* 1(?![\w.])"


class Activation(Part):
    """a = f(z).

    bounds: the closed interval that contains all values of a.
    initializer: the default weight initializer, which keeps the variance of a across layers.
    kinks: the points where f has no derivative; gradient checks avoid them.
    formula, backward_formula: a and dz as text, in terms of {z}, {a}, {da} and the part's own keys,
    such as {alpha}; a trace shows them, and tests compare them with the kernels.
    equivalents: scikit-learn and keras: the name, in quotes, or else a Keras layer; pytorch: a
    module.
    """

    kind = "activation"
    bounds: ClassVar[tuple[float, float]] = (-np.inf, np.inf)
    initializer: ClassVar[Initializer] = GlorotUniform()
    kinks: ClassVar[tuple[float, ...]] = ()
    formula: ClassVar[str] = ""
    backward_formula: ClassVar[str] = "{da} * f'({z})"
    equivalents = {
        "scikit-learn": unsupported("{name}; activations are identity, logistic, tanh and relu")
    }

    @property
    def slope_formula(self) -> str:
        """f'(z), the factor of da in `backward_formula`; empty if a unit depends on other units' z.

        >>> Tanh().slope_formula, Relu().slope_formula
        ('1 - {a}^2', '1 if {z} > 0 else 0')
        """
        if "sum(" in self.backward_formula or "{da}" not in self.backward_formula:
            return ""
        return _unbracketed(re.sub(ONES, "", self.fill(self.backward_formula).replace("{da}", "1")))

    def saved_shapes(self, shape: Shape) -> Shapes:
        """Shapes of arrays kept from forward to backward, and of scratch, by name; shape: of z."""
        return {}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        """Write a = f(z)."""
        raise NotImplementedError

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        """Write dz = da * f'(z)."""
        raise NotImplementedError


def _unbracketed(formula: str) -> str:
    """The formula without brackets that enclose all of it."""
    depths = [*accumulate((sign == "(") - (sign == ")") for sign in formula[:-1])]
    return formula[1:-1] if depths and min(depths) > 0 else formula


@part("identity", "linear")
class Identity(Activation):
    """a = z."""

    formula = "{z}"
    backward_formula = "{da}"
    equivalents = {"scikit-learn": '"identity"', "keras": '"linear"', "pytorch": "nn.Identity()"}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.copyto(a, z)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.copyto(dz, da)


@part("step", "heaviside", "threshold")
class Step(Activation):
    """a = 1 where z > 0, else 0: the unit of the perceptron; its slope is 0, so no gradient passes.

    So the layers up to it must be given their weights. A single unit learns by the loss perceptron.

    Source: Rosenblatt (1958), The perceptron.
    """

    bounds = (0.0, 1.0)
    kinks = (0.0,)
    formula = "1 if {z} > 0 else 0"
    backward_formula = "0 * {da}"
    equivalents = {
        "scikit-learn": unsupported("step; activations are identity, logistic, tanh and relu"),
        "keras": "layers.Lambda(lambda z: keras.ops.cast(z > 0, z.dtype))",
        "pytorch": 'type("Step", (nn.Module,), '
        '{{"forward": lambda self, z: (z > 0).to(z.dtype)}})()',
    }

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.greater(z, 0.0, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.multiply(da, 0.0, out=dz)


@part("relu")
class Relu(Activation):
    """a = max(z, 0); the derivative is 1 where z > 0, else 0.

    Source: Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines.
    """

    bounds = (0.0, np.inf)
    initializer = HeNormal()
    kinks = (0.0,)
    formula = "max({z}, 0)"
    backward_formula = "{da} if {z} > 0 else 0"
    equivalents = {"scikit-learn": '"relu"', "keras": '"relu"', "pytorch": "nn.ReLU()"}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.maximum(z, 0.0, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.greater(z, 0.0, out=dz)
        np.multiply(dz, da, out=dz)


@part("leaky_relu")
class LeakyRelu(Activation):
    """a = z where z > 0, else negative_slope * z.

    Source: Maas, Hannun and Ng (2013), Rectifier nonlinearities improve acoustic models.
    """

    negative_slope: NonNegative = 0.01
    initializer = HeNormal()
    kinks = (0.0,)
    formula = "{z} if {z} > 0 else {negative_slope} * {z}"
    backward_formula = "{da} if {z} > 0 else {negative_slope} * {da}"
    equivalents = {
        "keras": Equivalent(
            "layers.LeakyReLU(negative_slope={negative_slope})", "LeakyReLU's default slope is 0.3"
        ),
        "pytorch": "nn.LeakyReLU({negative_slope})",
    }

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.minimum(z, 0.0, out=a)
        np.multiply(a, self.negative_slope, out=a)
        np.add(a, np.maximum(z, 0.0, out=saved["positive"]), out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.greater(z, 0.0, out=dz)
        np.multiply(dz, 1.0 - self.negative_slope, out=dz)
        np.add(dz, self.negative_slope, out=dz)
        np.multiply(dz, da, out=dz)

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"positive": shape}


@part("elu")
class Elu(Activation):
    """a = z where z > 0, else alpha * (exp(z) - 1).

    Source: Clevert, Unterthiner and Hochreiter (2016), Exponential linear units.
    """

    alpha: Positive = 1.0
    initializer = HeNormal()
    kinks = (0.0,)
    formula = "{z} if {z} > 0 else {alpha} * (exp({z}) - 1)"
    backward_formula = "{da} if {z} > 0 else {da} * {alpha} * exp({z})"
    equivalents = {"keras": "layers.ELU(alpha={alpha})", "pytorch": "nn.ELU({alpha})"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"branch": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.minimum(z, 0.0, out=a)
        np.expm1(a, out=a)
        np.multiply(a, self.alpha, out=a)
        np.add(a, np.maximum(z, 0.0, out=saved["branch"]), out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        # exp(min(z, 0)) is 1 where z > 0, so only the factor alpha has to be switched off there
        slope = np.greater(z, 0.0, out=saved["branch"])
        np.multiply(slope, 1.0 - self.alpha, out=slope)
        np.add(slope, self.alpha, out=slope)
        np.minimum(z, 0.0, out=dz)
        np.exp(dz, out=dz)
        np.multiply(dz, slope, out=dz)
        np.multiply(dz, da, out=dz)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@part("selu")
class Selu(Activation):
    """a = 1.0507 z where z > 0, else 1.7581 (exp(z) - 1): elu that keeps mean 0 and variance 1.

    That takes weights from lecun_normal, its default initializer. 1.7581 is 1.0507 * 1.6733.
    Source: Klambauer et al. (2017), Self-normalizing networks.
    """

    initializer = LecunNormal()
    kinks = (0.0,)
    formula = f"{SELU_SCALE} * ({{z}} if {{z}} > 0 else {SELU_ALPHA} * (exp({{z}}) - 1))"
    backward_formula = (
        f"{{da}} * {SELU_SCALE} if {{z}} > 0 else {{da}} * {SELU_SCALE * SELU_ALPHA} * exp({{z}})"
    )
    equivalents = {"keras": '"selu"', "pytorch": "nn.SELU()"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"branch": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.minimum(z, 0.0, out=a)
        np.expm1(a, out=a)
        np.multiply(a, SELU_ALPHA, out=a)
        np.add(a, np.maximum(z, 0.0, out=saved["branch"]), out=a)
        np.multiply(a, SELU_SCALE, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        # exp(min(z, 0)) is 1 where z > 0, so only the factor alpha has to be switched off there
        slope = np.greater(z, 0.0, out=saved["branch"])
        np.multiply(slope, SELU_SCALE * (1.0 - SELU_ALPHA), out=slope)
        np.add(slope, SELU_SCALE * SELU_ALPHA, out=slope)
        np.minimum(z, 0.0, out=dz)
        np.exp(dz, out=dz)
        np.multiply(dz, slope, out=dz)
        np.multiply(dz, da, out=dz)


@part("softplus")
class Softplus(Activation):
    """a = ln(1 + exp(z)), as logaddexp(z, 0); the derivative is 1 - exp(-a).

    Source: Dugas et al. (2001), Incorporating second-order functional knowledge.
    """

    bounds = (0.0, np.inf)
    initializer = HeNormal()
    formula = "ln(1 + exp({z}))"
    backward_formula = "{da} * (1 - exp(-{a}))"
    equivalents = {
        "keras": '"softplus"',
        "pytorch": Equivalent("nn.Softplus()", "Softplus is z itself above z = 20: 2e-9 less"),
    }

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.logaddexp(z, 0.0, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.negative(a, out=dz)
        np.expm1(dz, out=dz)
        np.negative(dz, out=dz)
        np.multiply(dz, da, out=dz)


def sigmoid(z: Array, out: Array) -> None:
    """out = 1 / (1 + exp(-z)); where exp(-z) overflows to infinity that is 0, as it should be."""
    np.negative(z, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)


@part("sigmoid", "logistic")
class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)); the derivative is a * (1 - a)."""

    bounds = (0.0, 1.0)
    formula = "1 / (1 + exp(-{z}))"
    backward_formula = "{da} * {a} * (1 - {a})"
    equivalents = {"scikit-learn": '"logistic"', "keras": '"sigmoid"', "pytorch": "nn.Sigmoid()"}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        sigmoid(z, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.subtract(1.0, a, out=dz)
        np.multiply(dz, a, out=dz)
        np.multiply(dz, da, out=dz)


@part("tanh")
class Tanh(Activation):
    """a = tanh(z); the derivative is 1 - a^2."""

    bounds = (-1.0, 1.0)
    formula = "tanh({z})"
    backward_formula = "{da} * (1 - {a}^2)"
    equivalents = {"scikit-learn": '"tanh"', "keras": '"tanh"', "pytorch": "nn.Tanh()"}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        np.tanh(z, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.multiply(a, a, out=dz)
        np.subtract(1.0, dz, out=dz)
        np.multiply(dz, da, out=dz)


@part("silu", "swish")
class Silu(Activation):
    """a = z * s with s = sigmoid(z); the derivative is s + a * (1 - s).

    Source: Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units.
    """

    initializer = HeNormal()
    formula = "{z} * sigmoid({z})"
    backward_formula = "{da} * (sigmoid({z}) + {a} * (1 - sigmoid({z})))"
    equivalents = {"keras": '"silu"', "pytorch": "nn.SiLU()"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"sigmoid": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        sigmoid(z, out=saved["sigmoid"])
        np.multiply(z, saved["sigmoid"], out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.subtract(1.0, saved["sigmoid"], out=dz)
        np.multiply(dz, a, out=dz)
        np.add(dz, saved["sigmoid"], out=dz)
        np.multiply(dz, da, out=dz)


@part("mish")
class Mish(Activation):
    """a = z * t with t = tanh(ln(1 + exp(z))); the derivative is t + z * (1 - t^2) * sigmoid(z).

    Source: Misra (2020), Mish: a self regularized non-monotonic activation function.
    """

    initializer = HeNormal()
    formula = "{z} * tanh(ln(1 + exp({z})))"
    backward_formula = (
        "{da} * (tanh(ln(1 + exp({z}))) + {z} * (1 - tanh(ln(1 + exp({z})))^2) * sigmoid({z}))"
    )
    equivalents = {"keras": '"mish"', "pytorch": "nn.Mish()"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"tanh": shape, "sigmoid": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        sigmoid(z, out=saved["sigmoid"])
        np.logaddexp(z, 0.0, out=a)
        np.tanh(a, out=saved["tanh"])
        np.multiply(z, saved["tanh"], out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.multiply(saved["tanh"], saved["tanh"], out=dz)
        np.subtract(1.0, dz, out=dz)
        np.multiply(dz, saved["sigmoid"], out=dz)
        np.multiply(dz, z, out=dz)
        np.add(dz, saved["tanh"], out=dz)
        np.multiply(dz, da, out=dz)


@part("gelu")
class Gelu(Activation):
    """a = z * Phi(z), Phi the standard normal distribution function; f' = Phi(z) + z * phi(z).

    Exact, by the error function: Phi(z) = (1 + erf(z / sqrt(2))) / 2.
    Source: Hendrycks and Gimpel (2016), Gaussian error linear units.
    """

    initializer = HeNormal()
    formula = "{z} * Phi({z})"
    backward_formula = "{da} * (Phi({z}) + {z} * phi({z}))"
    equivalents = {
        "keras": Equivalent('"gelu"', "gelu is exact by default, as here"),
        "pytorch": Equivalent(
            "nn.GELU()", "GELU's default is exact, as here; approximate='tanh' is not"
        ),
    }
    libraries = ("scipy",)

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"Phi": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        from scipy.special import ndtr  # a quarter second of import that only gelu needs

        ndtr(z, out=saved["Phi"])
        np.multiply(z, saved["Phi"], out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        # beyond |z| = 40 the density is 0 in float64; the cap keeps z * z finite
        np.minimum(z, 40.0, out=dz)
        np.maximum(dz, -40.0, out=dz)
        np.multiply(dz, dz, out=dz)
        np.multiply(dz, -0.5, out=dz)
        np.exp(dz, out=dz)
        np.multiply(dz, 1.0 / math.sqrt(2.0 * math.pi), out=dz)
        np.multiply(dz, z, out=dz)
        np.add(dz, saved["Phi"], out=dz)
        np.multiply(dz, da, out=dz)


@part("softmax")
class Softmax(Activation):
    """a_i = exp(z_i) / sum_j exp(z_j), over the units of each row; each row sums to 1.

    The full Jacobian-vector product: dz = a * (da - sum_j da_j a_j). The greatest z of the row is
    subtracted first, which changes nothing but keeps exp finite.
    """

    bounds = (0.0, 1.0)
    formula = "exp({z}) / sum(exp({z}))"
    backward_formula = "{a} * ({da} - sum({da} * {a}))"
    equivalents = {"keras": '"softmax"', "pytorch": "nn.Softmax(dim=1)"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"row": (*shape[:-1], 1)}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        row = saved["row"]
        np.maximum.reduce(z, axis=z.ndim - 1, out=row, keepdims=True)
        np.subtract(z, row, out=a)
        np.exp(a, out=a)
        np.dot(a, np.ones((a.shape[-1], 1), a.dtype), out=row)  # np.sum takes 3 times as long
        np.divide(a, row, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        row = saved["row"]
        np.multiply(da, a, out=dz)
        np.dot(dz, np.ones((dz.shape[-1], 1), dz.dtype), out=row)
        np.subtract(da, row, out=dz)
        np.multiply(dz, a, out=dz)
