"""Polynomial: x1^2, x1*x2, x2^2 ...: all products of powers of some columns up to a degree."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb

from nncli.data.formulas.expression import Expression

MOST = 1000  # columns that one polynomial makes


def count_of_terms(columns: int, degree: int) -> int:
    """How many products there are of two factors at least."""
    return comb(columns + degree, degree) - 1 - columns


def terms(columns: Sequence[str], degree: int) -> list[Expression]:
    """Those products, by their degree: of degree 2 before 3, x1^2 before x1*x2."""
    return [
        _product(factors)
        for size in range(2, degree + 1)
        for factors in combinations_with_replacement(columns, size)
    ]


def _product(factors: Sequence[str]) -> Expression:
    """x1^2*x2 of (x1, x1, x2)."""
    powers = []
    for name in dict.fromkeys(factors):
        column, count = Expression(column=name), factors.count(name)
        exponent = Expression(number=float(count))
        powers.append(column if count == 1 else Expression(of="^", arguments=(column, exponent)))
    product = powers[0]
    for each in powers[1:]:
        product = Expression(of="*", arguments=(product, each))
    return product
