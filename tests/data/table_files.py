"""Small tables as files, and what is read from them."""

import numpy as np
import pytest

from nncli.data.reading.table_file import TableFile
from nncli.errors import DataError, TableError

FEATURES = "x,z,y\n"
ROWS = "".join(f"{i % 7 + 0.5},{i % 3},{'ab'[i % 2]}\n" for i in range(30))
PLAIN = FEATURES + ROWS  # a header, two columns of numbers and a target of two classes


def write(folder, content, name="table.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def source(folder, content, *, name="table.csv", target="y", **options):
    """A TableFile of `content`, written to the folder."""
    targets = (target,) if isinstance(target, str) else target
    return TableFile(path=write(folder, content, name), target=targets, **options)


def read(folder, content, **options):
    """The Table of a file's content."""
    return source(folder, content, **options).load()


def refusal(folder, content, **options):
    """The lines of the error that a file's content leads to, without the folder."""
    with pytest.raises(DataError) as caught:
        read(folder, content, **options)
    return lines_of(caught.value, folder)


def lines_of(error, folder):
    lines = error.lines() if isinstance(error, TableError) else [text for _, text in error.found]
    assert all(line.isprintable() for line in lines), lines
    return [line.replace(f"{folder}/", "") for line in lines]


def cells(table, name):
    """A feature or column aside, as in its file: texts or numbers, None where missing."""
    column = table.column(name)
    return [
        None if np.isnan(value) else column.categories[int(value)] if column.categories else value
        for value in column.values.tolist()
    ]


def labels(table):
    """The class of each row."""
    return [table.classes[index] for index in table.y.tolist()]


def lines(table):
    """Where each row stands."""
    return [int(table.place(row).rpartition(":")[2]) for row in range(len(table))]


def columns(*header, rows=30, **cells_of):
    """CSV text of columns, each a list that is repeated to `rows` rows."""
    names = header or tuple(cells_of)
    body = (
        ",".join(str(cells_of[name][i % len(cells_of[name])]) for name in names)
        for i in range(rows)
    )
    return ",".join(names) + "\n" + "".join(f"{line}\n" for line in body)
