"""Arithmetic: a formula with the numbers of one element filled in: 1*1 + 2*1 + (-1)*1 + 0.

Formulas are templates such as `{x} {W} + {b}`, in which

    {x} {W}   {x}^T {dz}   {dz} {W}^T          are matrix products,
    sum of E over rows   mean of E over rows   run over the rows of the batch,
    sum of E over rows and outputs             runs over both,
    mean of E over features                    runs over the last axis,
    sum(E)                                     runs over the last axis, too: units, or channels,
    sum of E in its window, over the windows that see it, ...   are defined in `window_sums`,

and everything else is elementwise; vectors and scalars are broadcast over rows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from nncli.parts.arrays import Array
from nncli.trace.window_sums import OVER_WINDOWS, terms

Index = tuple[int, ...]
Source = tuple[str, Index]
Written = Callable[[float], str]
PRODUCT = re.compile(r"\{(\w+)\}(\^T)? \{(\w+)\}(\^T)?")
OVER_ALL = re.compile(r"sum of (.+?) over rows and outputs")
OVER_ROWS = re.compile(r"(sum|mean) of (.+?) over rows")
OVER_FEATURES = re.compile(r"mean of (.+?) over features")
OVER_UNITS = re.compile(r"sum\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
NAME = re.compile(r"\{(\w+)\}")
LINK = re.compile(r"\{\w+\.[\d,]*\|([^}]*)\}")
ZERO = re.compile(r"-?0 \*")
MAX_TERMS = 6


def arithmetic(
    template: str,
    operands: Mapping[str, Array],
    index: Index,
    written: Written,
    most: int = MAX_TERMS,
) -> str:
    """The formula of the element at `index`, with numbers in place of names.

    written: formats a number.  most: terms up to which a sum is written out; a longer sum is
    abbreviated to its first three and its last.
    """
    return _Element(operands, written, most).put(template, index)


def linked(template: str, operands: Mapping[str, Array], index: Index, written: Written) -> str:
    """The same with the origin of each number: `{x.0,1|0.1}*{W.1,0|0.2} + {b.0|0.35}`."""
    return _Element(operands, written, MAX_TERMS, is_linked=True).put(template, index)


def unlinked(text: str) -> str:
    """Remove the origins from a text of `linked`, which gives the text of `arithmetic`.

    >>> unlinked("{x.0,1|0.1}*{W.1,0|0.2} + {b.0|0.35}")
    '0.1*0.2 + 0.35'
    """
    return LINK.sub(r"\1", text)


def sources(template: str, operands: Mapping[str, Array], index: Index) -> set[Source]:
    """The operand elements that the element at `index` is computed from, as (name, index).

    Empty if the formula has a sum of several terms, none of which can be inferred from it.
    """
    element = _Element(operands, str, MAX_TERMS)
    element.put(template, index)
    return set() if element.longest > 1 else element.used


def unflattened(index: Index, shape: Index) -> Index:
    """The index in an array of this shape for an index (row, number within the row)."""
    if len(shape) <= 2:
        return index
    return (index[0], *map(int, np.unravel_index(index[-1], shape[1:])))


def _place(index: Index, shape: Index) -> Index:
    """The index in an operand of this shape that belongs to the element at `index`.

    Axes that the operand lacks, or that have length 1, are broadcast; an index into a flattened
    image is unravelled.
    """
    if len(shape) > len(index) > 1:
        return unflattened(index, shape)
    place = index[len(index) - len(shape) :]
    if len(place) == len(shape) and 1 not in shape:
        return place
    return tuple(0 if most == 1 else own for own, most in zip(place, shape, strict=True))


class _Element:
    def __init__(
        self,
        operands: Mapping[str, Array],
        written: Written,
        most: int,
        *,
        is_linked: bool = False,
    ) -> None:
        self.operands, self.written, self.most = operands, written, most
        self.is_linked = is_linked
        self.used: set[Source] = set()
        self.longest = 0  # number of terms of the longest sum so far

    def put(self, template: str, index: Index) -> str:
        """Fill in a template: sums first, because their terms have other indices, then the rest."""
        for pattern in _sums(template):
            template = pattern.sub(partial(SUMS[pattern], self, index), template)
        return NAME.sub(lambda found: self._replace(found, index), template)

    def _replace(self, found: re.Match[str], index: Index) -> str:
        around = found.string
        is_bracketed = around[: found.start()].endswith("(") and around[found.end() :][:1] == ")"
        return self._number(found[1], index, is_bracketed=is_bracketed)

    def _number(self, name: str, index: Index, *, is_bracketed: bool = False) -> str:
        """An operand's number as text. is_bracketed: whether it is in brackets already."""
        values = self.operands[name]
        place = _place(index, values.shape)
        self.used.add((name, place))
        text = self.written(float(values[place]))
        text = f"({text})" if text.startswith("-") and not is_bracketed else text
        return f"{{{name}.{','.join(map(str, place))}|{text}}}" if self.is_linked else text

    def _product(self, index: Index, found: re.Match[str]) -> str:
        left, left_turned, right, right_turned = found.groups()
        row, column = index

        def term(k: int) -> str:
            first = self._number(left, (k, row) if left_turned else (row, k))
            return f"{first}*{self._number(right, (column, k) if right_turned else (k, column))}"

        return self._sum(term, self.operands[left].shape[0 if left_turned else 1])

    def _over_all(self, _: Index, found: re.Match[str]) -> str:
        """Terms with a factor 0, such as those of classes that a row isn't in, are left out."""
        shape = self.operands[NAME.findall(found[1])[0]].shape
        terms = [self.put(found[1], place) for place in np.ndindex(shape)]
        counted = [term for term in terms if not ZERO.match(unlinked(term))] or terms[:1]
        return self._sum(counted.__getitem__, len(counted))

    def _over_rows(self, index: Index, found: re.Match[str]) -> str:
        kind, inner = found.groups()
        wide = [name for name in NAME.findall(inner) if self.operands[name].ndim >= 2]
        places = [*np.ndindex(self.operands[wide[0]].shape[:-1])]  # of images, all pixels
        total = self._sum(lambda k: self.put(inner, (*places[k], index[-1])), len(places))
        return f"({total}) / {len(places)}" if kind == "mean" else total

    def _over_features(self, index: Index, found: re.Match[str]) -> str:
        inner = found[1]
        wide = max((self.operands[name] for name in NAME.findall(inner)), key=np.ndim)
        features = wide.shape[-1]
        total = self._sum(lambda unit: self.put(inner, (*index[:-1], unit)), features)
        return f"({total}) / {features}"

    def _over_windows(self, index: Index, found: re.Match[str]) -> str:
        kind, inner, what = found.groups()
        places = terms(what, index, self.operands)

        def term(k: int) -> str:
            return NAME.sub(lambda name: self._number(name[1], places[k][name[1]]), inner).replace(
                " * ", "*"
            )

        if kind == "greatest":
            self.longest = max(self.longest, len(places))
            return f"max({', '.join(map(term, range(len(places))))})" if places[1:] else term(0)
        total = self._sum(term, len(places)) if places else "0"
        return f"({total}) / {len(places)}" if kind == "mean" else total

    def _over_units(self, index: Index, found: re.Match[str]) -> str:
        inner = found[1]
        units = self.operands[NAME.findall(inner)[0]].shape[-1]
        return f"({self._sum(lambda unit: self.put(inner, (*index[:-1], unit)), units)})"

    def _sum(self, term: Callable[[int], str], count: int) -> str:
        self.longest = max(self.longest, count)
        if count <= self.most:
            return " + ".join(term(k) for k in range(count))
        return " + ".join([*map(term, range(3)), "...", term(count - 1)])


SUMS: Mapping[re.Pattern[str], Callable[[_Element, Index, re.Match[str]], str]] = {
    OVER_WINDOWS: _Element._over_windows,
    OVER_ALL: _Element._over_all,
    OVER_FEATURES: _Element._over_features,
    OVER_ROWS: _Element._over_rows,
    PRODUCT: _Element._product,
    OVER_UNITS: _Element._over_units,
}


@lru_cache(256)
def _sums(template: str) -> Sequence[re.Pattern[str]]:
    """The sums that a template contains, in order; filling one in never creates another."""
    return [pattern for pattern in SUMS if pattern.search(template)]
