"""Flattened arrays: arrays with more than two axes as the page shows them, with two.

An image becomes a row of units, line by line and place by place, channels innermost; a kernel
becomes a matrix with a column for each filter.
"""

import math
import re

import numpy as np

from nncli.trace.arithmetic import Index, unflattened
from nncli.trace.tensor import TracedTensor, is_kernel

LINK = re.compile(r"\{(\w+)\.(\d+(?:,\d+){2,})\|")


def flat_shape(tensor: TracedTensor) -> Index:
    """The shape of a tensor on the page."""
    shape = tensor.values.shape
    if len(shape) <= 2:
        return shape
    if is_kernel(tensor):
        return math.prod(shape[:3]), shape[3]
    return shape[0], math.prod(shape[1:])


def whole_index(tensor: TracedTensor, index: Index) -> Index:
    """The index in the array for an index on the page."""
    shape = tensor.values.shape
    if is_kernel(tensor):
        return (*map(int, np.unravel_index(index[0], shape[:3])), index[1])
    return unflattened(index, shape)


def flat_links(tensor: TracedTensor, text: str) -> str:
    """Replace the operands' indices in linked arithmetic by those on the page."""

    def flat(found: re.Match[str]) -> str:
        name, index = found[1], tuple(map(int, found[2].split(",")))
        shape = tensor.operands[name].values.shape
        if name in ("W", "dW"):
            return f"{{{name}.{np.ravel_multi_index(index[:3], shape[:3])},{index[3]}|"
        return f"{{{name}.{index[0]},{np.ravel_multi_index(index[1:], shape[1:])}|"

    return LINK.sub(flat, text)
