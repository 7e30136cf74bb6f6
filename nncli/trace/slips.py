"""Slips: the usual mistakes that lead to a wrong answer, with a hint for each.

The same list is used by `grade`, and by the page of a trace, which contains the result of each slip
for every number that it asks for.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nncli.trace import partial_sums, wrong_formulas, wrong_numbers
from nncli.trace.question import Found, Question

ROUNDED, TOO_FAR, CUT_OFF = "rounded on the way", "rounded too far", "cut off, not rounded"
OF_DIGITS = (ROUNDED, TOO_FAR, CUT_OFF)  # a right number, written down with too few digits
ROUNDING = 1e-9  # relative difference of a number computed in two ways
CLOSE = 0.05  # relative error of a number or change that rounding on the way may cause
Slip = tuple[str, float]  # its name and its result


class KnownSlip(NamedTuple):
    """A usual mistake. ways: yields its possible results, None for none.  hint: what to look at."""

    name: str
    ways: Callable[[Question], Found]
    hint: str


SLIPS = (
    KnownSlip(
        "sign",
        wrong_numbers.sign,
        "the size is right, the sign is not. Gradients come from a - t, not t - a, and a step goes "
        "against the gradient: minus.",
    ),
    KnownSlip(
        "forgot 1/n",
        wrong_formulas.no_mean,
        "the loss is a mean, so it and every gradient are divided by how many it is of.",
    ),
    KnownSlip("forgot the 1/2", wrong_formulas.no_half, "the loss has a factor 1/2."),
    KnownSlip(
        "1/n once too often",
        wrong_formulas.mean_twice,
        "what comes back from the loss is divided by n already.",
    ),
    KnownSlip(
        "forgot the factor 2",
        wrong_formulas.no_factor_2,
        "the slope of a square is twice what is squared.",
    ),
    KnownSlip(
        "forgot the target",
        wrong_formulas.no_target,
        "the error is the output less its target: a - t.",
    ),
    KnownSlip("forgot the square", wrong_formulas.no_square, "something is squared here: see ^2."),
    KnownSlip(
        "forgot the slope of the activation",
        wrong_formulas.no_slope,
        "da is not dz yet: it goes back through the function, times its slope there.",
    ),
    KnownSlip(
        "times the slope once more",
        wrong_formulas.slope_twice,
        "the slope has cancelled against the loss: see the derivation.",
    ),
    KnownSlip(
        "half of the slope of sigmoid",
        wrong_formulas.half_slope,
        "the slope of sigmoid has two factors: a and 1 - a.",
    ),
    KnownSlip(
        "the slope at z for that at a",
        wrong_formulas.slope_elsewhere,
        "this slope is written with the other one of a, the output, and z.",
    ),
    KnownSlip(
        "the slope alone",
        wrong_formulas.slope_alone,
        "this is the slope of the activation: it is multiplied by da.",
    ),
    KnownSlip(
        "forgot the activation",
        wrong_formulas.no_activation,
        "this is z, before its function: a is what the function makes of it.",
    ),
    KnownSlip(
        "exp(z) for exp(-z)",
        wrong_formulas.exponent,
        "sigmoid has exp(-z): a large z makes a near 1.",
    ),
    KnownSlip(
        "forgot to divide by the sum",
        wrong_formulas.no_total,
        "softmax divides by the sum over the row's classes, so that they add up to 1.",
    ),
    KnownSlip(
        "logarithm to base 10",
        wrong_formulas.decimal_logarithm,
        "ln is the natural logarithm, which calculators may have on another key than log.",
    ),
    KnownSlip("forgot the bias", wrong_formulas.no_bias, "b is added to every sum."),
    KnownSlip(
        "transposed",
        wrong_formulas.transposed,
        "rows and columns are interchanged: W is inputs x units, and ^T turns a matrix.",
    ),
    KnownSlip(
        "the weights after the step",
        wrong_formulas.weights_after,
        "the way back uses the weights of the way forward: all of them change together, once every "
        "gradient is known.",
    ),
    KnownSlip(
        "the weights of the step before",
        wrong_formulas.weights_before,
        "every step goes on with the weights that the step before it ended with.",
    ),
    KnownSlip(
        "the number before the step",
        wrong_numbers.old_number,
        "this is what it was: the step moves it.",
    ),
    KnownSlip(
        "forgot the learning rate",
        wrong_formulas.no_rate,
        "the gradient is multiplied by lr before it is taken off.",
    ),
    KnownSlip(
        "the change alone",
        wrong_numbers.change_alone,
        "this is by how much it moves: it is taken from what it was.",
    ),
    KnownSlip(
        "forgot the penalty",
        wrong_formulas.no_penalty,
        "the penalty on W counts in the loss, and has a gradient, which is added.",
    ),
    KnownSlip(
        "forgot the bias correction",
        wrong_formulas.no_correction,
        "m and s begin at 0, and are divided by 1 - beta^step to make up for that.",
    ),
    KnownSlip(
        "forgot the optimizer's memory",
        wrong_formulas.no_memory,
        "it goes on from what it was after the step before.",
    ),
    KnownSlip(
        "one factor alone",
        wrong_formulas.one_factor,
        "what comes back is multiplied by what stood beside it on the way forward.",
    ),
    KnownSlip("one row alone", partial_sums.row_alone, "the rows' contributions are added up."),
    KnownSlip(
        "a term left out",
        partial_sums.term_left_out,
        "this is a sum: count its terms.",
    ),
    KnownSlip(
        "the sign of one term",
        partial_sums.one_sign_wrong,
        "one of the terms of this sum has the other sign.",
    ),
    KnownSlip(
        "another place's number",
        wrong_numbers.other_place,
        "this number belongs to another place of the same array.",
    ),
    KnownSlip(
        ROUNDED,
        wrong_numbers.rounded_before,
        "close, but not close enough: keep more digits until the end.",
    ),
    KnownSlip(
        TOO_FAR,
        wrong_numbers.rounded_after,
        "so few digits tell too little: write four decimals.",
    ),
    KnownSlip(
        CUT_OFF,
        wrong_numbers.cut_off,
        "the last digit goes up where the next one is 5 or more.",
    ),
    KnownSlip(
        "the decimal point",
        wrong_numbers.decimal_point,
        "the digits are right, the decimal point is not.",
    ),
)
HINTS: Mapping[str, str] = {each.name: each.hint for each in SLIPS}


def slips(question: Question) -> list[Slip]:
    """The slips with their results for a question, likeliest first.

    No result is the right number or occurs twice.
    """
    found = dict[float, str]()
    for name, ways, _ in SLIPS:
        for value in ways(question):
            if value is not None and np.isfinite(value) and not _is_same(value, question.right):
                found.setdefault(value, name)
    return [(name, value) for value, name in found.items()]


def _is_same(value: float, right: float) -> bool:
    """Whether a value is the right number but for rounding error."""
    return math.isclose(value, right, rel_tol=ROUNDING)


def is_close(value: float, right: float, before: float) -> bool:
    """Whether a value may be right but for rounding on the way."""
    return abs(value - right) <= CLOSE * abs(right - before)
