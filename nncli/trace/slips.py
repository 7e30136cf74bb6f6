"""Slips: what a wrong answer was most likely meant to be.

Each has a name, and ways to the numbers that it leads to.
"""

from collections.abc import Callable

import numpy as np

from nncli.trace import wrong_formulas, wrong_numbers
from nncli.trace.partial_sums import one_sign_wrong, term_left_out
from nncli.trace.question import Found, Question

Slip = tuple[str, float]  # its name, and the answer it leads to


SLIPS: tuple[tuple[str, Callable[[Question], Found]], ...] = (
    ("sign error", wrong_numbers.sign),
    ("forgot 1/n", wrong_formulas.forgot_mean),
    ("1/n once too often", wrong_formulas.mean_twice),
    ("forgot to divide", wrong_formulas.no_divisor),
    ("forgot the factor 2", wrong_formulas.without("2 * ")),
    ("forgot the target", wrong_formulas.no_target),
    ("forgot the square", wrong_formulas.no_square),
    ("forgot the slope of the activation", wrong_formulas.no_slope),
    ("the slope of the activation once too often", wrong_formulas.slope_twice),
    ("half of the slope of sigmoid", wrong_formulas.half_slope),
    ("the slope at z in place of a", wrong_formulas.slope_elsewhere),
    ("the slope alone", wrong_formulas.slope_alone),
    ("forgot the activation", wrong_formulas.no_activation),
    ("exp(z) in place of exp(-z)", wrong_formulas.exponent),
    ("forgot to divide by the sum", wrong_formulas.no_norm),
    ("logarithm to base 10", wrong_formulas.decimal_logarithm),
    ("forgot the bias", wrong_formulas.without(" + {b}")),
    ("transposed", wrong_formulas.transposed),
    ("used the updated weight", wrong_formulas.other_step(is_updated=True)),
    ("used the weight of the step before", wrong_formulas.other_step(is_updated=False)),
    ("the number before the step", wrong_numbers.old_number),
    ("forgot the learning rate", wrong_formulas.ones("lr")),
    ("the change alone", wrong_numbers.change_alone),
    ("forgot the penalty", wrong_formulas.no_penalty),
    ("forgot the bias correction", wrong_formulas.no_correction),
    ("forgot what the optimizer remembers", wrong_formulas.no_memory),
    ("forgot a factor of the product", wrong_formulas.one_factor),
    ("left out a term of the sum", term_left_out),
    ("the sign of one term", one_sign_wrong),
    ("another cell's number", wrong_numbers.other_cell),
    ("rounded too early", wrong_numbers.rounded_before),
    ("rounded too far", wrong_numbers.rounded_after),
    ("cut off, not rounded", wrong_numbers.cut_off),
    ("the decimal point", wrong_numbers.decimal_point),
)


def slips(question: Question) -> list[Slip]:
    """The usual ones, the likeliest first, each with what it makes of this number.

    None of them is the right number; no number stands twice.
    """
    found = dict[float, str]()
    for name, ways in SLIPS:
        for value in ways(question):
            if value is not None and np.isfinite(value) and value != question.right:
                found.setdefault(value, name)
    return [(name, value) for value, name in found.items()]
