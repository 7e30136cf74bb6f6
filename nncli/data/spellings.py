"""Spellings: warnings of distinct categories that differ in case and spaces alone."""

from collections.abc import Iterator, Sequence

import numpy as np

from nncli.data.categories import folded
from nncli.data.column_names import yaml_name
from nncli.errors import few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import Table


def spelling_warnings(table: Table) -> Iterator[str]:
    """A warning for each column with classes or categories that differ in case and spaces alone."""
    if table.classes:
        yield from _warning("classes", table.targets[0], table.classes, table.y)
    for name in table.categories:
        column = table.column(name)
        codes = column.values[~np.isnan(column.values)].astype(int)
        what = f"categories of column '{printable(name)}',"
        yield from _warning(what, name, column.categories, codes)


def _warning(what: str, name: str, texts: Sequence[str], codes: Array) -> Iterator[str]:
    """The warning for one column, with the config key that merges such texts.

    texts: the classes or categories.  codes: their indices, of all cells.
    """
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
