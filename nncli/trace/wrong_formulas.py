"""Wrong formulas: results of a formula with a part forgotten or confused with another."""

import math
import re
from collections.abc import Mapping

import numpy as np

from nncli.parts.arrays import Array
from nncli.trace.arithmetic import PRODUCT
from nncli.trace.question import Found, Question

DIVISOR = re.compile(r" / (\d+)(?![\d.])")
TWICE = re.compile(r"(?<![\d.])2 \* ")  # a factor of 2, not the end of 0.22
SQUARE = re.compile(r"\(([^()]*)\)\^2")
OVER_SUM = re.compile(r" / sum\(.*\)$")
LOG10 = f"{1 / math.log(10)!r} * ln("
MEMORIES = ("velocity", "squares", "m", "s")  # slots that are computed from their old values


def _without(asked: Question, *parts: str) -> Found:
    """The formula without one of the parts, for each part that it has."""
    template = asked.tensor.template
    yield from (asked.value(template.replace(part, "", 1)) for part in parts if part in template)


def _rows(asked: Question) -> int:
    """The number of rows in the batch."""
    passed = (values for key, values in asked.operands.items() if key in ("x", "dz", "a"))
    return next((len(values) for values in passed if values.ndim == 2), 1)


def no_mean(asked: Question) -> Found:
    template, rows = asked.tensor.template, _rows(asked)
    found = DIVISOR.search(template)
    if found and not (rows == 1 and found[1] == "2"):
        yield asked.value(DIVISOR.sub("", template, count=1))
    if "mean of " in template:
        yield asked.value(template.replace("mean of ", "sum of "))
    if asked.tensor.phase == "backward":
        yield asked.right * rows


def no_half(asked: Question) -> Found:
    """Without the factor 1/2, which is part of the division by 2 n."""
    found, rows = DIVISOR.search(asked.tensor.template), _rows(asked)
    if found and int(found[1]) == 2 * rows:
        yield 2.0 * asked.right


def mean_twice(asked: Question) -> Found:
    if asked.tensor.phase == "backward":
        yield asked.right / _rows(asked)


def no_factor_2(asked: Question) -> Found:
    template = asked.tensor.template
    if TWICE.search(template):
        yield asked.value(TWICE.sub("", template, count=1))


def no_bias(asked: Question) -> Found:
    return _without(asked, " + {b}")


def no_square(asked: Question) -> Found:
    template = asked.tensor.template
    if "^2" in template:
        yield asked.value(template.replace("^2", ""))
    if asked.short == "loss":
        yield asked.value(SQUARE.sub(r"abs(\1)", template))


def transposed(asked: Question) -> Found:
    """The element across the diagonal, and the product with one factor transposed."""
    index, shape = asked.index, asked.tensor.values.shape
    if len(index) == 2 and index[0] < shape[1] and index[1] < shape[0]:
        yield asked.value_at(index[::-1])
    if (found := PRODUCT.search(asked.tensor.template)) is None:
        return
    left, left_turned, right, right_turned = found.groups(default="")
    left, right = f"{{{left}}}", f"{{{right}}}"
    for a, b in (
        (left + left_turned, right + ("" if right_turned else "^T")),
        (left + ("" if left_turned else "^T"), right + right_turned),
    ):
        yield asked.value(PRODUCT.sub(f"{a} {b}", asked.tensor.template, count=1))


def weights_after(asked: Question) -> Found:
    return _with_arrays(asked, asked.updated) if asked.tensor.phase == "backward" else ()


def weights_before(asked: Question) -> Found:
    return _with_arrays(asked, asked.outdated) if asked.tensor.phase != "update" else ()


def _with_arrays(asked: Question, others: Mapping[str, Array]) -> Found:
    """The formula with other arrays, by symbol."""
    symbols = {key: operand.symbol for key, operand in asked.tensor.operands.items()}
    if taken := {key: others[symbol] for key, symbol in symbols.items() if symbol in others}:
        yield asked.value(others=taken)


def no_rate(asked: Question) -> Found:
    return _with_1(asked, "lr")


def _with_1(asked: Question, key: str) -> Found:
    """The formula with 1 in place of an operand."""
    if key in asked.operands and f"{{{key}}}" in asked.tensor.template:
        yield asked.value(others={key: np.ones_like(asked.operands[key])})


def no_slope(asked: Question) -> Found:
    if asked.short == "dz" and "da" in asked.operands:
        yield float(asked.operands["da"][asked.index])


def half_slope(asked: Question) -> Found:
    """The slope of sigmoid with a or 1 - a alone."""
    return _without(asked, " * (1 - {a})", " * {a}") if asked.short == "dz" else ()


def no_target(asked: Question) -> Found:
    return _without(asked, " - {t}") if asked.short in ("da", "dz") else ()


def slope_alone(asked: Question) -> Found:
    return _with_1(asked, "da") if asked.short == "dz" else ()


def slope_elsewhere(asked: Question) -> Found:
    """The slope at z instead of a, or at a instead of z."""
    if asked.short == "dz" and {"da", "a", "z"} <= asked.operands.keys():
        a, z = asked.operands["a"], asked.operands["z"]
        yield from (asked.value(others={"a": z}), asked.value(others={"z": a}))


def slope_twice(asked: Question) -> Found:
    """dz of a matched pair, multiplied by the slope of the activation that it already includes."""
    if asked.short == "dz" and "da" not in asked.operands and "a" in asked.operands:
        a = float(asked.operands["a"][asked.index])
        if 0.0 < a < 1.0:
            yield asked.right * a * (1.0 - a)


def no_activation(asked: Question) -> Found:
    if asked.short == "a" and "z" in asked.operands:
        yield float(asked.operands["z"][asked.index])


def exponent(asked: Question) -> Found:
    if "exp(-{z})" in asked.tensor.template:
        yield asked.value(asked.tensor.template.replace("exp(-{z})", "exp({z})"))


def no_total(asked: Question) -> Found:
    if OVER_SUM.search(asked.tensor.template):
        yield asked.value(OVER_SUM.sub("", asked.tensor.template))


def decimal_logarithm(asked: Question) -> Found:
    if "ln(" in asked.tensor.template:
        yield asked.value(asked.tensor.template.replace("ln(", LOG10))


def one_factor(asked: Question) -> Found:
    """A gradient that is a product, with only its factor dz."""
    dz = asked.operands.get("dz")
    if dz is None or dz.ndim != 2 or PRODUCT.search(asked.tensor.template) is None:
        return
    if asked.short in ("dW", "da"):
        row, column = asked.index
        yield float((dz[:, column] if asked.short == "dW" else dz[row]).sum())


def no_penalty(asked: Question) -> Found:
    template = asked.tensor.template
    if asked.short == "loss" and "penalty" in asked.operands:
        yield asked.value(template.removesuffix(" + {penalty}"))
    elif asked.short == "dW" and " + " in template:
        yield asked.value(template.partition(" + ")[0])


def no_correction(asked: Question) -> Found:
    """m in place of m_hat, and s of s_hat."""
    operands = asked.operands
    hats = {f"{key}_hat": operands[key] for key in ("m", "s") if f"{key}_hat" in operands}
    yield from (asked.value(others={key: plain}) for key, plain in hats.items())
    if len(hats) > 1:
        yield asked.value(others=hats)


def no_memory(asked: Question) -> Found:
    if asked.short in MEMORIES and f"{{{asked.short}}}" in asked.tensor.template:
        yield asked.value(others={asked.short: np.zeros_like(asked.operands[asked.short])})
