"""Notation: the symbols of a network's tensors as on a blackboard: z1 = x W1 + b1.

Layers are numbered from 1, whatever their type; the output layer has the last number. An embedding
in front of them computes a0 from x; its columns are numbered too: the category c1 of a row selects
the row e1 of the table E1.
"""

import re

from nncli.engine.network import EMBEDDING, Network
from nncli.engine.rows import X

TABLE = {"W": "E", "dW": "dE", "a": "e", "d": "de"}  # symbols of an embedded column
SLOTS = {"velocity": "v", "squares": "s"}  # the slots that have a symbol
INNERMOST = re.compile(r"\([^()]*\)")
LOOSE = re.compile(r" [+-] | if | of ")


def symbol(network: Network, name: str) -> str:
    """A tensor's symbol: `hidden_1/dW` -> `dW1`, `input` -> `x`; of 3 layers `output/z` -> `z3`."""
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
    """The symbol of each input block: x, and c1, c2, ... for embedded columns."""
    columns = network.embedding.columns if network.embedding else ()
    return {X: "x", **{each.block: symbol(network, f"input/{each.block}") for each in columns}}


def layer_numbers(network: Network) -> dict[str, int]:
    """The number of each layer by its name; 0 for an embedding."""
    first = 1 if network.embedding is None else 0
    return {node.name: number for number, node in enumerate(network.nodes, first)}


def written(number: float, digits: int = 6) -> str:
    """A number with at most so many significant digits: 0.968, 2, 1.5e-07; -0 as 0."""
    return f"{number + 0.0:.{digits}g}"


def bracketed(template: str) -> str:
    """The template in brackets, if a factor written beside it would reach only a part of it."""
    before, flat = "", template
    while before != flat:
        before, flat = flat, INNERMOST.sub("", flat)
    return f"({template})" if LOOSE.search(flat) else template


def scaled(template: str, factor: float) -> str:
    """The template times a reduction factor: `(a - t) / 10` instead of `0.1 * (a - t)`."""
    if factor == 1.0:
        return template
    divisor = round(1.0 / factor)
    if abs(divisor * factor - 1.0) < 1e-9:
        return f"{bracketed(template)} / {divisor}"
    return f"{bracketed(template)} * {written(factor)}"
