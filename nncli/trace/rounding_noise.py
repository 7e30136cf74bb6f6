"""Rounding noise: numbers of a trace that are only rounding error, such as 5.55e-17 for 0."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from nncli.parts.arrays import Array
from nncli.trace.arithmetic import Index, arithmetic
from nncli.trace.evaluation import Numbered, evaluated, magnitude
from nncli.trace.tensor import Operand, TracedTensor

ROUNDINGS = 8  # noise is at most this times eps, relative to the terms that were added up
SMALL = 0.6  # only numbers below eps**SMALL are examined


def without_noise(tensors: Sequence[TracedTensor]) -> Iterator[TracedTensor]:
    """The tensors of a step with their noise marked, and replaced by 0 in operands.

    `values` aren't changed.
    """
    clean: dict[str, tuple[Array, Array]] = {}
    for tensor in tensors:
        operands = {
            key: Operand(it.symbol, _own(clean, it.symbol, it.values))
            for key, it in tensor.operands.items()
        }
        known = _own(clean, tensor.symbol, tensor.values)
        noise = _noise(tensor, operands) if tensor.template else known != tensor.values
        is_noisy = noise is not None and bool((noise & np.isfinite(tensor.values)).any())
        marked = replace(tensor, operands=operands, noise=noise if is_noisy else None)
        clean[tensor.symbol] = tensor.values, marked.shown
        yield marked


def _own(clean: dict[str, tuple[Array, Array]], symbol: str, values: Array) -> Array:
    """The array without noise, if this array was shown before; else the array itself."""
    traced, own = clean.get(symbol, (values, values))
    return own if traced is values or np.array_equal(traced, values, equal_nan=True) else values


def _noise(tensor: TracedTensor, operands: dict[str, Operand]) -> Array | None:
    """Where small numbers are below the rounding error of their formula; None if none is small."""
    values = tensor.values
    if values.dtype.kind != "f":
        return None
    eps = float(np.finfo(values.dtype).eps)
    with np.errstate(all="ignore"):
        small = (values != 0) & (np.abs(values) < eps**SMALL)
    if not small.any():
        return None
    arrays = {key: operand.values for key, operand in operands.items()}
    found = np.zeros(values.shape, bool)
    for place in np.argwhere(small):
        index = tuple(place.tolist())
        found[index] = _is_noise(tensor.template, arrays, index, abs(float(values[index])), eps)
    return found


def _is_noise(
    template: str, arrays: dict[str, Array], index: Index, size: float, eps: float
) -> bool:
    numbers = Numbered()
    text = arithmetic(template, arrays, index, numbers, 10**9)
    whole = magnitude(text, numbers)
    if whole is None:
        return False
    return size <= ROUNDINGS * eps * whole or evaluated(text, numbers) == 0.0
