"""Partial sums: results of a formula whose sum lacks a term, or has one with the wrong sign."""

import re
from collections.abc import Iterator

import numpy as np

from nncli.trace.arithmetic import NAME, OVER_ALL, OVER_ROWS, PRODUCT
from nncli.trace.question import Question

MAX_TERMS = 8  # in a longer sum, no term could be told from the others
OF_ROWS = ("dW", "db")


def row_alone(asked: Question) -> Iterator[float | None]:
    """A gradient with only one term of its sum over rows, for each term."""
    found, terms = _sum(asked)
    if found and asked.short in OF_ROWS:
        yield from (_with_sum(asked, found, term) for term in terms)


def term_left_out(asked: Question) -> Iterator[float | None]:
    """The formula without one term of its sum, for each term; then with one term alone."""
    found, terms = _sum(asked)
    if found:
        yield from (_with_sum(asked, found, sum(terms) - term) for term in terms)
        yield from (_with_sum(asked, found, term) for term in terms)


def one_sign_wrong(asked: Question) -> Iterator[float | None]:
    """The formula with the sign of one term changed, for each term."""
    found, terms = _sum(asked)
    if found:
        yield from (_with_sum(asked, found, sum(terms) - 2.0 * term) for term in terms)


def _with_sum(asked: Question, found: re.Match[str], number: float) -> float | None:
    """The value of the formula with `number` in place of its sum."""
    template = asked.tensor.template
    return asked.value(f"{template[: found.start()]}({number!r}){template[found.end() :]}")


def _sum(asked: Question) -> tuple[re.Match[str] | None, list[float]]:
    """The first sum of the formula and its terms; None and none for fewer than 2 or too many."""
    for pattern, terms_of in ((OVER_ALL, _over_all), (OVER_ROWS, _over_rows), (PRODUCT, _product)):
        if found := pattern.search(asked.tensor.template):
            terms = terms_of(asked, found)
            if 1 < len(terms) <= MAX_TERMS and None not in terms:
                return found, [float(term) for term in terms if term is not None]
            break
    return None, []


def _over_all(asked: Question, found: re.Match[str]) -> list[float | None]:
    shape = asked.operands[NAME.findall(found[1])[0]].shape
    if np.prod(shape) > MAX_TERMS:
        return []
    return [asked.value(found[1], place) for place in np.ndindex(shape)]


def _over_rows(asked: Question, found: re.Match[str]) -> list[float | None]:
    """The terms of a sum over rows; those of a mean are divided by the number of rows."""
    kind, inner = found.groups()
    wide = [name for name in NAME.findall(inner) if asked.operands[name].ndim == 2]
    rows = asked.operands[wide[0]].shape[0] if wide else 0
    if rows > MAX_TERMS:
        return []
    terms = [asked.value(inner, (row, asked.index[-1])) for row in range(rows)]
    divisor = rows if kind == "mean" else 1
    return [None if term is None else term / divisor for term in terms]


def _product(asked: Question, found: re.Match[str]) -> list[float | None]:
    left, left_turned, right, right_turned = found.groups()
    a, b = asked.operands[left], asked.operands[right]
    if len(asked.index) != 2:
        return []
    row, column = asked.index
    factors = (a.T if left_turned else a)[row], (b.T if right_turned else b)[:, column]
    return [*map(float, factors[0] * factors[1])] if len(factors[0]) <= MAX_TERMS else []
