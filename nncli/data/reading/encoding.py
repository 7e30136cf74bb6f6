"""Encoding: the cells of a table's files -> numbers, once it is known which columns are numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from nncli.data.disk import ColumnFile
from nncli.data.memory import available
from nncli.data.reading.chunks import Chunk, NumberParser, TableReader, has_codes, to_number
from nncli.data.reading.column_keys import Parsers
from nncli.data.reading.date_cells import format_of_dates
from nncli.data.reading.missing_markers import markers_that_are_values
from nncli.data.reading.number_formats import (
    LIMIT,
    format_of,
    limit_advice,
    markers_among_numbers,
    numbers_read_as_text,
    yaml_name,
)
from nncli.data.reading.ordinal_cells import OrdinalParser
from nncli.data.reading.vocabulary import Vocabulary
from nncli.data.targets import label
from nncli.errors import DataError, MarkersFound, Problem, TableError, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Column, cell_problem

Form = Literal["number", "text", "date"]
COPIES = 5  # of a table's numbers in memory at the worst moment
SHOWN = 1000
SLIPS = 0.05  # the share of texts up to which a column is one of numbers, with mistakes


@dataclass
class Encoded:
    """The wanted columns of all rows.

    cells: (rows, columns) float64, NaN where missing; an index into the column's vocabulary if it
    has one. lines: where each file's rows stand.  markers: of each column of texts, how many cells
    hold a text that is taken for missing.  values: how many hold one that could be, and is none.
    dates: the columns that were taken for dates, with the format of each.
    """

    names: tuple[str, ...]
    cells: Any
    vocabularies: dict[str, tuple[str, ...]]
    lines: list[Array]
    markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dates: Mapping[str, str | None] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        values = self.cells[:, self.names.index(name)]
        return Column(values, self.vocabularies.get(name, ()))

    def select(self, names: Sequence[str]) -> Any:
        """(rows, names) cells."""
        chosen = [self.names.index(name) for name in names]
        if isinstance(self.cells, ColumnFile):
            return self.cells.select(chosen)
        return self.cells[:, chosen]


@dataclass
class _Column:
    """One column on its way: texts become indices into `vocabulary`, numbers stay numbers."""

    name: str
    form: Form
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
        if self.form == "text":
            return self._encode_text(cells), []
        values, wrong = self.parser(cells)
        if self.form == "date":
            self.numbers += len(values) - len(wrong)
            return values, wrong
        is_finite = np.isfinite(values)
        self.numbers += int(np.count_nonzero(is_finite))
        if not (self.is_forced or self.has_fractions or isinstance(cells, np.ndarray)):
            finite = values[is_finite]
            self.has_fractions = bool((finite != np.floor(finite)).any())
            self.has_codes |= not self.has_fractions and has_codes(cells)
        return values, wrong

    def _encode_text(self, cells: Any) -> Array:
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else label(value) for value in cells.tolist()]
        known, codes = self.vocabulary, {}
        for cell in dict.fromkeys(cells):  # each text once, in the order of the rows
            text = cell.strip()
            if text in self.parser.missing:
                codes[cell] = np.nan
                self.markers[text] += cells.count(cell)
            else:
                codes[cell] = code = known.code(text)
                if known.folds_case:
                    known.count(code, text, cells.count(cell))
        self.rows += len(cells)
        return np.fromiter(map(codes.__getitem__, cells), float, len(cells))

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
            message = f"{first.message}, and no {what} in most rows{self._cure(is_new=is_new)}"
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

    def _cure(self, *, is_new: bool) -> str:
        """The format that the cells are written in, if they have one."""
        found = None if is_new else format_of(self.wrong_texts, self.parser.decimal)
        if not found:
            return ""
        name, keys = yaml_name(self.name), found[0].keys(self.parser.decimal)
        return f" (data.columns: {{{name}: {{{keys}}}}})"

    @property
    def is_text(self) -> bool:
        """Whether numbers would lose digits, or the rest is too much for slips of the pen."""
        if self.form == "text" or (self.has_codes and not self.has_fractions):
            return True
        few = self.wrong <= max(SLIPS * (self.numbers + self.wrong), 2)
        return not (few and self.numbers >= 4 * self.wrong)


def encode(
    readers: Sequence[tuple[str, TableReader]],
    wanted: Sequence[str],
    forms: Mapping[str, Form],
    parsers: Parsers,
    *,
    required: Sequence[str] = (),
    guessed: Mapping[str, bool] | None = None,
    datable: Sequence[str] = (),
    on_disk: bool | None = False,
    is_new: bool = False,
) -> Encoded:
    """Read every file once, and once more if a column turns out to be text further down.

    readers: each file with its name in messages.  wanted: the columns to read.  forms: what is
    known of them beforehand.  required: a row that lacks one of these is left out.
    guessed: the columns where a text that often means no value may be one, and whether each is a
    target.
    datable: the columns that are dates if their texts are.
    on_disk: whether rows stay there; None: if memory turns out short.
    is_new: whether these are new rows for a run, whose config can't be changed any more.

    Raises TableError for every cell that isn't the number it should be; DataError for no rows.
    """
    typed: dict[str, Form] = {n: "text" for _, reader in readers for n in reader.texts}
    known = typed | dict(forms)
    known |= _guess(readers[0][1], [name for name in wanted if name not in known], parsers)
    values: dict[str, dict[str, int]] = {}
    dates: dict[str, str | None] = {}
    while True:
        columns = [
            _Column(
                name,
                known.get(name, "number"),
                name in forms or name in typed,
                parsers.of(name),
                name in typed and name not in forms,
                Vocabulary(folds_case=parsers.folds_case(name)),
            )
            for name in wanted
        ]
        encoded = _pass(readers, columns, required, on_disk=on_disk)
        changed = [c for c in columns if c.form == "number" and not c.is_forced and c.is_text]
        found_dates = _dates(columns, datable)
        new = _values(columns, parsers, guessed or {})
        if not (changed or new or found_dates):
            break
        known |= {column.name: "text" for column in changed}
        known |= dict.fromkeys(found_dates, "date")
        dates |= found_dates
        parsers = parsers.with_dates(found_dates)
        new = {name: texts for name, texts in new.items() if name not in dates}
        values |= new
        parsers = parsers.with_values({name: [*texts] for name, texts in new.items()})
    encoded.values, encoded.dates = values, dates
    if found := sum(column.wrong for column in columns):
        problems = [p for column in columns for p in column.shown_problems(is_new=is_new)]
        raise TableError(problems, found)
    _refuse_disguises(columns, readers[0][0], parsers.decimal)
    for (name, reader), lines in zip(readers, encoded.lines, strict=True):
        if not len(lines):
            what = "no rows" if reader.row_word else "no rows under the header"
            if required:
                what += f", or none that has the target ({', '.join(required)})"
            key = "data.path" if name == readers[0][0] else "data.split"
            raise DataError(f"{name}: {what}", key=key)
    return encoded


def _dates(columns: Sequence[_Column], datable: Sequence[str]) -> dict[str, str | None]:
    """Of the columns of texts, those that are dates, with the format of each."""
    found = {}
    for column in columns:
        if column.form == "text" and column.name in datable and column.vocabulary:
            are_dates, form = format_of_dates(column.name, [*column.vocabulary.texts])
            if are_dates:
                found[column.name] = form
    return found


def _disguise(column: _Column, decimal: str) -> tuple[str, str] | None:
    """(config key, message) if a column of texts has numbers in disguise; else None."""
    if column.form != "text" or (column.is_forced and not column.is_typed):
        return None
    return numbers_read_as_text(column.name, column.some_texts, decimal, is_typed=column.is_typed)


def _values(
    columns: Sequence[_Column], parsers: Parsers, guessed: Mapping[str, bool]
) -> dict[str, dict[str, int]]:
    """Of columns of texts, the cells that hold a text that is no sign of a missing value there."""
    found = {}
    for column in columns:
        is_open = column.name in guessed and not parsers.is_settled(column.name)
        if is_open and column.vocabulary and not _disguise(column, parsers.decimal):
            texts = markers_that_are_values(
                column.markers,
                column.rows,
                [*column.vocabulary.texts],
                is_target=guessed[column.name],
            )
            if texts:
                found[column.name] = {text: column.markers[text] for text in texts}
    return found


def _refuse_disguises(columns: Sequence[_Column], file: str, decimal: str) -> None:
    """Raises DataError for every column of numbers that would be taken for texts."""
    found, markers = [], []
    for column in columns:
        if problem := _disguise(column, decimal):
            found.append((problem[0], f"{file}: {problem[1]}"))
            markers += markers_among_numbers(column.some_texts, decimal)
    if markers and all(key == "data.missing" for key, _ in found):
        raise MarkersFound(found, markers)
    if found:
        raise DataError(found=found)


def _guess(reader: TableReader, names: list[str], parsers: Parsers) -> dict[str, Form]:
    """What the first rows say each column is."""
    forms: dict[str, Form] = {}
    chunk = next(reader.chunks(), None)
    if chunk is None:
        return forms
    for name in names:
        column = _Column(name, "number", is_forced=False, parser=parsers.of(name))
        _, wrong = column.encode(chunk.columns[reader.names.index(name)])
        column.wrong = len(wrong)
        forms[name] = "text" if column.is_text else "number"
    return forms


def _pass(
    readers: Sequence[tuple[str, TableReader]],
    columns: Sequence[_Column],
    required: Sequence[str],
    *,
    on_disk: bool | None,
) -> Encoded:
    """All rows of all files under what is taken for numbers and what for text."""
    cells_read, lines = _Blocks(len(columns), on_disk), []
    needed = [column for column in columns if column.name in required]
    for name, reader in readers:
        order = [reader.names.index(column.name) for column in columns]
        file_lines = [np.empty(0, dtype=np.int64)]
        for chunk in reader.chunks():
            chunk = chunk.only(_complete(chunk, needed, reader.names))
            block = np.empty((len(columns), len(chunk.lines)))
            for row, column, source in zip(block, columns, order, strict=True):
                cells = chunk.columns[source]
                row[:], wrong = column.encode(cells)
                _note(column, wrong, cells, f"{name}:{reader.row_word}", chunk.lines)
            cells_read.append(block)
            file_lines.append(chunk.lines)
        lines.append(np.concatenate(file_lines))
    vocabularies = {c.name: c.vocabulary.texts for c in columns if c.form == "text"}
    names, markers = tuple(c.name for c in columns), {c.name: c.markers for c in columns}
    return Encoded(names, cells_read.whole(), vocabularies, lines, markers)


class _Blocks:
    """Rows as they are read: in memory, or on disk as soon as they would fill it.

    on_disk: where they stay; None: as memory allows.
    """

    def __init__(self, columns: int, on_disk: bool | None) -> None:
        self.columns, self.on_disk, self.taken = columns, on_disk, 0
        self.blocks: list[Array] = []
        self.file = ColumnFile(columns) if on_disk else None

    def append(self, block: Array) -> None:
        """Add rows: block is (columns, rows)."""
        self.blocks.append(block)
        self.taken += block.nbytes
        is_full = self.on_disk is None and self.taken * (COPIES - 1) > available()
        if self.file is None and is_full:  # more came than the file's size let expect
            self.file = ColumnFile(self.columns)
        if self.file is not None:
            for each in self.blocks:
                self.file.append(each)
            self.blocks.clear()

    def whole(self) -> Any:
        """(rows, columns)."""
        if self.file is not None:
            return self.file
        return np.concatenate(self.blocks or [np.empty((self.columns, 0))], axis=1).T


def _complete(chunk: Chunk, needed: Sequence[_Column], names: Sequence[str]) -> Array:
    """(rows,) whether each has a value in all of these columns."""
    complete = np.ones(len(chunk.lines), dtype=bool)
    for column in needed:
        cells = chunk.columns[names.index(column.name)]
        if isinstance(cells, np.ndarray):
            complete &= ~np.isnan(column.parser(cells)[0])
            continue
        lacking = [text for cell in cells if (text := cell.strip()) in column.parser.missing]
        column.markers.update(lacking)
        column.rows += len(lacking)
        complete &= [cell.strip() not in column.parser.missing for cell in cells]
    return complete


def _note(column: _Column, wrong: list[int], cells: Any, file: str, lines: Array) -> None:
    """Write down cells that should be numbers, the first ones with their places."""
    for index in wrong[: TableError.MOST_SHOWN - len(column.problems)]:
        cell = str(cells[index]).strip()
        kind = column.parser.expected
        if kind == NumberParser.expected and to_number(cell) in (np.inf, -np.inf):
            kind = "a finite number"
        message = f"expected {kind}, found '{printable(cell)}'"
        column.problems.append(cell_problem(f"{file}{lines[index]}", column.name, message))
        column.wrong_texts.append(cell)
    column.wrong += len(wrong)
