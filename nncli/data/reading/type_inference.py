"""Type inference: which columns are numbers, texts or dates; and their cells as numbers."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.data.reading.chunks import Chunk, TableReader
from nncli.data.reading.column_encoder import CellType, ColumnEncoder
from nncli.data.reading.date_cells import formats_of_dates
from nncli.data.reading.encoded_rows import Encoded, EncodedRows
from nncli.data.reading.missing_markers import markers_that_are_values
from nncli.data.reading.number_formats import (
    TextNumbers,
    markers_among_numbers,
    numbers_read_as_text,
)
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.vocabulary import Vocabulary
from nncli.errors import DataError, FormatsFound, TableError
from nncli.parts.arrays import Array

GUESSED_CELLS = 250_000  # from which is told what each column holds


def read_columns(
    readers: Sequence[tuple[str, TableReader]],
    wanted: Sequence[str],
    types: Mapping[str, CellType],
    parsers: Parsers,
    *,
    required: Sequence[str] = (),
    guessed: Mapping[str, bool] | None = None,
    datable: Sequence[str] = (),
    on_disk: bool | None = False,
    is_new: bool = False,
) -> Encoded:
    """Read every file once, and once more if a column turns out to be text further down.

    readers: each file with its name in messages.  wanted: the columns to read.  types: what is
    known of them beforehand.  required: a row that lacks one of these is left out.
    guessed: the columns where a text that often means no value may be one, and whether each is a
    target.
    datable: the columns that are dates if their texts are.
    on_disk: whether rows stay there; None: if memory turns out short.
    is_new: whether these are new rows for a run, whose config can't be changed any more.

    Raises TableError for every cell that isn't the number it should be; DataError for no rows.
    """
    typed: dict[str, CellType] = {n: "text" for _, reader in readers for n in reader.texts}
    known = typed | dict(types)
    known |= _guess(readers[0][1], [name for name in wanted if name not in known], parsers)
    guessed = guessed or {}
    values: dict[str, dict[str, int]] = {}
    dates: dict[str, str | None] = {}
    quoted: Mapping[str, QuotedMarkers] | None = None
    while True:
        columns = [
            ColumnEncoder(
                name,
                known.get(name, "number"),
                is_forced=name in types or name in typed,
                parser=parsers.of(name),
                is_typed=name in typed and name not in types,
                vocabulary=Vocabulary(folds_case=parsers.folds_case(name)),
            )
            for name in wanted
        ]
        encoded = _pass(readers, columns, required, on_disk=on_disk)
        changed = [c for c in columns if c.cell_type == "number" and not c.is_forced and c.is_text]
        found_dates = _dates(columns, datable)
        if quoted is None and any(c.markers and c.name in guessed for c in columns):
            reader = readers[0][1]
            quoted = reader.quoted_markers() if isinstance(reader, TextFile) else {}
        new = _values(columns, parsers, guessed, quoted or {})
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
    _refuse_wrong_cells(columns, parsers.decimal, is_new=is_new)
    _refuse_numbers_as_text(columns, readers[0][0], parsers.decimal)
    _refuse_empty_files(readers, encoded.lines, required)
    return encoded


def _refuse_wrong_cells(columns: Sequence[ColumnEncoder], decimal: str, *, is_new: bool) -> None:
    """Raises TableError for every cell that isn't the number it should be."""
    if found := sum(column.wrong for column in columns):
        problems = [p for column in columns for p in column.shown_problems(is_new=is_new)]
        written = {column.name: column.form_of_wrong for column in columns if column.wrong}
        formats = {name: form.keys(decimal) for name, form in written.items() if form}
        raise TableError(problems, found, formats if len(formats) == len(written) else None)


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


def _dates(columns: Sequence[ColumnEncoder], datable: Sequence[str]) -> dict[str, str | None]:
    """Of the columns of texts, those that are dates, with the format of each."""
    return formats_of_dates(
        {
            column.name: [*column.vocabulary.texts]
            for column in columns
            if column.cell_type == "text" and column.name in datable and column.vocabulary
        }
    )


