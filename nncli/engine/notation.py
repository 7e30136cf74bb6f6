"""Notation: the symbols of the blackboard, as in z1 = x W1 + b1, for the tensors of a network.

Layers are numbered from 1 in their order, whatever they are; the output layer has the last number.
"""

import re

from nncli.engine.network import Network

SLOTS = {"velocity": "v", "squares": "s"}  # of an optimizer's slots, those with a letter
INNERMOST = re.compile(r"\([^()]*\)")
LOOSE = re.compile(r" [+-] | if | of ")


def symbol(network: Network, name: str) -> str:
    """`hidden_1/dW` -> `dW1`, `output/z` -> `z3` in a network of three layers, `input` -> `x`."""
    node, _, tensor = name.partition("/")
    if not tensor:
        return {"input": "x", "targets": "t"}.get(name, name)
    numbers = {each.name: number for number, each in enumerate(network.nodes, start=1)}
    return f"{tensor}{numbers[node]}"


def written(number: float, digits: int = 6) -> str:
    """A number in at most so many significant digits: 0.968, 2, 1.5e-07; 0 for -0."""
    return f"{number + 0.0:.{digits}g}"


def bracketed(template: str) -> str:
    """In brackets, if a factor put beside it would otherwise reach only a part of it."""
    before, flat = "", template
    while before != flat:
        before, flat = flat, INNERMOST.sub("", flat)
    return f"({template})" if LOOSE.search(flat) else template


def scaled(template: str, factor: float) -> str:
    """Times a reduction factor: `(a - t) / 10`, not `0.1 * (a - t)`."""
    if factor == 1.0:
        return template
    divisor = round(1.0 / factor)
    if abs(divisor * factor - 1.0) < 1e-9:
        return f"{bracketed(template)} / {divisor}"
    return f"{bracketed(template)} * {written(factor)}"
