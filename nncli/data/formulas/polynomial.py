"""Polynomial: x1^2, x1*x2, x2^2 ...: all products of powers of columns up to a degree."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb

from nncli.data.formulas.expression import Expression

MAX_TERMS = 1000  # columns that one polynomial makes


def count_of_terms(columns: int, degree: int) -> int:
    """The number of products of at least two factors."""
    return comb(columns + degree, degree) - 1 - columns


def terms(columns: Sequence[str], degree: int) -> list[Expression]:
    """The products of at least two factors, by degree: x1^2, x1*x2, ..."""
    return [
        _product(factors)
        for size in range(2, degree + 1)
        for factors in combinations_with_replacement(columns, size)
    ]


def _product(factors: Sequence[str]) -> Expression:
    """The product of factors: (x1, x1, x2) gives x1^2*x2."""
    powers = []
    for name in dict.fromkeys(factors):
        column, count = Expression(column=name), factors.count(name)
        exponent = Expression(number=float(count))
        powers.append(
            column if count == 1 else Expression(function="^", arguments=(column, exponent))
        )
    product = powers[0]
    for factor in powers[1:]:
        product = Expression(function="*", arguments=(product, factor))
    return product
