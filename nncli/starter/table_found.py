"""A table found: the first way in which a user's table can be read, and what was guessed for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nncli.config.dump import to_yaml
from nncli.data.data_checks import refuse_singleton_classes
from nncli.data.rare_categories import DEFAULT_RARE
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.column_names import listed, nearest
from nncli.data.reading.tables import TableFile
from nncli.data.reading.text_format import TextFormat
from nncli.data.table_formats import open_table
from nncli.data.targets import as_task
from nncli.errors import DataError, FormatsFound, LayoutFound, TableError, UserError, escaped
from nncli.frozen import frozen
from nncli.parts.table import Table
from nncli.starter.asked import Asked, with_options

WHY = {
    "encoding": "it isn't UTF-8; another one if letters come out wrong",
    "comment": "lines that begin so are no rows",
    "skip_rows": "lines before the table; 0 if the first names the columns",
    "delimiter": "runs of spaces and tabs part the cells",
    "header": "the first row is no names",
}


@frozen
class TableFound:
    """A table, and how it was read.

    guessed: keys of the text format that nobody gave, said: what was found for each.  notes: what
    the reader guessed, in words.
    """

    source: TableFile
    table: Table
    guessed: dict[str, object]
    said: tuple[str, ...]
    notes: tuple[str, ...]


def read_table(path: Path, target: tuple[str, ...], asked: Asked) -> TableFound:
    """The table, laid out as was asked or, where a key would say how, as is found.

    Raises UserError for no target, or one that it lacks, and for what no way of reading mends.
    """
    guessed: dict[str, object] = {}
    said: list[str] = []
    while True:
        format_ = replace(asked.text_format, **guessed)  # type: ignore[arg-type]
        try:
            reader = open_table(path, format_)
            chosen = target or tuple(getattr(reader, "targets", ()))
            _check_target(reader, path, chosen, asked, guessed)
            source, table, guesses = _read(reader, path, chosen, asked, format_)
        except LayoutFound as error:
            new = {key: value for key, value in error.keys.items() if not asked.has(key)}
            if new.items() <= guessed.items():
                raise with_options(error) from None
            guessed |= new
            said.append(_guess(error.what, new))
        except DataError as error:
            raise with_options(error) from None
        else:
            warnings = table.origin.warnings if table.origin else ()
            notes = (*reader.notes, *warnings, *guesses)
            return TableFound(source, table, guessed, tuple(said), notes)


def _guess(what: str, keys: dict[str, object]) -> str:
    """What was found, what was made of it, and what overrules that."""
    made = " and ".join(to_yaml({f"data.{key}": value}).rstrip("\n") for key, value in keys.items())
    options = ", ".join(f"--{key.replace('_', '-')}" for key in keys if key != "header")
    return f"{what}: taken as {made}; {options} if it isn't so"


def layout_lines(found: TableFound) -> str:
    """The keys that were guessed, as lines of a data block, each with what it means."""
    lines = [f"# {escaped(note)[:300]}" for note in found.notes]
    for key, value in found.guessed.items():
        text = to_yaml({key: value}).rstrip("\n")
        lines.append(f"{text:28}  # {WHY[key]}")
    return "".join(f"  {line}\n" for line in lines)


def _check_target(
    reader: TableReader,
    path: Path,
    target: Sequence[str],
    asked: Asked,
    guessed: dict[str, object],
) -> None:
    """Raises UserError for no target, or one that the table lacks, with what may be misread."""
    names, hint = reader.names, ""
    if "skip_rows" in guessed and "header" not in guessed:
        what = "the first line was" if guessed["skip_rows"] == 1 else "the first lines were"
        hint = f" ({what} taken for a title: --skip-rows 0 if it has the names)"
    elif getattr(reader, "looks_headless", False):
        hint = " (the first row looks like the others: --no-header if it is data)"
    elif asked.header is None and getattr(reader, "has_header", None) is False:
        hint = " (the first row was taken for data: --header if it has the names)"
    elif len(names) == 1 and asked.delimiter is None:
        hint = " (one column was found: --delimiter CHARACTER if there are several)"
    if not target:
        of = f"--target one of {listed(names)}"
        raise UserError(f"{path}: which column is to be predicted? {of}{hint}")
    for name in target:
        if name not in names:
            raise UserError(f"{path} has no column '{name}'{nearest(name, names)}{hint}")


def _read(
    reader: TableReader,
    path: Path,
    target: tuple[str, ...],
    asked: Asked,
    format_: TextFormat,
) -> tuple[TableFile, Table, Sequence[str]]:
    """The table, and the first way in which it can be read: as it is, without rows that lack the
    target, or either with decimal commas where cells are parted by something else; words among
    numbers are then taken to stand for no value, numbers with units or signs between thousands for
    numbers, and dates for one of the two that they may be, which is said in words."""
    plain = TableFile(
        path=path,
        target=target,
        task=asked.task or "auto",
        missing=asked.all_missing,
        format=format_,
        drops_empty=True,
        rare=DEFAULT_RARE,
    )
    ways = [plain, replace(plain, drops_missing_target=True)]
    if asked.decimal is None and getattr(reader, "delimiter", ",") != ",":
        ways += [replace(way, format=replace(way.format, decimal=",")) for way in ways]
    trouble: list[DataError] = []
    guesses: list[tuple[str, ...]] = [() for _ in ways]
    for way, said in zip(ways, guesses, strict=True):  # which grow meanwhile
        is_read = False
        try:
            table, is_read = way.load(), True
            table = as_task(table, table.task if plain.task == "auto" else plain.task)
            if table.classes:
                refuse_singleton_classes(table)
        except LayoutFound:
            raise
        except FormatsFound as error:
            trouble.append(error)
            missing = (*way.missing, *error.markers)  # what stands for no value, most likely
            ways.append(_with_formats(replace(way, missing=missing), error.formats))
            guesses.append((*said, *error.guesses))
        except DataError as error:
            trouble.insert(0 if is_read else len(trouble), error)  # first what is left to mend
            if isinstance(error, TableError) and error.formats:
                ways.append(_with_formats(way, error.formats))
                guesses.append(said)
        else:
            return way, table, said
    raise trouble[0]


def _with_formats(way: TableFile, formats: Mapping[str, Mapping[str, Any]]) -> TableFile:
    """The same, with columns that are written so: numbers, unless they are said to be dates."""
    keys = {name: ColumnKeys(**{"type": "numeric", **said}) for name, said in formats.items()}
    kinds = {name: kind for name, said in keys.items() if (kind := said.kind)}
    return replace(way, kinds={**way.kinds, **kinds}, keys={**way.keys, **keys})
