"""Texts: a column of texts -> whole numbers, by every spelling of what training knew."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nncli.data.categories import Categories, folded
from nncli.data.reading.chunks import to_number
from nncli.data.targets import label
from nncli.export.onnx.graph import INT64, Value


def codes(cells: Value, of_text: Mapping[str, int], other: int) -> Value:
    """(rows, 1) the number of each cell's text; `other` for a text that isn't listed."""
    return cells.graph.add(
        "LabelEncoder",
        cells,
        dtype=INT64,
        domain="ai.onnx.ml",
        keys_strings=list(of_text),
        values_int64s=list(of_text.values()),
        default_int64=other,
    )


def spelled(words: Sequence[str], known: Categories) -> dict[str, int]:
    """The place among the words of each text that may be written for one of them.

    >>> spelled(["1", "b"], Categories(["1", "b"], folds_case=True))
    {'1': 0, '1.0': 0, 'b': 1, 'B': 1}
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
    for decimal in {".", known.decimal}:
        if (number := to_number(word, decimal)) is not None and np.isfinite(number):
            texts = (label(number), repr(number), f"{number:.2f}")
            yield from (text.replace(".", sign) for text in texts for sign in {".", known.decimal})
