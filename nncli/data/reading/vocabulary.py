"""Vocabulary: the different texts of a column, each with a number."""

from collections import Counter

from nncli.data.categories import folded


class Vocabulary:
    """Texts -> 0, 1, 2, ... in the order in which they are met.

    folds_case: whether spellings that differ in capitals and spaces alone are one text, called as
    most of the cells spell it.
    """

    def __init__(self, *, folds_case: bool = False) -> None:
        self.folds_case = folds_case
        self._codes: dict[str, int] = {}
        self._spellings: list[Counter[str]] = []

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, text: str) -> int:
        """The number of a text, a new one's the next."""
        if self.folds_case:
            text = folded(text)
        return self._codes.setdefault(text, len(self._codes))

    def count(self, code: int, text: str, cells: int) -> None:
        """So many cells spell the text of this number so."""
        if code == len(self._spellings):
            self._spellings.append(Counter())
        self._spellings[code][text] += cells

    @property
    def texts(self) -> tuple[str, ...]:
        """Each one's spelling; of those that tie, the first that was met."""
        if not self.folds_case:
            return tuple(self._codes)
        return tuple(counts.most_common(1)[0][0] for counts in self._spellings)
