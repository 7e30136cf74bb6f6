"""Slips: what a wrong answer was most likely meant to be, and what to say of it.

One list for both who need it: `grade` marks a worksheet by it, and the page of a trace has what
each slip would make of every number that it asks for.
"""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from nncli.trace.arithmetic import Index
from nncli.trace.reworked import Reworked, value_of

DIVISOR = re.compile(r" / (\d+)(?![\d.])")
PRODUCT = re.compile(r"(\{\w+\})(\^T)? (\{\w+\})(\^T)?")
BIAS = re.compile(r" \+ \{b\}$")
SUMS = "{x}^T {dz}", "sum of {dz} over rows"  # dW and db
MOST_ROWS = 8  # that are tried by themselves
MOST_NEIGHBOURS = 16  # numbers of a tensor in which one may be taken for another
ROUNDED = "rounded on the way"
CLOSE = 0.05  # of the right number or change: what roundings on the way may make of it
Slip = tuple[str, float]  # its name, and the answer it leads to

HINTS: Mapping[str, str] = {
    "sign": "the size is right, the sign is not. Gradients come from a - t, not t - a, and a step "
    "goes against the gradient: minus.",
    "forgot 1/n": "the loss is a mean, so it and every gradient are divided by how many it is of.",
    "forgot the 1/2": "the loss has a factor 1/2.",
    "1/n once too often": "what comes back from the loss is divided by n already.",
    "forgot the factor 2": "the slope of a square is twice what is squared.",
    "forgot the square": "the error is squared.",
    "transposed": "rows and columns are interchanged: W is inputs x units, and ^T turns a matrix.",
    "forgot the bias": "b is added to every sum.",
    "forgot the activation": "this is z, before its function: a is what the function makes of it.",
    "forgot the slope of the activation": "da is not dz yet: it goes back through the function, "
    "times its slope there.",
    "the slope alone": "this is the slope of the activation: it is multiplied by da.",
    "the slope at z for that at a": "this slope is written with a, the output, not with z.",
    "times the slope once more": "the slope has cancelled against the loss: see the derivation.",
    "one row alone": "the rows' contributions are added up.",
    "forgot the penalty": "the penalty on W has a gradient too, which is added.",
    "the weights after the step": "the way back uses the weights of the way forward: all of them "
    "change together, once every gradient is known.",
    "the number before the step": "this is what it was: the step moves it.",
    "the change alone": "this is by how much it moves: it is taken from what it was.",
    "forgot the learning rate": "the gradient is multiplied by lr before it is taken off.",
    "another place's number": "this number belongs to another place of the same array.",
    "the decimal point": "the digits are right, the decimal point is not.",
    ROUNDED: "close, but not close enough: keep more digits until the end.",
}


def slips(asked: Reworked) -> Iterator[Slip]:
    """The usual ones, the likeliest first, each with what it makes of this number."""
    for name, value in _all(asked):
        if value is not None and value != asked.right:
            yield name, value


def is_close(value: float, right: float, before: float) -> bool:
    """Whether it may be right but for roundings on the way."""
    return abs(value - right) <= CLOSE * abs(right - before)


