"""Initializers: the initial values of parameters and states."""

from nncli.parts.initializers.initializer import Initializer
from nncli.parts.initializers.rules import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Linspace,
    Normal,
    Ones,
    Scaled,
    ScaledNormal,
    ScaledUniform,
    Uniform,
    VarianceScaling,
    Zeros,
)
from nncli.parts.initializers.written_out import FromFile, Values

__all__ = [
    "Constant",
    "FromFile",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Linspace",
    "Normal",
    "Ones",
    "Scaled",
    "ScaledNormal",
    "ScaledUniform",
    "Uniform",
    "Values",
    "VarianceScaling",
    "Zeros",
]
