"""Values that follow from a rule. Simple -> complex.

For a dense kernel W, (inputs, units), fan_in = inputs and fan_out = units. For a convolution's,
(height, width, channels, filters), fan_in = height * width * channels and fan_out = height * width
* filters. For a vector both are its length.
"""

import math

import numpy as np

from nncli.constraints import Finite, Positive
from nncli.equivalent import Equivalent
from nncli.parts.arrays import Array, Shape
from nncli.parts.initializers.initializer import Initializer
from nncli.registry import part


@part("zeros")
class Zeros(Initializer):
    """0 everywhere."""

    equivalents = {"keras": '"zeros"', "pytorch": "nn.init.zeros_({tensor})"}

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return np.zeros(shape)


@part("ones")
class Ones(Initializer):
    """1 everywhere."""

    equivalents = {"keras": '"ones"', "pytorch": "nn.init.ones_({tensor})"}

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return np.ones(shape)


@part("constant")
class Constant(Initializer):
    """`value` everywhere."""

    value: Finite = 0.0
    equivalents = {
        "keras": "keras.initializers.Constant({value})",
        "pytorch": "nn.init.constant_({tensor}, {value})",
    }

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return np.full(shape, self.value, dtype=float)


@part("linspace")
class Linspace(Initializer):
    """From `low` to `high` in equal steps, input by input."""

    low: Finite = -0.05
    high: Finite = 0.05
    equivalents = {
        "keras": "lambda shape, dtype=None: keras.ops.reshape("
        "keras.ops.linspace({low}, {high}, int(keras.ops.prod(shape))), shape)",
        "pytorch": "{tensor}.data = torch.linspace({low}, {high}, {tensor}.numel())"
        ".reshape{tensor_shape}{transposed}",
    }

    def __post_init__(self) -> None:
        if math.isinf(self.high - self.low):
            raise ValueError("expected low and high less than 1.8e308 apart")

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return np.linspace(self.low, self.high, int(np.prod(shape))).reshape(shape)


@part("normal", "random_normal")
class Normal(Initializer):
    """Normal draws with mean `mean` and standard deviation `std`."""

    std: Positive = 0.05
    mean: Finite = 0.0
    key_aliases = {"stddev": "std"}
    equivalents = {
        "keras": "keras.initializers.RandomNormal({mean}, {std})",
        "pytorch": "nn.init.normal_({tensor}, {mean}, {std})",
    }

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return random.normal(self.mean, self.std, shape)


@part("uniform", "random_uniform")
class Uniform(Initializer):
    """Uniform draws from [low, high)."""

    low: Finite = -0.05
    high: Finite = 0.05
    key_aliases = {"minval": "low", "maxval": "high"}
    equivalents = {
        "keras": "keras.initializers.RandomUniform({low}, {high})",
        "pytorch": "nn.init.uniform_({tensor}, {low}, {high})",
    }

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) must not exceed high ({self.high:g})")
        if math.isinf(self.high - self.low):
            raise ValueError("expected low and high less than 1.8e308 apart")

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return random.uniform(self.low, self.high, shape)


class VarianceScaling(Initializer):
    """Draws whose variance depends on fans, so that activations keep their size across layers."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        raise NotImplementedError

    def standard_deviation(self, shape: Shape) -> float:
        return math.sqrt(
            self.variance(shape[-2:][0] * math.prod(shape[:-2]), shape[-1] * math.prod(shape[:-2]))
        )


class ScaledNormal(VarianceScaling):
    """Normal draws of `variance`, not truncated."""

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        return random.normal(0.0, self.standard_deviation(shape), shape)


class ScaledUniform(VarianceScaling):
    """Uniform draws of `variance`: from [-limit, limit) with limit = sqrt(3 * variance)."""

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        limit = math.sqrt(3.0) * self.standard_deviation(shape)
        return random.uniform(-limit, limit, shape)


class Glorot(VarianceScaling):
    def variance(self, fan_in: int, fan_out: int) -> float:
        return 2.0 / (fan_in + fan_out)


class He(VarianceScaling):
    def variance(self, fan_in: int, fan_out: int) -> float:
        return 2.0 / fan_in


class Lecun(VarianceScaling):
    def variance(self, fan_in: int, fan_out: int) -> float:
        return 1.0 / fan_in


CUT = "would be cut at two standard deviations"


@part("glorot_normal", "xavier_normal")
class GlorotNormal(Glorot, ScaledNormal):
    """Normal draws with std = sqrt(2 / (inputs + units)).

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep networks.
    """

    equivalents = {
        "keras": Equivalent('scaling(1.0, "fan_avg")', f"glorot_normal {CUT}"),
        "pytorch": "nn.init.xavier_normal_({tensor})",
    }


@part("glorot_uniform", "xavier_uniform")
class GlorotUniform(Glorot, ScaledUniform):
    """Uniform draws within +- sqrt(6 / (inputs + units)).

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep networks.
    """

    equivalents = {
        "keras": '"glorot_uniform"',
        "pytorch": "nn.init.xavier_uniform_({tensor})",
    }


@part("he_normal", "kaiming_normal")
class HeNormal(He, ScaledNormal):
    """Normal draws with std = sqrt(2 / inputs).

    Source: He et al. (2015), Delving deep into rectifiers.
    """

    equivalents = {
        "keras": Equivalent('scaling(2.0, "fan_in")', f"he_normal {CUT}"),
        "pytorch": 'nn.init.kaiming_normal_({tensor}, nonlinearity="relu")',
    }


@part("he_uniform", "kaiming_uniform")
class HeUniform(He, ScaledUniform):
    """Uniform draws within +- sqrt(6 / inputs).

    Source: He et al. (2015), Delving deep into rectifiers.
    """

    equivalents = {
        "keras": '"he_uniform"',
        "pytorch": 'nn.init.kaiming_uniform_({tensor}, nonlinearity="relu")',
    }


@part("lecun_normal")
class LecunNormal(Lecun, ScaledNormal):
    """Normal draws with std = sqrt(1 / inputs).

    Source: LeCun et al. (1998), Efficient backprop.
    """

    equivalents = {
        "keras": Equivalent('scaling(1.0, "fan_in")', f"lecun_normal {CUT}"),
        "pytorch": 'nn.init.kaiming_normal_({tensor}, nonlinearity="linear")',
    }


@part("lecun_uniform")
class LecunUniform(Lecun, ScaledUniform):
    """Uniform draws within +- sqrt(3 / inputs).

    Source: LeCun et al. (1998), Efficient backprop.
    """

    equivalents = {
        "keras": '"lecun_uniform"',
        "pytorch": 'nn.init.kaiming_uniform_({tensor}, nonlinearity="linear")',
    }


@part("scaled")
class Scaled(Lecun, ScaledNormal):
    """A standard normal draw times sqrt(1 / inputs): the textbooks' name for lecun_normal."""

    equivalents = LecunNormal.equivalents
