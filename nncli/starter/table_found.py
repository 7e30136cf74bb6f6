"""Table found: reads a user's table with the first settings that work, and notes guesses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nncli.config.dump import to_yaml
from nncli.data.column_names import listed, nearest
from nncli.data.data_checks import refuse_singleton_classes
from nncli.data.number_checks import too_large
from nncli.data.preprocessing import fit_target
from nncli.data.rare_categories import DEFAULT_RARE
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.table_file import TableFile
from nncli.data.reading.table_formats import open_table
from nncli.data.reading.text_format import TextFormat
from nncli.data.targets import as_task
from nncli.errors import (
    DataError,
    FormatsFound,
    LayoutFound,
    TableError,
    UserError,
    escaped,
    printable,
)
from nncli.frozen import frozen
from nncli.parts.table import Table
from nncli.starter.table_options import TableOptions, with_options

KEY_COMMENTS = {
    "encoding": "it isn't UTF-8; another one if letters come out wrong",
    "comment": "lines that start with it are skipped",
    "skip_rows": "lines before the table; 0 if the first names the columns",
    "delimiter": "cells are separated by spaces or tabs",
    "header": "the first row has values, not names",
}


@frozen
class TableFound:
    """A table, and how it was read.

    guessed: the keys of the text format that were inferred.  layout_notes: a note on each of them.
    notes: the reader's other guesses.
    """

    source: TableFile
    table: Table
    guessed: dict[str, object]
    layout_notes: tuple[str, ...]
    notes: tuple[str, ...]


def read_table(path: Path, target: tuple[str, ...], options: TableOptions) -> TableFound:
    """Reads a table in the given format; keys that aren't given are inferred where needed.

    Raises UserError for no target, a target that isn't in the table, and an unreadable table.
    """
    guessed: dict[str, object] = {}
    layout_notes: list[str] = []
    while True:
        format_ = replace(options.text_format, **guessed)  # type: ignore[arg-type]
        try:
            reader = open_table(path, format_)
            chosen = target or tuple(getattr(reader, "targets", ()))
            _check_target(reader, path, chosen, options, guessed)
            source, table, guesses = _read(reader, path, chosen, options, format_)
        except LayoutFound as error:
            new = {key: value for key, value in error.keys.items() if not options.has(key)}
            if new.items() <= guessed.items():
                raise with_options(error) from None
            guessed |= new
            layout_notes.append(_layout_note(error.what, new))
        except DataError as error:
            raise with_options(error) from None
        else:
            warnings = table.origin.warnings if table.origin else ()
            notes = (*reader.notes, *warnings, *guesses)
            return TableFound(source, table, guessed, tuple(layout_notes), notes)


def _layout_note(what: str, keys: dict[str, object]) -> str:
    """A note: what was found, the keys inferred from it, and the options that overrule them."""
    settings = " and ".join(
        to_yaml({f"data.{key}": value}).rstrip("\n") for key, value in keys.items()
    )
    options = ", ".join(f"--{key.replace('_', '-')}" for key in keys if key != "header")
    return f"{what}: taken as {settings}; {options} if it isn't so"


def layout_lines(found: TableFound) -> str:
    """The notes and the inferred keys, as lines of a data block with comments."""
    lines = [f"# {escaped(note)[:300]}" for note in found.notes]
    for key, value in found.guessed.items():
        text = to_yaml({key: value}).rstrip("\n")
        lines.append(f"{text:28}  # {KEY_COMMENTS[key]}")
    return "".join(f"  {line}\n" for line in lines)


def _check_target(
    reader: TableReader,
    path: Path,
    target: Sequence[str],
    options: TableOptions,
    guessed: dict[str, object],
) -> None:
    """Raises UserError for no target, or one that isn't in the table, with a hint at the layout."""
    names, hint = reader.names, ""
    if "skip_rows" in guessed and "header" not in guessed:
        what = "the first line was" if guessed["skip_rows"] == 1 else "the first lines were"
        hint = f" ({what} taken for a title: --skip-rows 0 if it has the names)"
    elif getattr(reader, "looks_headless", False):
        hint = " (the first row looks like the others: --no-header if it is data)"
    elif options.header is None and getattr(reader, "has_header", None) is False:
        hint = " (the first row was taken for data: --header if it has the names)"
    elif len(names) == 1 and options.delimiter is None:
        hint = " (one column was found: --delimiter CHARACTER if there are several)"
    if not target:
        choices = f"--target one of {listed(names)}"
        raise UserError(f"{path}: which column is to be predicted? {choices}{hint}")
    for name in target:
        if name not in names:
            raise UserError(f"{path} has no column '{name}'{nearest(name, names)}{hint}")


