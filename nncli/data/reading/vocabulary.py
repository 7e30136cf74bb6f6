"""Vocabulary: the distinct texts of a column, each with an integer code."""

from collections import Counter

from nncli.data.categories import folded


class Vocabulary:
    """A mapping of texts to codes 0, 1, 2, ... in order of appearance.

    folds_case: whether spellings that differ in case and spaces alone share a code, which is named
    by the most frequent one.
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
        """Count `cells` more cells in which `code` is spelt `text`."""
        if code == len(self._spellings):
            self._spellings.append(Counter())
        self._spellings[code][text] += cells

    @property
    def texts(self) -> tuple[str, ...]:
        """The most frequent spelling of each code; the first of a tie."""
        if not self.folds_case:
            return tuple(self._codes)
        return tuple(counts.most_common(1)[0][0] for counts in self._spellings)
