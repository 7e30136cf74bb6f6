"""Row reader: a text table's lines -> rows of cells, by the csv module."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from nncli.data.reading.text_format import WHITESPACE

BLANKS = re.compile(r"[ \t]+")
QUOTED_OR_BLANKS = re.compile(r'("(?:[^"]|"")*(?:"|\Z))|[ \t]+')


class Rows(Protocol):
    """Rows of cells. line_num: how many lines were read for them."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def rows_of(
    lines: Iterable[str], delimiter: str, comment: str | None = None, *, strict: bool = True
) -> Rows:
    """The rows that lines are. strict: raises csv.Error for misplaced quotes."""
    if comment is not None:
        return UncommentedRows(lines, delimiter, comment, strict=strict)
    if delimiter == WHITESPACE:
        lines, delimiter = map(parted, lines), " "
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=True)


def parted(line: str) -> str:
    """A line with one space between its cells, and none around them.

    >>> parted('  1.5  2\\t"a  b" \\n')
    '1.5 2 "a  b"\\n'
    """
    if '"' in line:
        text = QUOTED_OR_BLANKS.sub(lambda match: match[1] or " ", line.rstrip("\r\n"))
    else:
        text = BLANKS.sub(" ", line.rstrip("\r\n"))
    return text.strip(" ") + "\n"


class UncommentedRows:
    """Rows, without the lines that are comments: they are read as blank ones, and so are counted.

    In the middle of a quoted cell no line is a comment.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, sign: str, *, strict: bool) -> None:
        self._sign, self._starts_row = sign, True
        self._rows = rows_of(self._without(lines), delimiter, strict=strict)

    def _without(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            is_comment = self._starts_row and line.lstrip().startswith(self._sign)
            self._starts_row = False
            yield "\n" if is_comment else line

    @property
    def line_num(self) -> int:
        return self._rows.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self._starts_row = True
        return next(self._rows)
