"""Cells: the inputs of a graph, one per column; texts become numbers, in every known spelling."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from nncli.data.categories import Categories, folded
from nncli.data.column_types import BOOLEAN_VALUES
from nncli.data.fitted_columns import FittedColumn
from nncli.data.number_cells import to_number
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.parsers import Parsers
from nncli.data.targets import number_text
from nncli.export.onnx.dates import INPUT as DATE_INPUT
from nncli.export.onnx.graph import FLOAT64, INT64, TEXT, Graph, Value
from nncli.frozen import frozen

TRUTH = ("no", "yes")  # the words for 0 and 1 of a boolean column


@frozen
class Cells:
    """The cells of a column, (rows, 1).

    values: numbers; of texts, the index among `words`, len(words) if missing, one more if unknown.
    """

    values: Value
    words: tuple[str, ...] = ()


def takes_text(feature: FittedColumn) -> bool:
    """Whether a column's cells are given as texts, not as numbers."""
    return feature.kind in ("categorical", "boolean") or bool(feature.order)


def words_of(feature: FittedColumn) -> tuple[str, ...]:
    """The words that are known in a column of texts."""
    return feature.order or (*feature.codes,) or TRUTH


def missing_texts(parsers: Parsers, name: str) -> list[str]:
    """The texts that mark a missing value in a column."""
    own = parsers.of(name).missing
    return [text for text in parsers.missing if text in own]


def read_cells(graph: Graph, learnt: Preprocessing, parsers: Parsers) -> dict[str, Cells]:
    """Add the inputs to a graph; returns the cells by column."""
    given = {feature.name: _input(graph, feature) for feature in learnt.features}
    return {
        feature.name: _placed(feature, given[feature.name], parsers)
        if takes_text(feature)
        else Cells(_without_markers(feature, given[feature.name], parsers))
        for feature in learnt.features
    }


def _without_markers(feature: FittedColumn, cells: Value, parsers: Parsers) -> Value:
    """Replace numbers such as -999 that `data.missing` declares as missing by NaN."""
    if feature.date is not None:
        return cells
    for text in missing_texts(parsers, feature.name):
        number = to_number(text, parsers.decimal)
        if number is not None and np.isfinite(number):
            cells = cells.equals(number).where(np.nan, cells)
    return cells


def _input(graph: Graph, feature: FittedColumn) -> Value:
    if takes_text(feature):
        words = words_of(feature)
        listed = ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
        listed = "yes or no, true or false, 1 or 0" if words == TRUTH else f"one of: {listed}"
        return graph.input(feature.name, TEXT, f"{listed}; '': missing")
    what = DATE_INPUT if feature.date else "a number; NaN: missing"
    return graph.input(feature.name, FLOAT64, what)


def _placed(feature: FittedColumn, cells: Value, parsers: Parsers) -> Cells:
    words = words_of(feature)
    if feature.kind == "boolean":
        places = _truth_spellings()
    else:
        folds = parsers.folds_case(feature.name)
        places = spelled(words, Categories(words, parsers.decimal, folds_case=folds))
    places |= dict.fromkeys(missing_texts(parsers, feature.name), len(words))
    codes = cells.graph.add(
        "LabelEncoder",
        cells,
        dtype=INT64,
        domain="ai.onnx.ml",
        keys_strings=list(places),
        values_int64s=list(places.values()),
        default_int64=len(words) + 1,
    )
    return Cells(codes, words)


def spelled(words: Sequence[str], known: Categories) -> dict[str, int]:
    """The spellings of words, each with the index of its word.

    >>> spelled(["1", "b"], Categories(["1", "b"], folds_case=True))
    {'1': 0, '1.0': 0, '1.00': 0, 'b': 1, 'B': 1}
    """
    found: dict[str, int] = {}
    for place, word in enumerate(words):
        for text in _spellings(word, known):
            if known.index(text) == place:
                found.setdefault(text, place)
    return found


def _spellings(word: str, known: Categories) -> Iterator[str]:
    yield word
    yield from (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    if known.folds_case:
        yield from (folded(word), word.lower(), word.upper(), word.title(), word.capitalize())
    for decimal in sorted({".", known.decimal}):
        if (number := to_number(word, decimal)) is not None and np.isfinite(number):
            texts = (number_text(number), repr(number), f"{number:.2f}")
            yield from (text.replace(".", decimal) for text in texts)


def _truth_spellings() -> dict[str, int]:
    """The spellings of booleans: yes, YES, Yes, 1, 1.0, ... -> 1 or 0."""
    found = {}
    for word, truth in BOOLEAN_VALUES.items():
        for text in (word, word.upper(), word.title(), f"{word}.0" if word.isdigit() else word):
            found[text] = int(truth)
    return found
