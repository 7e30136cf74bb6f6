"""Layers: what happens to a batch between input and output. Simple -> complex.

A layer declares the storage it needs; its kernels write only into the `LayerBuffers` given to them.
Kernels call NumPy with `out=` alone, so that a plan can record the calls once and replay them.
"""

from nncli.parts.layers.dense import Dense, Input, Output, Trained
from nncli.parts.layers.elementwise import ActivationLayer, Dropout
from nncli.parts.layers.embedding import EmbeddedColumn, Embedding
from nncli.parts.layers.feature_scale import FeatureScale
from nncli.parts.layers.layer import Layer
from nncli.parts.layers.normalization import BatchNorm

__all__ = [
    "ActivationLayer",
    "BatchNorm",
    "Dense",
    "Dropout",
    "EmbeddedColumn",
    "Embedding",
    "FeatureScale",
    "Input",
    "Layer",
    "Output",
    "Trained",
]