def _read(
    reader: TableReader,
    path: Path,
    target: tuple[str, ...],
    options: TableOptions,
    format_: TextFormat,
) -> tuple[TableFile, Table, Sequence[str]]:
    """(settings, table, guesses) of the first settings with which the table can be read.

    They are tried in this order: as given; without the rows that lack the target; then both with
    decimal commas, if the delimiter is another character. Where a column can't be read, texts among
    numbers are taken as missing, formatted numbers are read as numbers, ambiguous dates in the
    likelier format, and at last some columns get another decimal character. Each guess is noted.
    """
    plain = TableFile(
        path=path,
        target=target,
        task=options.task or "auto",
        missing=options.all_missing,
        format=format_,
        drops_empty=True,
        rare=DEFAULT_RARE,
    )
    plain = _with_formats(plain, {name: {"type": "categorical"} for name in options.categorical})
    attempts = [plain, replace(plain, drops_missing_target=True)]
    if options.decimal is None and getattr(reader, "delimiter", ",") != ",":
        attempts += [replace(each, format=replace(each.format, decimal=",")) for each in attempts]
    errors: list[tuple[bool, int, DataError]] = []  # whether unread, the number of problems
    guesses: list[tuple[str, ...]] = [() for _ in attempts]
    for place, attempt in enumerate(attempts):  # which grow in the loop, as guesses do
        notes = guesses[place]
        is_read = False
        try:
            with np.errstate(over="ignore"):
                table, is_read = attempt.load(), True
                table = as_task(table, table.task if plain.task == "auto" else plain.task)
                if table.classes:
                    refuse_singleton_classes(table)
                _refuse_overflow(table, path)
        except LayoutFound:
            raise
        except FormatsFound as error:
            errors.append((True, len(error.lines()), error.without_traceback()))
            missing = (*attempt.missing, *error.markers)
            has_decimals = any(key == "data.decimal" for key, _ in error.found)
            following = len(attempts) if has_decimals else place + 1
            new = _with_formats(replace(attempt, missing=missing), error.formats)
            attempts.insert(following, new)
            guesses.insert(following, (*notes, *error.guesses))
        except DataError as error:
            errors.append((not is_read, len(error.lines()), error.without_traceback()))
            if isinstance(error, TableError) and error.formats:
                attempts.append(_with_formats(attempt, error.formats))
                guesses.append((*notes, *error.guesses))
        else:
            return attempt, table, notes
    raise min(errors, key=lambda each: each[:2])[2]


def _refuse_overflow(table: Table, path: Path) -> None:
    """Raises DataError for columns with numbers too large for the config's encoding and scaling."""
    found = []
    for name in (name for name in table.features if table.kind(name) == "numeric"):
        values = table.column(name).values
        present = values[~np.isnan(values)]
        if not np.isfinite(np.ptp(present)):
            found.append(too_large(f"column '{printable(name)}'", present, "encode"))
    try:
        fit_target(table, np.arange(len(table)), "standard")
    except DataError as error:
        found.append(str(error))
    if found:
        raise DataError(found=[("", f"{path}: {message}") for message in found])


def _with_formats(source: TableFile, formats: Mapping[str, Mapping[str, Any]]) -> TableFile:
    """Adds the formats of columns, numeric unless their type is given."""
    keys = {name: ColumnKeys(**{"type": "numeric", **each}) for name, each in formats.items()}
    kinds = {name: kind for name, each in keys.items() if (kind := each.kind)}
    return replace(source, kinds={**source.kinds, **kinds}, keys={**source.keys, **keys})
