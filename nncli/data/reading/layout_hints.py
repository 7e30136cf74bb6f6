"""Layout hints: detects comments, titles and the like in a text table, and the keys for them."""

import re
from collections.abc import Sequence
from pathlib import Path

from nncli.data.number_cells import is_number
from nncli.data.reading.delimiters import SplitLines, split_lines
from nncli.data.reading.text_format import WHITESPACE, TextFormat
from nncli.errors import LayoutFound, Problem, TableError, printable
from nncli.parts.arrays import Array

COMMENT_SIGNS = ("#", "%", "//", "!")
MAX_LINES = 1000  # of comments before a table
MIN_ROWS = 2  # of a table below other lines
NUMBERS_IN_A_CELL = re.compile(r"\d[ \t]+[-+.]?\d")


def refuse_layout(
    path: Path, lines: Sequence[str], start: int, found: SplitLines, format_: TextFormat
) -> None:
    """Raises LayoutFound, with the config key to set, if some of the first lines aren't rows.

    lines: the first lines after `start` skipped ones.  found: these lines, split.
    """
    if not found.rows:
        return
    where = f"{path}:{start + found.lines[0] + 1}"
    if format_.skip_rows == 0 and (rows := _arff_rows(lines)):
        fix = f"say data.skip_rows: {start + rows} and data.header: false"
        keys = {"skip_rows": start + rows, "header": False}
        raise LayoutFound(where, "this is ARFF, whose columns go by number here", fix, keys)
    if format_.comment is None and (sign := comment_sign(lines, found)):
        what = (
            f"lines that begin with '{sign}' stand before the table{_name_hint(sign, lines, found)}"
        )
        fix = f'take them out, or say data.comment: "{sign}"'
        raise LayoutFound(where, what, fix, {"comment": sign})
    if format_.delimiter is None and is_split_by_blanks(lines, found, format_):
        fix = f"put commas there, or say data.delimiter: {WHITESPACE}"
        raise LayoutFound(where, "blanks part the cells", fix, {"delimiter": WHITESPACE})
    if found.delimiter != WHITESPACE and _is_short_header(found, format_.decimal):
        have = f"this line has {found.width - 1} cells and the next ones {found.width}"
        raise TableError([Problem(where, "", f"{have}: it lacks the name of a column")])
    if rows := title_lines(found, format_.decimal):
        what = "this line has" if rows == 1 else f"the first {rows} lines have"
        text = printable(lines[found.lines[0]].strip()[:40])
        what = f"{what} fewer cells than the rest: '{text}'"
        fix = f"if that is a title, take it out or say data.skip_rows: {start + rows}"
        if not _are_surely_titles(found):
            raise TableError([Problem(where, "", f"{what}: {fix}")])
        raise LayoutFound(where, what, fix, {"skip_rows": start + rows})


def comment_sign(lines: Sequence[str], found: SplitLines) -> str:
    """The comment sign that the lines before the table begin with; empty if there is none.

    The last of these lines is the header if it names each column, as `#CHROM` under `##`.
    """
    texts = [lines[place].lstrip() for place in found.lines[:MAX_LINES]]
    sign = next((sign for sign in COMMENT_SIGNS if texts[0].startswith(sign)), "")
    count = next((i for i, text in enumerate(texts) if not text.startswith(sign)), len(texts))
    if not sign or count == len(texts):
        return ""
    widths = found.widths
    if widths[count - 1] == found.width > 1 and widths[count] == found.width:
        header, *block = reversed(texts[:count])
        while len(sign) < len(header) and header.startswith(sign):
            sign += sign[0]
        if not block or not all(text.startswith(sign) for text in block):
            return ""
    return sign


def _name_hint(sign: str, lines: Sequence[str], found: SplitLines) -> str:
    """A hint for the message if the last comment line seems to be the header; else empty."""
    texts = [lines[place].lstrip() for place in found.lines[:MAX_LINES]]
    last = [text.startswith(sign) for text in texts].index(False) - 1
    bare = [texts[last].removeprefix(sign), *texts[last + 1 :]]
    if not bare[0].strip():
        return ""
    for delimiter in dict.fromkeys((found.delimiter, WHITESPACE)):
        again = split_lines(bare, delimiter)
        if again.width > 1 and again.widths[:1] == [again.width] and again.is_even:
            return ", and the last one seems to name the columns (then take the sign away there)"
    return ""


