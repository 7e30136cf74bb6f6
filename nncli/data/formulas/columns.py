"""Columns: selects features of a built-in dataset; those of a file are selected while reading."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nncli.errors import DataError, did_you_mean, few, printable
from nncli.parts.table import Table


def chosen_columns(
    table: Table,
    include: Sequence[str] | None,
    exclude: Sequence[str],
    formulas: Mapping[str, Sequence[str]],
) -> Table:
    """Return the table with the selected features, and hidden ones that only formulas use.

    formulas: config key -> the columns that its formula uses. Raises DataError for unknown names.
    """
    shown = _shown(table, include, exclude, formulas)
    needed = [name for names in formulas.values() for name in names]
    hidden = [name for name in dict.fromkeys(needed) if name not in shown]
    if not shown and not hidden:
        raise DataError("no column is left to learn from", key="data.features")
    features = tuple(shown)
    if hidden:
        features = tuple(name for name in table.features if name in {*shown, *hidden})
    indices = [table.features.index(name) for name in features]
    return replace(table, x=table.x[:, indices], features=features, for_formulas=frozenset(hidden))


def with_hidden_columns(
    table: Table,
    include: Sequence[str] | None,
    exclude: Sequence[str],
    formulas: Mapping[str, Sequence[str]],
) -> Table:
    """Return the table with all columns; unselected ones are hidden (`for_formulas`)."""
    shown = _shown(table, include, exclude, formulas)
    return replace(table, for_formulas=frozenset(table.features) - {*shown})


def _shown(
    table: Table,
    include: Sequence[str] | None,
    exclude: Sequence[str],
    formulas: Mapping[str, Sequence[str]],
) -> list[str]:
    """The selected features, each once."""
    named = {"data.features.include": include or (), "data.features.exclude": exclude, **formulas}
    problems = [
        (key, f"no column '{printable(name)}'{_fix(name, table)}")
        for key, names in named.items()
        for name in dict.fromkeys(names)
        if name not in table.features
    ]
    if problems:
        raise DataError(found=problems)
    chosen = [n for n in (table.features if include is None else include) if n not in exclude]
    return [*dict.fromkeys(chosen)]


def _fix(name: str, table: Table) -> str:
    return did_you_mean(name, table.features) or f"; known: {few(table.features)}"
