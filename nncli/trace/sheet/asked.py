"""Asked: the part of a trace that a sheet needs if it asks for only some of the numbers."""

from collections.abc import Iterator
from dataclasses import replace

from nncli.trace.tensor import TracedTensor
from nncli.trace.traced_steps import Trace, TracedStep
from nncli.trace.worksheet import Worksheet


def asked(worksheet: Worksheet) -> Trace:
    """The forward pass, and of the backward pass and the update what leads to a blank."""
    shown = worksheet.shown
    last = max((blank.step for blank in worksheet.blanks), default=1)
    steps = (
        replace(step, tensors=tuple(_kept(worksheet, step)))
        for step in shown.steps
        if step.number <= last
    )
    return replace(shown, steps=tuple(steps))


def _kept(worksheet: Worksheet, step: TracedStep) -> Iterator[TracedTensor]:
    names = {blank.tensor for blank in worksheet.blanks if blank.step == step.number}
    owners = {name.rpartition("/")[0] for name in _updates(step, names)}
    needed = _needed(step, names | _updates_of(step, owners))
    later = any(blank.step > step.number for blank in worksheet.blanks)
    for tensor in step.tensors:
        owner, slash, _ = tensor.name.rpartition("/")
        if tensor.phase == "forward" or later:
            yield tensor
        elif tensor.phase == "backward":
            if tensor.name in needed:
                yield tensor
        elif owner in owners or (owners and not slash):
            yield tensor


def _updates(step: TracedStep, names: set[str]) -> set[str]:
    return {each.name for each in step.tensors if each.phase == "update"} & names


def _updates_of(step: TracedStep, owners: set[str]) -> set[str]:
    return {each.name for each in step.tensors if each.name.rpartition("/")[0] in owners}


def _needed(step: TracedStep, names: set[str]) -> set[str]:
    """These tensors, and those of the backward pass that they are computed from, recursively."""
    found, symbols = set(names), set[str]()
    for tensor in reversed(step.tensors):
        if tensor.name in found or (tensor.phase == "backward" and tensor.symbol in symbols):
            found.add(tensor.name)
            used = (key for key in tensor.operands if f"{{{key}}}" in tensor.template)
            symbols |= {tensor.operands[key].symbol for key in used}
    return found
