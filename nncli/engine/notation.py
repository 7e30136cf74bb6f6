"""Notation: the symbols of the blackboard, as in z1 = x W1 + b1, for the tensors of a network.

Layers are numbered from 1 in their order, whatever they are; the output layer has the last number.
An embedding in front of them makes a0 of x; its columns are numbered, too: the category c1 of a row
takes the row e1 of the table E1.
"""

import re

from nncli.engine.network import EMBEDDING, Network
from nncli.engine.rows import X

TABLE = {"W": "E", "dW": "dE", "a": "e", "d": "de"}  # of a column
SLOTS = {"velocity": "v", "squares": "s"}  # of an optimizer's slots, those with a letter
INNERMOST = re.compile(r"\([^()]*\)")
LOOSE = re.compile(r" [+-] | if | of ")


def symbol(network: Network, name: str) -> str:
    """`hidden_1/dW` -> `dW1`, `output/z` -> `z3` in a network of three layers, `input` -> `x`."""
    node, _, tensor = name.partition("/")
    if not tensor:
        return {"input": "x", "targets": "t"}.get(name, name)
    columns = network.embedding.columns if network.embedding else ()
    for number, column in enumerate(columns, start=1):
        own = {f"input/{column.block}": "c"}
        own |= {f"{EMBEDDING}/{column.name}/{short}": letter for short, letter in TABLE.items()}
        if name in own:
            return f"{own[name]}{number}"
    return f"{tensor}{layer_numbers(network)[node]}"


def input_symbols(network: Network) -> dict[str, str]:
    """The symbol of each input block that it reads: x, and c1, c2, ... of embedded columns."""
    columns = network.embedding.columns if network.embedding else ()
    return {X: "x", **{each.block: symbol(network, f"input/{each.block}") for each in columns}}


def layer_numbers(network: Network) -> dict[str, int]:
    """The number of each layer by its name: 0 of an embedding."""
    first = 1 if network.embedding is None else 0
    return {node.name: number for number, node in enumerate(network.nodes, first)}


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
