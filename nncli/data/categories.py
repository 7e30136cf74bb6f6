"""Categories: finds the known category or class that a cell stands for."""

from collections.abc import Sequence

from nncli.data.column_names import nfc
from nncli.data.number_cells import to_number


def folded(text: str) -> str:
    """Return a text without case and spaces: equal for spellings that differ in these alone.

    >>> folded("Old Town") == folded(" old town") == folded("OLDTOWN")
    True
    """
    return "".join(nfc(text).casefold().split())


class Categories:
    """The known categories or classes of a column.

    A cell stands for the category with the same text (after Unicode normalization), else for the
    only one with the same number: 1, 1.0 and 1e0 are one category if training had just one of them.
    folds_case: whether case and spaces are ignored too.
    """

    def __init__(
        self, known: Sequence[str], decimal: str = ".", *, folds_case: bool = False
    ) -> None:
        self.decimal = decimal
        self._index_of = {name: index for index, name in enumerate(known)}
        self._folded = {folded(name): index for name, index in self._index_of.items()}
        self.folds_case = folds_case
        self._composed = {nfc(name): index for name, index in self._index_of.items()}
        self._numbers: dict[float, list[int]] = {}
        for name, index in self._index_of.items():
            # names made from numbers have a decimal point, those from a text file its separator
            for number in {to_number(name, decimal), to_number(name)}:
                if number is not None:
                    self._numbers.setdefault(number, []).append(index)

    def index(self, text: str) -> int | None:
        """The index of the category that a cell stands for; None if it is unknown.

        >>> known = Categories(["1", "2", "007", "7"])
        >>> [known.index(text) for text in ("2", "2.0", "7", "7.0", "3")]
        [1, 1, 3, None, None]
        """
        if text in self._index_of:
            return self._index_of[text]
        if not text.isascii() and (composed := nfc(text)) in self._composed:
            return self._composed[composed]
        if self.folds_case and (index := self._folded.get(folded(text))) is not None:
            return index
        number = to_number(text, self.decimal)
        indices = [] if number is None else self._numbers.get(number, [])
        return indices[0] if len(indices) == 1 else None
