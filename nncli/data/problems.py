"""Problems of a table's cells: each on one line, whatever the cell holds."""

from collections.abc import Callable, Sequence

from nncli.errors import Problem, TableError, printable


def cell_problem(place: str, column: str, message: str) -> Problem:
    """What is wrong with a cell. place: of its row, as `file:line`."""
    return Problem(place, f"column '{printable(column)}'", printable(message, 1000))


def refuse_rows(
    rows: Sequence[int], place: Callable[[int], str], column: str, say: Callable[[int], str]
) -> TableError:
    """The error of one column's cells in several rows; only those that are shown are looked up.

    place: of a row.  say: what is wrong in a row.
    """
    shown = rows[: TableError.MOST_SHOWN]
    return TableError([cell_problem(place(row), column, say(row)) for row in shown], len(rows))
