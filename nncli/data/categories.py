"""Categories: which of the known ones a cell means. One rule for features and targets."""

from collections.abc import Sequence

from nncli.data.reading.column_names import nfc
from nncli.data.reading.number_cells import to_number


def folded(text: str) -> str:
    """What spellings that differ in capitals and spaces alone have in common.

    >>> folded("Old Town") == folded(" old town") == folded("OLDTOWN")
    True
    """
    return "".join(nfc(text).casefold().split())


class Categories:
    """The known categories or classes of a column.

    A cell means the category that it spells, in accented letters of one sign or two; else the only
    one that is the same number, so that 1, 1.0 and 1e0 are one category where training knew just
    one of them.
    folds_case: whether capitals and spaces make no difference either.
    """

    def __init__(
        self, known: Sequence[str], decimal: str = ".", *, folds_case: bool = False
    ) -> None:
        self.decimal = decimal
        self._places = {name: place for place, name in enumerate(known)}
        self._folded = {folded(name): place for name, place in self._places.items()}
        self.folds_case = folds_case
        self._composed = {nfc(name): place for name, place in self._places.items()}
        self._numbers: dict[float, list[int]] = {}
        for name, place in self._places.items():
            # names made of numbers have a decimal point; those of a text file, the file's sign
            for number in {to_number(name, decimal), to_number(name)}:
                if number is not None:
                    self._numbers.setdefault(number, []).append(place)

    def index(self, text: str) -> int | None:
        """The place of the category that a cell means; None if it is another.

        >>> known = Categories(["1", "2", "007", "7"])
        >>> [known.index(text) for text in ("2", "2.0", "7", "7.0", "3")]
        [1, 1, 3, None, None]
        """
        if text in self._places:
            return self._places[text]
        if not text.isascii() and (composed := nfc(text)) in self._composed:
            return self._composed[composed]
        if self.folds_case and (place := self._folded.get(folded(text))) is not None:
            return place
        number = to_number(text, self.decimal)
        places = [] if number is None else self._numbers.get(number, [])
        return places[0] if len(places) == 1 else None