def title_lines(found: SplitLines, decimal: str) -> int:
    """The number of title lines before the table: lines with fewer cells, or one filled cell."""
    above, below = found.widths[: found.first], found.widths[found.first :]
    is_shown = found.first + MIN_ROWS <= len(found.rows)
    if found.width < 2 or len(below) < MIN_ROWS or not (found.is_even and is_shown):
        return 0
    first = found.first
    if not above:
        first = _padded_titles(found, decimal)
    elif max(above) > found.width or _ends_empty(found) or _is_short_header(found, decimal):
        return 0
    return found.lines[first] if first else 0


def _padded_titles(found: SplitLines, decimal: str) -> int:
    """The number of rows above the header of which only the first cell is filled."""
    filled = [[cell.strip() for cell in row if cell.strip()] for row in found.rows]
    place = next((i for i, cells in enumerate(filled) if len(cells) > 1), 0)
    if (
        not place
        or place + 1 == len(filled)
        or not all(row[0].strip() for row in found.rows[:place])
    ):
        return 0
    has_names = not any(is_number(cell, decimal) for cell in filled[place])
    has_numbers = any(is_number(cell, sign) for cell in filled[place + 1] for sign in ".,")
    return place if has_names and has_numbers and len(filled[place]) == found.width else 0


def _ends_empty(found: SplitLines) -> bool:
    """Whether the last cell of every row is empty: lines end with a delimiter."""
    return all(not row[-1].strip() for row in found.rows[found.first :])


def _is_short_header(found: SplitLines, decimal: str) -> bool:
    """Whether the rows come after a single line, a header that lacks one name."""
    above, below = found.rows[: found.first], found.rows[found.first :]
    if len(below) < MIN_ROWS or [len(row) for row in above] != [found.width - 1]:
        return False
    if _ends_empty(found):
        return False
    return any(is_number(cell, decimal) for cell in below[0]) and len(above[0]) > 1


def _are_surely_titles(found: SplitLines) -> bool:
    """Whether the lines above the table can't be a header that lacks names."""
    above = found.rows[: found.first]
    has_names = not any(map(is_number, found.rows[found.first]))
    return has_names or all(len(row) == 1 for row in above)


def is_split_by_blanks(lines: Sequence[str], found: SplitLines, format_: TextFormat) -> bool:
    """Whether blanks split all lines evenly, and no delimiter does or it leaves cells as `1 2`."""
    rows_alone = [line for line in lines if not line.lstrip().startswith(COMMENT_SIGNS)]
    by_blanks = split_lines(rows_alone, WHITESPACE, format_.comment)
    rows, widths = by_blanks.rows[by_blanks.first :], by_blanks.widths[by_blanks.first :]
    if by_blanks.width < 2 or len(widths) < MIN_ROWS or {*widths} != {by_blanks.width}:
        return False
    signs = (format_.decimal, ",")
    if found.width == 1 or not found.is_even:
        columns = zip(*rows[1:], strict=True)
        return any(all(is_number(cell, signs[0]) for cell in column) for column in columns)
    together = [any(map(NUMBERS_IN_A_CELL.search, row)) for row in found.rows[1:]]
    if by_blanks.first or by_blanks.width < found.width or 2 * sum(together) < len(together):
        return False
    cells = (cell for row in rows[1:] for cell in row)
    return all(found.delimiter not in cell or is_number(cell, signs[1]) for cell in cells)


def _arff_rows(lines: Sequence[str]) -> int:
    """The number of lines before the rows of an ARFF file; 0 for any other file."""
    words = [line.strip().lower() for line in lines]
    is_arff = any(word.startswith("@relation") for word in words[:200])
    return words.index("@data") + 1 if is_arff and "@data" in words else 0


def ragged_layout(
    path: Path,
    rows: Sequence[Sequence[str]],
    lines: Array,
    format_: TextFormat,
    delimiter: str,
    width: int,
) -> LayoutFound | None:
    """The error, with the config key to set, if ragged rows are comments or have runs of tabs."""
    wrong = [(row, int(line)) for row, line in zip(rows, lines, strict=True) if len(row) != width]
    signs = [
        sign for sign in COMMENT_SIGNS if all(row[0].lstrip().startswith(sign) for row, _ in wrong)
    ]
    where = f"{path}:{wrong[0][1]}"
    if signs and format_.comment is None:
        what = f"a line that begins with '{signs[0]}' stands among the rows"
        fix = f'take it out, or say data.comment: "{signs[0]}"'
        return LayoutFound(where, what, fix, {"comment": signs[0]})
    if delimiter == "\t" and format_.delimiter is None:
        filled = {sum(bool(cell.strip()) for cell in row) for row, _ in wrong}
        if filled == {width}:
            fix = f"write one tab, or say data.delimiter: {WHITESPACE}"
            what = "runs of tabs part the cells"
            return LayoutFound(where, what, fix, {"delimiter": WHITESPACE})
    return None
