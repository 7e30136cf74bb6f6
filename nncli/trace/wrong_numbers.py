"""Wrong numbers: results of a right formula, wrongly rounded, copied or written down."""

import numpy as np

from nncli.parts.arrays import Array
from nncli.trace.question import Found, Question

FEW = 36  # elements of an array, up to which confusions of two are looked for


def sign(asked: Question) -> Found:
    yield 2.0 * asked.before - asked.right


def old_number(asked: Question) -> Found:
    if asked.before:
        yield asked.before


def change_alone(asked: Question) -> Found:
    if asked.before:
        yield from (asked.before - asked.right, asked.right - asked.before)


def other_place(asked: Question) -> Found:
    shape = asked.tensor.values.shape
    if 1 < asked.tensor.values.size <= FEW:
        yield from (asked.value_at(place) for place in np.ndindex(shape) if place != asked.index)


def cut_off(asked: Question) -> Found:
    yield from (np.trunc(asked.right * 10**d) / 10**d for d in (5, 4, 3, 2))


def rounded_before(asked: Question) -> Found:
    for decimals in (3, 2, 1):
        yield asked.value(others=_rounded(asked, decimals))


def _rounded(asked: Question, decimals: int) -> dict[str, Array]:
    arrays = asked.operands.items()
    return {key: np.round(each, decimals) for key, each in arrays if key not in ("lr", "step")}


def rounded_after(asked: Question) -> Found:
    yield from (round(asked.right, decimals) for decimals in (3, 2, 1, 0))


def decimal_point(asked: Question) -> Found:
    yield from (asked.right * factor for factor in (10.0, 0.1, 100.0, 0.01))
