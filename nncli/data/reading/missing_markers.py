"""Missing markers: finds markers that are categories of a text column, such as a class `None`."""

import math
from collections.abc import Mapping, Sequence

from nncli.data.column_types import boolean_values
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.data.reading.text_format import MISSING_MARKERS

NEVER_CATEGORIES = ("", "<NA>", "NaN", "nan", "NAN", "-nan")  # only programs write these
AMBIGUOUS = [text for text in MISSING_MARKERS if text not in NEVER_CATEGORIES and text[:1] != "#"]
NULL_MARKERS = ("NA", "null", "NULL", "Null")  # of programs: frequent ones may still mean missing
FREQUENT_SHARE = 0.1  # of rows, from which a marker is a category
EVEN_CLASS_SHARE = 0.3  # of an even share of rows, from which a marker is one of few classes
FEW_CLASSES = 20
QUESTION_MARK = "?"  # never a class


def markers_kept(
    markers: Mapping[str, int],
    rows: int,
    categories: Sequence[str],
    *,
    is_target: bool,
    quoted: QuotedMarkers = QuotedMarkers(),  # noqa: B008  # frozen
) -> list[str]:
    """The missing markers of a text column that are categories: frequent ones, and quoted ones.

    markers: marker -> number of cells.  categories: the column's other texts; a target of two
    booleans has no third class, and a target of one text may mark its other class by empty cells.
    quoted: the markers that the file's quotes tell apart, which overrules frequency.

    >>> markers_kept({"None": 52, "?": 5}, 150, ["TA", "Gd"], is_target=False)
    ['None']
    >>> markers_kept({"-": 4}, 100, ["+"], is_target=True)
    ['-']
    >>> markers_kept({"NA": 40, "": 60}, 100, ["yes", "no"], is_target=True)
    []
    >>> [markers_kept({"": 4}, 100, ["x"], is_target=is_target) for is_target in (True, False)]
    [[''], []]
    >>> markers_kept({"?": 40}, 100, ["a", "b", "c"], is_target=True)
    []
    """
    fewest = min_cells(rows, categories, is_target=is_target)
    one_class = is_target and len(categories) == 1
    return [
        text
        for text, count in markers.items()
        if (text in AMBIGUOUS or (one_class and not text))
        and text not in quoted.missing
        and (text in quoted.values or (count >= fewest and (one_class or text not in NULL_MARKERS)))
        and not (is_target and text == QUESTION_MARK)
    ]


def min_cells(rows: int, categories: Sequence[str], *, is_target: bool) -> float:
    """The number of cells, at least two, from which a marker is taken for a category."""
    share = FREQUENT_SHARE
    if is_target:
        if len(categories) == 2 and boolean_values(categories) is not None:
            return math.inf
        if len(categories) <= FEW_CLASSES:
            share = min(FREQUENT_SHARE, EVEN_CLASS_SHARE / (len(categories) + 1))
        if len(categories) == 1:
            share = 0.0
    return max(share * rows, 2)
