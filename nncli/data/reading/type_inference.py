"""Type inference: decides which columns are numbers, texts or dates, and encodes their cells."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.data.column_names import listed
from nncli.data.reading.chunks import Chunk, TableReader
from nncli.data.reading.column_encoder import CellType, ColumnEncoder
from nncli.data.reading.date_cells import formats_of_dates
from nncli.data.reading.encoded_rows import EncodedTable, RowBuffer
from nncli.data.reading.missing_markers import markers_kept
from nncli.data.reading.numbers_as_text import (
    NumbersAsText,
    markers_among_numbers,
    numbers_read_as_text,
)
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.data.reading.table_notes import STARTS_AS_AMOUNT
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.vocabulary import Vocabulary
from nncli.errors import DataError, FormatsFound, Problem, TableError
from nncli.parts.arrays import Array

SAMPLED_CELLS = 250_000  # by which cell types are first guessed


def read_columns(
    readers: Sequence[tuple[str, TableReader]],
    wanted: Sequence[str],
    types: Mapping[str, CellType],
    parsers: Parsers,
    *,
    required: Sequence[str] = (),
    may_keep_markers: Mapping[str, bool] | None = None,
    date_candidates: Sequence[str] = (),
    on_disk: bool | None = False,
    is_new: bool = False,
) -> EncodedTable:
    """Read the columns of all files, again if the cell type of a column turns out to be wrong.

    readers: (the file's name in messages, its reader).  wanted: the columns to read.  types: the
    cell types that are known.  required: rows that lack one of these columns are dropped.
    may_keep_markers: the columns whose frequent missing markers become categories -> whether the
    column is a target.  date_candidates: columns that are dates if all their texts are dates.
    on_disk: whether rows are kept on disk; None: if memory is short.
    is_new: whether these are new rows for a run, whose config can't be changed any more.

    Raises TableError for every cell that should be a number and isn't; DataError for no rows.
    """
    typed: dict[str, CellType] = {n: "text" for _, reader in readers for n in reader.texts}
    known = typed | dict(types)
    known |= _guess_types(readers[0][1], [name for name in wanted if name not in known], parsers)
    may_keep_markers = may_keep_markers or {}
    values: dict[str, dict[str, int]] = {}
    dates: dict[str, str | None] = {}
    quoted: Mapping[str, QuotedMarkers] | None = None
    while True:
        columns = [_encoder(name, known, types, typed, parsers) for name in wanted]
        encoded = _encode(readers, columns, required, on_disk=on_disk)
        changed = [c for c in columns if c.cell_type == "number" and not c.is_forced and c.is_text]
        found_dates = _date_columns(columns, date_candidates)
        if quoted is None and any(c.markers and c.name in may_keep_markers for c in columns):
            reader = readers[0][1]
            quoted = reader.quoted_markers() if isinstance(reader, TextFile) else {}
        new = _kept_markers(columns, parsers, may_keep_markers, quoted or {})
        if not (changed or new or found_dates):
            break
        known |= {column.name: "text" for column in changed}
        known |= dict.fromkeys(found_dates, "date")
        dates |= found_dates
        parsers = parsers.with_dates(found_dates)
        new = {name: texts for name, texts in new.items() if name not in dates}
        values |= new
        parsers = parsers.with_values({name: [*texts] for name, texts in new.items()})
    encoded.values, encoded.dates, encoded.quoted = values, dates, quoted or {}
    _refuse_empty_files(readers, encoded.lines, required)
    _refuse_repeated_header(columns)
    _refuse_row_of_units(columns, encoded, readers[0], is_new=is_new)
    _refuse_wrong_cells(columns, parsers.decimal, is_new=is_new)
    _refuse_numbers_as_text(columns, readers[0][0], parsers.decimal)
    return encoded


def _encoder(
    name: str,
    known: Mapping[str, CellType],
    types: Mapping[str, CellType],
    typed: Mapping[str, CellType],
    parsers: Parsers,
) -> ColumnEncoder:
    """The encoder of a column.

    known: the cell types.  types, typed: the cell types that the config sets, that the file sets.
    """
    return ColumnEncoder(
        name,
        known.get(name, "number"),
        is_forced=name in types or name in typed,
        parser=parsers.of(name),
        is_typed=name in typed and name not in types,
        vocabulary=Vocabulary(folds_case=parsers.folds_case(name)),
    )


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


def _refuse_wrong_cells(columns: Sequence[ColumnEncoder], decimal: str, *, is_new: bool) -> None:
    """Raises TableError for every cell that should be a number and isn't."""
    if count := sum(column.wrong for column in columns):
        problems = [p for column in columns for p in column.shown_problems(is_new=is_new)]
        found = {column.name: column.format_of_wrong for column in columns if column.wrong}
        formats = {name: format_.keys(decimal) for name, format_ in found.items() if format_}
        raise TableError(problems, count, formats if len(formats) == len(found) else None)


def _refuse_empty_files(
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


def _date_columns(
    columns: Sequence[ColumnEncoder], date_candidates: Sequence[str]
) -> dict[str, str | None]:
    """The text columns that hold dates -> their formats."""
    return formats_of_dates(
        {
            column.name: [*column.vocabulary.texts]
            for column in columns
            if column.cell_type == "text" and column.name in date_candidates and column.vocabulary
        }
    )


def _numbers_as_text(column: ColumnEncoder, decimal: str) -> NumbersAsText | None:
    """The problem if a text column holds numbers; else None."""
    if column.cell_type != "text" or (column.is_forced and not column.is_typed):
        return None
    return numbers_read_as_text(
        column.name, column.sampled_texts, decimal, is_typed=column.is_typed
    )


def _kept_markers(
    columns: Sequence[ColumnEncoder],
    parsers: Parsers,
    may_keep_markers: Mapping[str, bool],
    quoted: Mapping[str, QuotedMarkers],
) -> dict[str, dict[str, int]]:
    """By text column, missing markers that are categories -> number of cells."""
    found = {}
    for column in columns:
        is_open = column.name in may_keep_markers and not parsers.has_values(column.name)
        if is_open and column.vocabulary and not _numbers_as_text(column, parsers.decimal):
            texts = markers_kept(
                column.markers,
                column.rows,
                [*column.vocabulary.texts],
                is_target=may_keep_markers[column.name],
                quoted=quoted.get(column.name, QuotedMarkers()),
            )
            if texts:
                found[column.name] = {text: column.markers[text] for text in texts}
    return found


def _refuse_numbers_as_text(columns: Sequence[ColumnEncoder], file: str, decimal: str) -> None:
    """Raises DataError for every column of numbers that would be read as text."""
    found, markers, is_readable = [], [], True
    formats: dict[str, dict[str, Any]] = {}
    texts, guesses = [], []
    for column in columns:
        if problem := _numbers_as_text(column, decimal):
            found.append((problem.key, f"{file}: {problem.message}"))
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


def _guess_types(reader: TableReader, names: list[str], parsers: Parsers) -> dict[str, CellType]:
    """The cell type of each column, by its first cells."""
    position = {name: index for index, name in enumerate(reader.names)}
    columns = [ColumnEncoder(n, "number", is_forced=False, parser=parsers.of(n)) for n in names]
    cells = 0
    for chunk in reader.chunks():
        for column in columns:
            column.wrong += len(column.encode(chunk.columns[position[column.name]])[1])
        cells += len(chunk.lines) * len(position)
        if cells > SAMPLED_CELLS:
            break
    return {c.name: "text" if c.is_text else "number" for c in columns} if cells else {}


def _encode(
    readers: Sequence[tuple[str, TableReader]],
    columns: Sequence[ColumnEncoder],
    required: Sequence[str],
    *,
    on_disk: bool | None,
) -> EncodedTable:
    """Read all rows of all files with the given encoders."""
    expected = sum(reader.count_rows() for _, reader in readers)
    buffer, lines = RowBuffer(len(columns), on_disk, expected), []
    needed = [column for column in columns if column.name in required]
    for name, reader in readers:
        position = {name: index for index, name in enumerate(reader.names)}
        order = [position[column.name] for column in columns]
        file_lines = [np.empty(0, dtype=np.int64)]
        for chunk in reader.chunks():
            chunk = chunk.only(_complete(chunk, needed, reader.names))
            block = np.empty((len(columns), len(chunk.lines)))
            for row, column, source in zip(block, columns, order, strict=True):
                cells = chunk.columns[source]
                row[:], wrong = column.encode(cells)
                column.note(wrong, cells, f"{name}:{reader.row_word}", chunk.lines)
            buffer.append(block)
            file_lines.append(chunk.lines)
            del chunk, cells  # freed before the next chunk is read
        lines.append(np.concatenate(file_lines))
    vocabularies = {c.name: c.vocabulary.texts for c in columns if c.cell_type == "text"}
    names, markers = tuple(c.name for c in columns), {c.name: c.markers for c in columns}
    return EncodedTable(names, buffer.to_matrix(), vocabularies, lines, markers)


def _complete(chunk: Chunk, needed: Sequence[ColumnEncoder], names: Sequence[str]) -> Array:
    """(rows,) whether a row has a value in all of the needed columns."""
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
