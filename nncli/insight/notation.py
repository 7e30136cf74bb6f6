"""Notation: the symbols of the blackboard, as in z1 = x W1 + b1, for the tensors of a network.

Layers are numbered from 1 in their order, whatever they are; the output layer has the last number.
"""

from nncli.engine.network import Network


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
