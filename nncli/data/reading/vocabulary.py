"""Vocabulary: the distinct texts of a column, each with an integer code."""

from collections import Counter

from nncli.data.categories import folded


class Vocabulary:
    """Maps texts to codes 0, 1, 2, ... in order of appearance.

    folds_case: whether spellings that differ in case and spaces alone share a code; the most
    frequent spelling names it.
    """

    def __init__(self, *, folds_case: bool = False) -> None:
        self.folds_case = folds_case
        self._codes: dict[str, int] = {}
        self._spellings: list[Counter[str]] = []

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, text: str) -> int:
        """The code of a text; a new text gets the next one."""
        if self.folds_case:
            text = folded(text)
        return self._codes.setdefault(text, len(self._codes))

    def count(self, code: int, text: str, cells: int) -> None:
        """Counts `cells` more cells with this spelling of a code."""
        if code == len(self._spellings):
            self._spellings.append(Counter())
        self._spellings[code][text] += cells

    @property
    def texts(self) -> tuple[str, ...]:
        """The spelling of each code: the most frequent; of those that tie, the first met."""
        if not self.folds_case:
            return tuple(self._codes)
        return tuple(counts.most_common(1)[0][0] for counts in self._spellings)
