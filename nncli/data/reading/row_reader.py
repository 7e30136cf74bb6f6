"""Row reader: parses the lines of a text table into rows of cells, with the csv module."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from nncli.data.reading.text_format import WHITESPACE

BLANKS = re.compile(r"[ \t]+")
QUOTED_OR_BLANKS = re.compile(r'("(?:[^"]|"")*(?:"|\Z))|[ \t]+')


class Rows(Protocol):
    """An iterator of rows. line_num: the number of lines read so far, as in `csv.reader`."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def parse_rows(
    lines: Iterable[str], delimiter: str, comment: str | None = None, *, strict: bool = True
) -> Rows:
    """Parse lines into rows. strict: whether misplaced quotes raise csv.Error."""
    if comment is not None:
        return UncommentedRows(lines, delimiter, comment, strict=strict)
    if delimiter == WHITESPACE:
        lines, delimiter = map(single_spaced, lines), " "
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=True)


def single_spaced(line: str) -> str:
    """Return a whitespace-delimited line with one space between cells and none around them.

    >>> single_spaced('  1.5  2\\t"a  b" \\n')
    '1.5 2 "a  b"\\n'
    """
    if '"' in line:
        text = QUOTED_OR_BLANKS.sub(lambda match: match[1] or " ", line.rstrip("\r\n"))
    else:
        text = BLANKS.sub(" ", line.rstrip("\r\n"))
    return text.strip(" ") + "\n"


class UncommentedRows:
    """Rows, of which comment lines are read as blank ones, so that `line_num` counts them.

    A line that begins inside a quoted cell is no comment.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, sign: str, *, strict: bool) -> None:
        self._sign, self._starts_row = sign, True
        self._rows = parse_rows(self._without(lines), delimiter, strict=strict)

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
