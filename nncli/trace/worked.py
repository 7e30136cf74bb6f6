"""Worked: how numbers come about, a line each, as pages of a trace show it."""

from nncli.trace.arithmetic import Index
from nncli.trace.tensor import TracedTensor, number, shown_indices
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import Worksheet


def first(tensor: TracedTensor) -> list[str]:
    """Of its first number; of an update only where it ends."""
    is_shown = tensor.phase != "update" or tensor.name.endswith("/after")
    return _worked(tensor, (0,) * tensor.values.ndim) if is_shown and tensor.values.size else []


def each_blank(worksheet: Worksheet, step: TracedStep, tensor: TracedTensor) -> list[str]:
    """Of every number that is asked for, with the number of its blank."""
    return [
        f"#{asked} {line}"
        for index in shown_indices(tensor)
        if (asked := worksheet.number_at(step, tensor, index))
        for line in _worked(tensor, index) or [f"{tensor.symbol} = {number(tensor, index)}"]
    ]


def _worked(tensor: TracedTensor, index: Index) -> list[str]:
    """`z1[0,0] = 1*1 + 2*1 + 0 = 3`; nothing where that says nothing."""
    if not tensor.template:
        return []
    sums, value = tensor.arithmetic(index), number(tensor, index)
    if sums == value:
        return []
    place = f"[{','.join(map(str, index))}]" if index else ""
    return [f"{tensor.symbol}{place} = {sums} = {value}"]