def _all(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    yield "sign", 2.0 * asked.before - asked.right
    yield from _factors(asked)
    yield from (("transposed", value) for value in _transposed(asked))
    yield from _unit(asked)
    yield from _backward(asked)
    yield from _update(asked)
    yield from (("another place's number", value) for value in _neighbours(asked))
    yield from (("the decimal point", asked.right * by) for by in (10.0, 0.1, 100.0, 0.01))


def _factors(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    """n, a half, and the 2 of a square's slope."""
    index, template, rows = asked.blank.index, asked.tensor.template, _rows(asked)
    if found := DIVISOR.search(template):
        is_half = rows == 1 and found[1] == "2"
        name = "forgot the 1/2" if is_half else "forgot 1/n"
        yield name, asked.value(index, DIVISOR.sub("", template, count=1))
        if rows > 1 and int(found[1]) == 2 * rows:
            yield "forgot the 1/2", 2.0 * asked.right
    if "mean of " in template:
        yield "forgot 1/n", asked.value(index, template.replace("mean of ", "sum of "))
    if asked.tensor.phase == "backward" and rows > 1:
        yield "forgot 1/n", asked.right * rows
        yield "1/n once too often", asked.right / rows
    if {"a", "t"} <= asked.operands.keys() and "2 * (" in template:
        yield "forgot the factor 2", asked.value(index, template.replace("2 * (", "(", 1))
    if asked.tensor.name == "loss" and ")^2" in template:
        yield "forgot the square", asked.value(index, template.replace(")^2", ")"))


def _unit(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    """From a layer's inputs to what its units put out."""
    index, template = asked.blank.index, asked.tensor.template
    if BIAS.search(template):
        yield "forgot the bias", asked.value(index, BIAS.sub("", template))
    if asked.blank.tensor.endswith("/a") and "{z}" in template:
        yield "forgot the activation", _operand(asked, "z", index)


def _backward(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    """A slope too few or too many, a sum over rows, weights that weren't there yet."""
    index, template = asked.blank.index, asked.tensor.template
    if asked.blank.tensor.endswith("/dz") and "da" in asked.operands:
        yield "forgot the slope of the activation", _operand(asked, "da", index)
        yield "the slope alone", asked.value(index, template.replace("{da}", "1"))
        if "{a}" in template and "{z}" not in template:
            yield "the slope at z for that at a", asked.value(index, template.replace("{a}", "{z}"))
    elif asked.blank.tensor.endswith("/dz") and "a" in asked.operands:
        output = _operand(asked, "a", index) or 0.0
        yield "times the slope once more", asked.right * output * (1.0 - output)
    if any(each in template for each in SUMS):
        yield from (("one row alone", value) for value in _single_rows(asked, index))
    if template.startswith(f"{SUMS[0]} + "):
        yield "forgot the penalty", asked.value(index, SUMS[0])
    if "W" in asked.moved and "{dz} {W}^T" in template:
        operands = {**asked.operands, "W": asked.moved["W"]}
        yield "the weights after the step", value_of(template, operands, index)


def _single_rows(asked: Reworked, index: Index) -> Iterator[float | None]:
    """A sum over rows of which only one was taken."""
    rows = _rows(asked)
    for row in range(min(rows, MOST_ROWS) if rows > 1 else 0):
        own = {
            key: values[row : row + 1] if key in ("x", "dz") and values.ndim == 2 else values
            for key, values in asked.operands.items()
        }
        yield value_of(asked.tensor.template, own, index)


def _update(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    """An update that stopped short."""
    if not asked.blank.before:
        return
    template = asked.tensor.template
    yield "the number before the step", asked.before
    yield "the change alone", asked.before - asked.right
    yield "the change alone", asked.right - asked.before
    if "{lr} * " in template:
        value = asked.value(asked.blank.index, template.replace("{lr} * ", ""))
        yield "forgot the learning rate", value


def _neighbours(asked: Reworked) -> Iterator[float]:
    values = asked.tensor.shown
    if 1 < values.size <= MOST_NEIGHBOURS and not asked.is_carried:
        places = (place for place in np.ndindex(values.shape) if place != asked.blank.index)
        yield from (float(values[place]) for place in places)


def _operand(asked: Reworked, name: str, index: Index) -> float | None:
    return float(asked.operands[name][index]) if name in asked.operands else None


def _rows(asked: Reworked) -> int:
    """Of the batch."""
    passed = (values for key, values in asked.operands.items() if key in ("x", "dz", "a"))
    return next((len(values) for values in passed if values.ndim == 2), 1)


def _transposed(asked: Reworked) -> Iterator[float | None]:
    """The element across the diagonal, and a product with one of its factors turned."""
    index, shape = asked.blank.index, asked.tensor.values.shape
    if len(index) == 2 and index[0] < shape[1] and index[1] < shape[0]:
        yield asked.value(index[::-1])
    if (found := PRODUCT.search(asked.tensor.template)) is None:
        return
    left, left_turned, right, right_turned = found.groups(default="")
    for a, b in (
        (left + left_turned, right + ("" if right_turned else "^T")),
        (left + ("" if left_turned else "^T"), right + right_turned),
    ):
        yield asked.value(index, PRODUCT.sub(f"{a} {b}", asked.tensor.template, count=1))
