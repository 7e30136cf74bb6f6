"""Missing markers: which texts that often mean no value are values in a column of texts."""

from collections.abc import Mapping, Sequence

from nncli.data.column_types import truths
from nncli.data.reading.chunks import MISSING

NO_WORDS = ("", "<NA>", "NaN", "nan", "NAN", "-nan")  # what programs alone write
MAY_BE_VALUES = [text for text in MISSING if text not in NO_WORDS and text[:1] != "#"]
LARGE = 0.1  # the share of rows from which a text is no exception
EVEN = 0.3  # of the share that a class would have if all had the same: what makes one of few
FEW_CLASSES = 20
UNKNOWN = "?"  # no class is called so


def markers_that_are_values(
    markers: Mapping[str, int], rows: int, categories: Sequence[str], *, is_target: bool
) -> list[str]:
    """The markers of a column of texts that are too many to mean no value.

    markers: how many cells hold each.  categories: the column's other texts.  A target of two
    truth values has no third.

    >>> markers_that_are_values({"None": 52, "?": 5}, 150, ["TA", "Gd"], is_target=False)
    ['None']
    >>> markers_that_are_values({"-": 4}, 100, ["+"], is_target=True)
    ['-']
    >>> markers_that_are_values({"NA": 40, "": 60}, 100, ["yes", "no"], is_target=True)
    []
    >>> markers_that_are_values({"?": 40}, 100, ["a", "b", "c"], is_target=True)
    []
    """
    share = LARGE
    if is_target:
        if len(categories) == 2 and truths(categories) is not None:
            return []
        if len(categories) <= FEW_CLASSES:
            share = min(LARGE, EVEN / (len(categories) + 1))
        if len(categories) == 1:
            share = 0.0  # nothing else is to be told apart
    return [
        text
        for text, count in markers.items()
        if text in MAY_BE_VALUES
        and count > 1
        and count >= share * rows
        and not (is_target and text == UNKNOWN)
    ]
