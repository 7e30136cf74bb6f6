"""Missing markers: which texts that often mean no value are values in a column of texts."""

import math
from collections.abc import Mapping, Sequence

from nncli.data.column_types import truths
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.data.reading.text_format import MISSING

NO_WORDS = ("", "<NA>", "NaN", "nan", "NAN", "-nan")  # what programs alone write
MAY_BE_VALUES = [text for text in MISSING if text not in NO_WORDS and text[:1] != "#"]
NOT_BY_SHARE = ("NA", "null", "NULL", "Null")  # what programs write too, for however many cells
LARGE = 0.1  # the share of rows from which a text is no exception
EVEN = 0.3  # of the share that a class would have if all had the same: what makes one of few
FEW_CLASSES = 20
UNKNOWN = "?"  # no class is called so


def markers_that_are_values(
    markers: Mapping[str, int],
    rows: int,
    categories: Sequence[str],
    *,
    is_target: bool,
    quoted: QuotedMarkers = QuotedMarkers(),  # noqa: B008  # frozen
) -> list[str]:
    """The markers of a column of texts that are too many to mean no value, or quoted as values are.

    markers: how many cells hold each.  categories: the column's other texts.  A target of two
    truth values has no third.  quoted: what the file's quotes tell, which is sure.

    >>> markers_that_are_values({"None": 52, "?": 5}, 150, ["TA", "Gd"], is_target=False)
    ['None']
    >>> markers_that_are_values({"-": 4}, 100, ["+"], is_target=True)
    ['-']
    >>> markers_that_are_values({"NA": 40, "": 60}, 100, ["yes", "no"], is_target=True)
    []
    >>> markers_that_are_values({"?": 40}, 100, ["a", "b", "c"], is_target=True)
    []
    """
    least = least_count(rows, categories, is_target=is_target)
    only = is_target and len(categories) == 1  # nothing else is to be told apart
    return [
        text
        for text, count in markers.items()
        if text in MAY_BE_VALUES
        and text not in quoted.missing
        and (text in quoted.values or (count >= least and (only or text not in NOT_BY_SHARE)))
        and not (is_target and text == UNKNOWN)
    ]


def least_count(rows: int, categories: Sequence[str], *, is_target: bool) -> float:
    """From how many cells on a marker is a value, where nothing else tells; at least two."""
    share = LARGE
    if is_target:
        if len(categories) == 2 and truths(categories) is not None:
            return math.inf
        if len(categories) <= FEW_CLASSES:
            share = min(LARGE, EVEN / (len(categories) + 1))
        if len(categories) == 1:
            share = 0.0
    return max(share * rows, 2)
