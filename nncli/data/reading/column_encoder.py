"""Column encoder: the cells of one column -> numbers, and what was found on the way."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from nncli.data.reading.chunks import NumberParser, has_codes
from nncli.data.reading.column_names import yaml_name
from nncli.data.reading.number_cells import to_number
from nncli.data.reading.number_formats import LIMIT, NumberFormat, format_of, limit_advice
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.reading.plain_blocks import PlainColumn, distinct_cells
from nncli.data.reading.vocabulary import Vocabulary
from nncli.data.targets import label
from nncli.errors import Problem, TableError, printable
from nncli.parts.arrays import Array
from nncli.parts.table import cell_problem

CellType = Literal["number", "text", "date"]
SHOWN = 1000
SLIPS = 0.05  # the share of texts up to which a column is one of numbers, with mistakes


@dataclass
class ColumnEncoder:
    """One column on its way: texts become indices into `vocabulary`, numbers stay numbers."""

    name: str
    cell_type: CellType
    is_forced: bool
    parser: NumberParser
    is_typed: bool = False
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    numbers: int = 0
    wrong: int = 0
    has_codes: bool = False
    has_fractions: bool = False
    problems: list[Problem] = field(default_factory=list)
    wrong_texts: list[str] = field(default_factory=list)
    rows: int = 0
    markers: Counter[str] = field(default_factory=Counter)

    def encode(self, cells: Any) -> tuple[Array, list[int]]:
        """(values, indices of the cells that should be finite numbers and aren't)."""
        if self.cell_type == "text":
            return self._encode_text(cells), []
        numbers = None if self.parser.codes else self.parser.read_before(cells)
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
            self.has_codes |= not self.has_fractions and has_codes(cells)
        return values, wrong

    def _note_plain(self, cells: PlainColumn) -> None:
        self.numbers += len(cells) - cells.empty
        if not (self.is_forced or self.has_fractions):
            self.has_fractions = cells.has_fractions
            may_have_codes = not self.has_fractions and cells.may_have_codes
            self.has_codes |= may_have_codes and has_codes(cells)

    def _encode_text(self, cells: Any) -> Array:
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else label(value) for value in cells.tolist()]
        different, places = distinct_cells(cells)
        counts, known = np.bincount(places, minlength=len(different)), self.vocabulary
        codes = np.empty(len(different))
        for place, cell in enumerate(different):
            text = cell.strip()
            if text in self.parser.missing:
                codes[place] = np.nan
                self.markers[text] += int(counts[place])
            else:
                codes[place] = code = known.code(text)
                if known.folds_case:
                    known.count(code, text, int(counts[place]))
        self.rows += len(cells)
        return codes[places]

    def note(self, wrong: list[int], cells: Any, file: str, lines: Array) -> None:
        """Write down cells that should be numbers, the first ones with their places."""
        for index in wrong[: TableError.MOST_SHOWN - len(self.problems)]:
            cell = str(cells[index]).strip()
            kind = self.parser.expected
            if kind == NumberParser.expected and to_number(cell) in (np.inf, -np.inf):
                kind = "a finite number"
            message = f"expected {kind}, found '{printable(cell)}'"
            self.problems.append(cell_problem(f"{file}{lines[index]}", self.name, message))
            self.wrong_texts.append(cell)
        self.wrong += len(wrong)

    @property
    def some_texts(self) -> list[str]:
        """The first of its different texts: enough to tell how they are written."""
        return list(self.vocabulary.texts[:SHOWN])

    def shown_problems(self, *, is_new: bool) -> list[Problem]:
        """What is wrong; one line, if most cells are, and the first with what may help."""
        if not self.problems:
            return []
        first, *others = self.problems
        is_ordinal = isinstance(self.parser, OrdinalParser)
        if self.wrong > self.numbers and not is_ordinal:
            what = self.parser.expected.removeprefix("a ")
            form = None if is_new else self.form_of_wrong
            cure = f" ({form.cure(self.name, self.parser.decimal)})" if form else ""
            message = f"{first.message}, and no {what} in most rows{cure}"
            return [replace(first, message=message)]
        advice = ""
        if LIMIT.fullmatch(self.wrong_texts[0]):
            advice = f" ({limit_advice(self.wrong_texts[0]).partition(': ')[2]})"
        elif not is_new:
            advice = " (if it stands for missing, add it to data.missing"
            if is_ordinal:
                advice += f"; if it has a place, to data.columns.{yaml_name(self.name)}.order"
            if not self.is_forced:
                advice += f"; if the column is text, data.columns: {{{self.name}: categorical}}"
            advice += ")"
        return [replace(first, message=first.message + advice), *others]

    @property
    def form_of_wrong(self) -> NumberFormat | None:
        """The format that cells which are no numbers are written in, if most are in one."""
        if self.wrong <= self.numbers or isinstance(self.parser, OrdinalParser):
            return None
        found = format_of(self.wrong_texts, self.parser.decimal)
        return found[0] if found else None

    @property
    def is_text(self) -> bool:
        """Whether numbers would lose digits, or the rest is too much for slips of the pen."""
        if self.cell_type == "text" or (self.has_codes and not self.has_fractions):
            return True
        few = self.wrong <= max(SLIPS * (self.numbers + self.wrong), 2)
        return not (few and self.numbers >= 4 * self.wrong)
