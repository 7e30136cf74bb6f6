"""Layers: the steps from a network's input to its output. Simple -> complex.

A layer declares the storage it needs; its kernels write only into the `LayerBuffers` given to them.
All NumPy calls of a kernel have an `out=`, so that a plan can record them once and replay them.
"""

# ruff: isort: skip_file
from nncli.parts.layers.layer import Layer
from nncli.parts.layers.affine import Affine, Trained
from nncli.parts.layers.dense import Dense, Input, Output
from nncli.parts.layers.elementwise import ActivationLayer, Dropout, PRelu
from nncli.parts.layers.noise import GaussianNoise
from nncli.parts.layers.normalization import BatchNorm, LayerNorm
from nncli.parts.layers.feature_scale import FeatureScale
from nncli.parts.layers.embedding import EmbeddedColumn, Embedding
from nncli.parts.layers.residual import SKIP, Add, Placed, Residual, placed_layers, single_layers
from nncli.parts.layers.convolution import Conv2D
from nncli.parts.layers.pooling import AveragePool2D, Flatten, InPlace, MaxPool2D, Reshape

__all__ = [
    "SKIP",
    "ActivationLayer",
    "Add",
    "Affine",
    "AveragePool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "EmbeddedColumn",
    "Embedding",
    "FeatureScale",
    "Flatten",
    "GaussianNoise",
    "InPlace",
    "Input",
    "Layer",
    "LayerNorm",
    "MaxPool2D",
    "Output",
    "PRelu",
    "Placed",
    "Reshape",
    "Residual",
    "Trained",
    "placed_layers",
    "single_layers",
]
