"""Wrong cells: errors of files without rows, cells that should be numbers, and numbers as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncli.data.column_names import listed
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_encoder import ColumnEncoder
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.numbers_as_text import (
    LIMIT,
    NumbersAsText,
    limit_guess,
    markers_among_numbers,
    numbers_read_as_text,
)
from nncli.data.reading.table_notes import STARTS_AS_AMOUNT
from nncli.errors import DataError, FormatsFound, Problem, TableError
from nncli.parts.arrays import Array
from nncli.parts.table import place_of_row


def refuse_empty_files(
    readers: Sequence[tuple[str, TableReader]], lines: Sequence[Array], required: Sequence[str]
) -> None:
    """Raises DataError for a file without rows."""
    for (name, reader), of_file in zip(readers, lines, strict=True):
        if not len(of_file):
            what = "no rows" if reader.row_word else "no rows under the header"
            if required:
                what += f", or none that has the target ({', '.join(required)})"
            key = "data.path" if name == readers[0][0] else "data.split"
            raise DataError(f"{name}: {what}", key=key)


def refuse_wrong_cells(
    columns: Sequence[ColumnEncoder],
    encoded: EncodedTable,
    first: tuple[str, TableReader],
    decimal: str,
    *,
    is_new: bool,
) -> None:
    """Raises TableError for every cell that should be a number and isn't.

    first: the first file's name in messages, and its reader.  is_new: as in `read_columns`.
    """
    _refuse_repeated_header(columns)
    _refuse_row_of_units(columns, encoded, first, is_new=is_new)
    if count := sum(column.wrong for column in columns):
        problems = [p for column in columns for p in column.shown_problems(is_new=is_new)]
        found = {column.name: column.format_of_wrong for column in columns if column.wrong}
        formats = {name: format_.keys(decimal) for name, format_ in found.items() if format_}
        guesses = [
            limit_guess(column.name, column.wrong_texts[0], format_)
            for column in columns
            if (format_ := found.get(column.name)) and LIMIT.fullmatch(column.wrong_texts[0])
        ]
        is_readable = len(formats) == len(found)
        raise TableError(problems, count, formats if is_readable else None, guesses)


def _refuse_repeated_header(columns: Sequence[ColumnEncoder]) -> None:
    """Raises TableError for every row that has the columns' names."""
    again = dict.fromkeys(place for column in columns for place in column.places_of_name)
    if again:
        what = "the columns' names again, where a row should be: take this line out"
        raise TableError([Problem(place, "", what) for place in again])


def _refuse_row_of_units(
    columns: Sequence[ColumnEncoder],
    encoded: EncodedTable,
    first: tuple[str, TableReader],
    *,
    is_new: bool,
) -> None:
    """Raises TableError if the first row has texts, and no number, in the columns of numbers."""
    wrong = [column for column in columns if column.cell_type == "number" and column.problems]
    if not wrong:
        return
    name, reader = first
    place = f"{name}:{reader.row_word}{encoded.lines[0][0]}"
    texts = [c.wrong_texts[0] for c in wrong if c.problems[0].where == place]
    if any(map(STARTS_AS_AMOUNT.match, texts)) or not texts:
        return
    are_numbers = [column.cell_type == "number" for column in columns]
    is_alone = sum(column.wrong for column in wrong) == 1
    if (len(texts) > 1 or is_alone) and np.isnan(encoded.cells[:1][0][are_numbers]).all():
        fix = "if this line has the units, take it out"
        fix += "" if is_new else "; add to data.missing what stands for missing"
        raise TableError([Problem(place, "", f"expected numbers, found {listed(texts, 3)}: {fix}")])


def refuse_numbers_as_text(
    columns: Sequence[ColumnEncoder],
    encoded: EncodedTable,
    readers: Sequence[tuple[str, TableReader]],
    decimal: str,
) -> None:
    """Raises DataError for every column of numbers that would be read as text."""
    found, markers, is_readable = [], [], True
    formats: dict[str, dict[str, Any]] = {}
    texts, guesses = [], []
    for column in columns:
        if problem := numbers_as_text(column, decimal):
            place = _place_of(problem.text, column, encoded, readers)
            found.append((problem.key, f"{place}: {problem.message}"))
            guesses.append(problem.guess)
            if problem.format:
                formats[column.name] = problem.format.keys(decimal)
            elif problem.key == "data.missing":
                markers += markers_among_numbers(column.sampled_texts, decimal)
            else:
                is_readable = False
        elif column.cell_type == "text":
            texts.append(column)
    if found and is_readable:
        for column in texts:  # a marker among numbers stays a category of a text column
            if kept := [text for text in markers if text in column.vocabulary.texts]:
                formats[column.name] = {"type": "auto", "values": kept}
        raise FormatsFound(found, markers, formats, guesses)
    if found:
        raise DataError(found=found)


def _place_of(
    text: str,
    column: ColumnEncoder,
    encoded: EncodedTable,
    readers: Sequence[tuple[str, TableReader]],
) -> str:
    """The file and line of the first cell with a text."""
    is_it = encoded.column(column.name).values == column.vocabulary.texts.index(text)
    starts = [f"{name}:{reader.row_word}" for name, reader in readers]
    return place_of_row(int(is_it.argmax()), zip(starts, encoded.lines, strict=True))


def numbers_as_text(column: ColumnEncoder, decimal: str) -> NumbersAsText | None:
    """The problem if a text column holds numbers; else None."""
    if column.cell_type != "text" or (column.is_forced and not column.is_typed):
        return None
    return numbers_read_as_text(
        column.name, column.sampled_texts, decimal, is_typed=column.is_typed
    )
