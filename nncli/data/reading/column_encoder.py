"""Column encoder: encodes the cells of one column as numbers, and collects wrong cells."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from nncli.data.column_names import yaml_name
from nncli.data.number_cells import to_number
from nncli.data.reading.chunks import NumberParser, loses_digits
from nncli.data.reading.number_formats import NumberFormat, format_of
from nncli.data.reading.numbers_as_text import LIMIT, limit_fix, limit_format
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.reading.plain_blocks import PlainColumn, distinct_cells
from nncli.data.reading.vocabulary import Vocabulary
from nncli.data.targets import number_text
from nncli.errors import Problem, TableError, printable
from nncli.parts.arrays import Array
from nncli.parts.table import cell_problem

CellType = Literal["number", "text", "date"]
SAMPLED_TEXTS = 1000
MAX_TYPO_SHARE = 0.05  # of texts in a column that is taken for numbers with typing errors


@dataclass
class ColumnEncoder:
    """Encoder of one column, in chunks: texts as indices into `vocabulary`, numbers as floats.

    is_forced: whether the config or the file's dtype sets the cell type.  is_typed: whether the
    dtype sets it.  numbers, wrong: how many cells are numbers, and how many should be but aren't.
    loses_digits: whether some integer would lose digits as a float.  problems, wrong_texts: of the
    first wrong cells.  markers: how many cells hold each missing marker.
    """

    name: str
    cell_type: CellType
    is_forced: bool
    parser: NumberParser
    is_typed: bool = False
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    numbers: int = 0
    wrong: int = 0
    loses_digits: bool = False
    has_fractions: bool = False
    problems: list[Problem] = field(default_factory=list)
    wrong_texts: list[str] = field(default_factory=list)
    rows: int = 0
    markers: Counter[str] = field(default_factory=Counter)

    def encode(self, cells: Any) -> tuple[Array, list[int]]:
        """(encoded values, indices of the cells that should be finite numbers and aren't)."""
        if self.cell_type == "text":
            return self._encode_text(cells), []
        numbers = None if self.parser.missing_numbers else self.parser.preparsed(cells)
        if numbers is not None and isinstance(cells, PlainColumn):
            self._note_plain(cells)
            return numbers, []
        values, wrong = self.parser(cells)
        if self.cell_type == "date":
            self.numbers += len(values) - len(wrong)
            return values, wrong
        is_finite = np.isfinite(values)
        self.numbers += int(np.count_nonzero(is_finite))
        if not (self.is_forced or self.has_fractions or isinstance(cells, np.ndarray)):
            finite = values[is_finite]
            self.has_fractions = bool((finite != np.floor(finite)).any())
            self.loses_digits |= not self.has_fractions and loses_digits(cells)
        return values, wrong

    def _note_plain(self, cells: PlainColumn) -> None:
        self.numbers += len(cells) - cells.empty
        if not (self.is_forced or self.has_fractions):
            self.has_fractions = cells.has_fractions
            may_lose_digits = not self.has_fractions and cells.may_lose_digits
            self.loses_digits |= may_lose_digits and loses_digits(cells)

    def _encode_text(self, cells: Any) -> Array:
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else number_text(value) for value in cells.tolist()]
        unique, inverse = distinct_cells(cells)
        counts, vocabulary = np.bincount(inverse, minlength=len(unique)), self.vocabulary
        codes = np.empty(len(unique))
        for index, cell in enumerate(unique):
            text = cell.strip()
            if text in self.parser.missing:
                codes[index] = np.nan
                self.markers[text] += int(counts[index])
            else:
                codes[index] = code = vocabulary.code(text)
                if vocabulary.folds_case:
                    vocabulary.count(code, text, int(counts[index]))
        self.rows += len(cells)
        return codes[inverse]

    def note(self, wrong: list[int], cells: Any, file: str, lines: Array) -> None:
        """Record wrong cells: count all, and make problems of the first.

        wrong: indices into `cells`.  file: the prefix of a line in messages.
        """
        for index in wrong[: TableError.MAX_SHOWN - len(self.problems)]:
            cell = str(cells[index]).strip()
            expected = self.parser.expected
            if expected == NumberParser.expected and to_number(cell) in (np.inf, -np.inf):
                expected = "a finite number"
            message = f"expected {expected}, found '{printable(cell)}'"
            self.problems.append(cell_problem(f"{file}{lines[index]}", self.name, message))
            self.wrong_texts.append(cell)
        self.wrong += len(wrong)

    @property
    def sampled_texts(self) -> list[str]:
        """The first distinct texts, from which their format is inferred."""
        return list(self.vocabulary.texts[:SAMPLED_TEXTS])

    @property
    def places_of_name(self) -> list[str]:
        """The places of wrong cells that hold the column's own name, as a repeated header does."""
        wrong = zip(self.problems, self.wrong_texts, strict=True)
        return [problem.where for problem, text in wrong if text == self.name]

    def shown_problems(self, *, is_new: bool) -> list[Problem]:
        """The problems, the first with advice; only the first if most cells are wrong."""
        if not self.problems:
            return []
        first, *others = self.problems
        is_ordinal = isinstance(self.parser, OrdinalParser)
        if self.wrong > self.numbers and not is_ordinal:
            fix = ""
            if format_ := self.format_of_wrong:
                bare = f"write '{format_.bare(self.wrong_texts[0])}', say"
                fix = f" ({bare if is_new else format_.fix(self.name, self.parser.decimal)})"
            message = f"{first.message}, and none in most rows{fix}"
            return [replace(first, message=message)]
        advice = ""
        if LIMIT.fullmatch(self.wrong_texts[0]):
            fix = limit_fix(self.name, self.wrong_texts, self.parser.decimal, is_new=is_new)
            advice = f" (a limit: {fix})"
        elif not is_new:
            advice = " (if it stands for missing, add it to data.missing"
            if is_ordinal:
                advice += f"; if it has a place, to data.columns.{yaml_name(self.name)}.order"
            if not self.is_forced:
                advice += f"; if the column is text, data.columns: {{{self.name}: categorical}}"
            advice += ")"
        return [replace(first, message=first.message + advice), *others]

    @property
    def format_of_wrong(self) -> NumberFormat | None:
        """The number format that fits the wrong cells, if one does and they are limits, or most."""
        texts, decimal = self.wrong_texts, self.parser.decimal
        if isinstance(self.parser, OrdinalParser):
            return None
        if self.wrong <= self.numbers or LIMIT.fullmatch(texts[0]):
            return limit_format(texts, decimal)
        found = format_of(texts, decimal)
        return found[0] if found else None

    @property
    def is_text(self) -> bool:
        """Whether the column is text: numbers would lose digits, or too few cells are numbers."""
        if self.cell_type == "text" or (self.loses_digits and not self.has_fractions):
            return True
        few = self.wrong <= max(MAX_TYPO_SHARE * (self.numbers + self.wrong), 2)
        return not (few and self.numbers >= 4 * self.wrong)
