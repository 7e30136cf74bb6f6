"""Type inference: decides which columns are numbers, texts or dates, and encodes their cells."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.data.reading.chunks import Chunk, TableReader
from nncli.data.reading.column_encoder import CellType, ColumnEncoder
from nncli.data.reading.date_cells import formats_of_dates
from nncli.data.reading.encoded_rows import EncodedTable, RowBuffer
from nncli.data.reading.missing_markers import markers_kept
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.quoted_cells import QuotedMarkers
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.vocabulary import Vocabulary
from nncli.data.reading.wrong_cells import (
    numbers_as_text,
    refuse_empty_files,
    refuse_numbers_as_text,
    refuse_wrong_cells,
)
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
    refuse_empty_files(readers, encoded.lines, required)
    refuse_wrong_cells(columns, encoded, readers[0], parsers.decimal, is_new=is_new)
    refuse_numbers_as_text(columns, encoded, readers, parsers.decimal)
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
        if is_open and column.vocabulary and not numbers_as_text(column, parsers.decimal):
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
    buffer, lines, dropped = RowBuffer(len(columns), on_disk, expected), [], 0
    needed = [column for column in columns if column.name in required]
    for name, reader in readers:
        position = {name: index for index, name in enumerate(reader.names)}
        order = [position[column.name] for column in columns]
        file_lines = [np.empty(0, dtype=np.int64)]
        for chunk in reader.chunks():
            complete = _complete(chunk, needed, reader.names)
            dropped += int(np.count_nonzero(~complete))
            chunk = chunk.only(complete)
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
    cells = buffer.to_matrix()
    return EncodedTable(names, cells, vocabularies, lines, markers, dropped=dropped)


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