def _numbers_as_text(column: ColumnEncoder, decimal: str) -> TextNumbers | None:
    """What is to be said if a column of texts has numbers all the same; else None."""
    if column.cell_type != "text" or (column.is_forced and not column.is_typed):
        return None
    return numbers_read_as_text(column.name, column.some_texts, decimal, is_typed=column.is_typed)


def _values(
    columns: Sequence[ColumnEncoder],
    parsers: Parsers,
    guessed: Mapping[str, bool],
    quoted: Mapping[str, QuotedMarkers],
) -> dict[str, dict[str, int]]:
    """Of columns of texts, the cells that hold a text that is no sign of a missing value there."""
    found = {}
    for column in columns:
        is_open = column.name in guessed and not parsers.is_settled(column.name)
        if is_open and column.vocabulary and not _numbers_as_text(column, parsers.decimal):
            texts = markers_that_are_values(
                column.markers,
                column.rows,
                [*column.vocabulary.texts],
                is_target=guessed[column.name],
                quoted=quoted.get(column.name, QuotedMarkers()),
            )
            if texts:
                found[column.name] = {text: column.markers[text] for text in texts}
    return found


def _refuse_numbers_as_text(columns: Sequence[ColumnEncoder], file: str, decimal: str) -> None:
    """Raises DataError for every column of numbers that would be taken for texts."""
    found, markers, is_readable = [], [], True
    formats, guesses = {}, []
    for column in columns:
        if problem := _numbers_as_text(column, decimal):
            found.append((problem.key, f"{file}: {problem.message}"))
            if problem.form:
                formats[column.name] = problem.form.keys(decimal)
                guesses.append(problem.guess)
            elif problem.key == "data.missing":
                markers += markers_among_numbers(column.some_texts, decimal)
            else:
                is_readable = False
    if found and is_readable:
        raise FormatsFound(found, markers, formats, guesses)
    if found:
        raise DataError(found=found)


def _guess(reader: TableReader, names: list[str], parsers: Parsers) -> dict[str, CellType]:
    """What the first rows say each column is."""
    place = {name: index for index, name in enumerate(reader.names)}
    columns = [ColumnEncoder(n, "number", is_forced=False, parser=parsers.of(n)) for n in names]
    cells = 0
    for chunk in reader.chunks():
        for column in columns:
            column.wrong += len(column.encode(chunk.columns[place[column.name]])[1])
        cells += len(chunk.lines) * len(place)
        if cells > GUESSED_CELLS:
            break
    return {c.name: "text" if c.is_text else "number" for c in columns} if cells else {}


def _pass(
    readers: Sequence[tuple[str, TableReader]],
    columns: Sequence[ColumnEncoder],
    required: Sequence[str],
    *,
    on_disk: bool | None,
) -> Encoded:
    """All rows of all files under what is taken for numbers and what for text."""
    expected = sum(reader.count_rows() for _, reader in readers)
    cells_read, lines = EncodedRows(len(columns), on_disk, expected), []
    needed = [column for column in columns if column.name in required]
    for name, reader in readers:
        place = {name: index for index, name in enumerate(reader.names)}
        order = [place[column.name] for column in columns]
        file_lines = [np.empty(0, dtype=np.int64)]
        for chunk in reader.chunks():
            chunk = chunk.only(_complete(chunk, needed, reader.names))
            block = np.empty((len(columns), len(chunk.lines)))
            for row, column, source in zip(block, columns, order, strict=True):
                cells = chunk.columns[source]
                row[:], wrong = column.encode(cells)
                column.note(wrong, cells, f"{name}:{reader.row_word}", chunk.lines)
            cells_read.append(block)
            file_lines.append(chunk.lines)
            del chunk, cells  # before the next is made
        lines.append(np.concatenate(file_lines))
    vocabularies = {c.name: c.vocabulary.texts for c in columns if c.cell_type == "text"}
    names, markers = tuple(c.name for c in columns), {c.name: c.markers for c in columns}
    return Encoded(names, cells_read.whole(), vocabularies, lines, markers)


def _complete(chunk: Chunk, needed: Sequence[ColumnEncoder], names: Sequence[str]) -> Array:
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
