"""Spellings: texts that differ in capitals and spaces alone, and are told apart all the same."""

from collections.abc import Iterator, Sequence

import numpy as np

from nncli.data.categories import folded
from nncli.data.reading.column_names import yaml_name
from nncli.errors import few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Table


def spelling_warnings(table: Table) -> Iterator[str]:
    """Classes, and categories of each feature, that differ in capitals and spaces alone."""
    if table.classes:
        yield from _told_apart("classes", table.targets[0], table.classes, table.y)
    for name in table.categories:
        column = table.column(name)
        codes = column.values[~np.isnan(column.values)].astype(int)
        what = f"categories of column '{printable(name)}',"
        yield from _told_apart(what, name, column.categories, codes)


def _told_apart(what: str, name: str, texts: Sequence[str], codes: Array) -> Iterator[str]:
    """A line for all of a column, with the key that makes them one. codes: of the cells."""
    alike: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        alike.setdefault(folded(text), []).append(index)
    found = [indices for indices in alike.values() if len(indices) > 1]
    if found:
        counts = np.bincount(codes, minlength=len(texts))
        groups = [
            " and ".join(f"'{printable(texts[i])}' ({counts[i]:,})" for i in indices)
            for indices in found
        ]
        yield (
            f"{what} {few(groups)} differ in capitals or spaces alone and are told apart: if they "
            f"are one, data.columns: {{{yaml_name(name)}: {{fold_case: true}}}}, "
            "or data.fold_case: true for all columns"
        )
