"""Slips: what a wrong answer was most likely meant to be."""

import re
from collections.abc import Iterator

from nncli.trace.reworked import Reworked

DIVISOR = re.compile(r" / (\d+)(?![\d.])")
PRODUCT = re.compile(r"(\{\w+\})(\^T)? (\{\w+\})(\^T)?")
Slip = tuple[str, float]  # its name, and the answer it leads to


def slips(asked: Reworked) -> Iterator[Slip]:
    """The usual ones, the likeliest first, each with what it makes of this number."""
    for name, value in _all(asked):
        if value is not None and value != asked.right:
            yield name, value


def _all(asked: Reworked) -> Iterator[tuple[str, float | None]]:
    blank, template = asked.blank, asked.tensor.template
    yield "sign", 2.0 * asked.before - asked.right
    if DIVISOR.search(template):
        yield "forgot 1/n", asked.value(blank.index, DIVISOR.sub("", template, count=1))
    if "mean of " in template:
        yield "forgot 1/n", asked.value(blank.index, template.replace("mean of ", "sum of "))
    if asked.tensor.phase == "backward" and (rows := _rows(asked)) > 1:
        yield "forgot 1/n", asked.right * rows
        yield "1/n once too often", asked.right / rows
    yield from (("transposed", value) for value in _transposed(asked))
    if blank.before:
        yield "the number before the step", asked.before
    if blank.tensor.endswith("/dz") and "da" in asked.operands:
        yield "forgot the slope of the activation", float(asked.operands["da"][blank.index])


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
