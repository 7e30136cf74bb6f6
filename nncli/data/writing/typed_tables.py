"""Typed tables: writes .parquet and .feather with pyarrow, and .jsonl.

The type of a text table's column (integer, float or text) is first inferred from all its rows.
A column is text if cells would lose digits as numbers, such as 00501 and 2^53 + 1.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import IO, Any, Literal

import numpy as np

from nncli.data.reading.chunks import MAX_EXACT_INT, NumberParser, loses_digits
from nncli.data.reading.date_cells import DateParser
from nncli.data.writing.output_table import Cells, OutputTable, as_texts
from nncli.errors import UserError

Type = Literal["whole", "number", "text"]
FROM_NARROW: tuple[Type, ...] = ("whole", "number", "text")
FRACTION_SIGNS = frozenset(".,eE")  # that no integer has


def write_parquet(file: IO[bytes], table: OutputTable) -> None:
    """Write with pyarrow; the columns of an Arrow source keep their types."""
    _need_pyarrow()
    from pyarrow import parquet

    _write_batches(table, lambda schema: parquet.ParquetWriter(file, schema))


def write_feather(file: IO[bytes], table: OutputTable) -> None:
    """Write with pyarrow; the columns of an Arrow source keep their types."""
    _need_pyarrow()
    from pyarrow import ipc

    _write_batches(table, lambda schema: ipc.new_file(file, schema))


def write_json_lines(file: IO[bytes], table: OutputTable) -> None:
    """Write a JSON object per row; null for missing values, and for numbers that JSON lacks."""
    names = table.names
    for columns in _typed_blocks(table, _types(table)):
        for row in zip(*columns, strict=True):
            values = [None if isinstance(v, float) and not np.isfinite(v) else v for v in row]
            text = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
            file.write(f"{text}\n".encode())


def _write_batches(table: OutputTable, open_writer: Callable[[Any], Any]) -> None:
    """Write all batches. open_writer: makes pyarrow's writer from a schema."""
    batches = _batches(table)
    first = next(batches)
    with open_writer(first.schema) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)


def _need_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        message = "writing this format needs pyarrow: pip install 'nncli-yaml[parquet]'"
        raise UserError(message) from None


def _batches(table: OutputTable) -> Iterator[Any]:
    """Yield Arrow batches of all columns."""
    import pyarrow

    of_type = {"whole": pyarrow.int64(), "number": pyarrow.float64(), "text": pyarrow.string()}
    arrow = getattr(table.source, "arrow_batches", None)
    if arrow is None:
        types = _types(table)
        schema = pyarrow.schema([(name, of_type[types[name]]) for name in table.names])
        for columns in _typed_blocks(table, types):
            yield pyarrow.record_batch(columns, schema=schema)
        return
    schema, types = table.source.schema, _added_types(table)  # type: ignore[attr-defined]
    for name, kind in types.items():
        schema = schema.append(pyarrow.field(name, of_type[kind]))
    for columns, added in table.beside(batch.columns for batch in arrow()):
        new = [
            pyarrow.array(_values(column, table.parsers.of(name), kind), of_type[kind])
            for column, (name, kind) in zip(added, types.items(), strict=True)
        ]
        yield pyarrow.record_batch([*columns, *new], schema=schema)


def _typed_blocks(table: OutputTable, types: Mapping[str, Type]) -> Iterator[list[list[Any]]]:
    """Yield the columns as Python values, some rows at a time; None for missing."""
    parsers = [table.parsers.of(name) for name in table.names]
    for columns in table.blocks():
        yield [
            _values(column, parser, types[name])
            for name, column, parser in zip(table.names, columns, parsers, strict=True)
        ]


def _types(table: OutputTable) -> dict[str, Type]:
    """The type of each column, by all its rows."""
    types: dict[str, Type] = dict.fromkeys(table.source.names, "whole")
    parsers = {name: table.parsers.of(name) for name in types}
    types |= {name: "text" for name, parser in parsers.items() if isinstance(parser, DateParser)}
    types |= dict.fromkeys(table.texts | table.source.texts, "text")
    for chunk in table.source.chunks():
        for name, cells in zip(table.source.names, chunk.columns, strict=True):
            if types[name] != "text":
                types[name] = max(
                    types[name], _type_of(cells, parsers[name]), key=FROM_NARROW.index
                )
    return types | _added_types(table)


def _added_types(table: OutputTable) -> dict[str, Type]:
    """The type of each new column; computed numbers are never integers."""
    types: dict[str, Type] = {}
    for name, column in table.added.items():
        types[name] = "number"
        if column.dtype.kind == "U":
            is_text = name in table.texts
            types[name] = "text" if is_text else _type_of(column.tolist(), table.parsers.of(name))
    return types


def _type_of(cells: Cells, parser: NumberParser) -> Type:
    """The type of cells by how they are written: the text 3.0 is no integer."""
    values, wrong = parser(cells)
    if not isinstance(cells, np.ndarray):
        if wrong or loses_digits(cells):
            return "text"
        if not FRACTION_SIGNS.isdisjoint("".join(cells)):
            return "number"
    present = values[~np.isnan(values)]
    is_whole = (present == np.floor(present)) & (np.abs(present) <= MAX_EXACT_INT)
    return "whole" if is_whole.all() else "number"


def _values(cells: Cells, parser: NumberParser, kind: Type) -> list[Any]:
    """Cells as Python values of a type; None for missing."""
    if kind == "text":
        return [text or None for text in as_texts(cells)]
    is_typed = isinstance(cells, np.ndarray) and cells.dtype.kind != "U"
    values = (cells if is_typed else parser(list(cells))[0]).tolist()  # type: ignore[union-attr]
    is_whole = kind == "whole"
    return [None if value != value else int(value) if is_whole else value for value in values]
