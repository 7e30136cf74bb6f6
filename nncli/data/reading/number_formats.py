"""Number formats: columns of numbers that would be taken for texts, and what to do about each."""

import re
from collections.abc import Sequence

from nncli.data.reading.chunks import is_number, to_number
from nncli.errors import printable

MANY_NUMBERS = 20  # different ones: more than a column of codes has
FEW_MARKERS = 5  # different texts among them: more than a missing value has names
SYMBOLS = re.compile(r"[$€£¥%\s]|(?<=\d),(?=\d{3}(?!\d))")


def numbers_read_as_text(name: str, texts: Sequence[str], decimal: str) -> tuple[str, str] | None:
    """(config key, message) if a column's different texts are numbers all the same; else None."""
    column = f"column '{printable(name)}'"
    otherwise = f"(if the column is text, data.columns: {{{printable(name)}: categorical}})"
    if text := foreign_number(texts, decimal):
        sign, other = ("a decimal comma", "','") if decimal == "." else ("a decimal point", "'.'")
        advice = f"use {other} if that is {sign}, and take signs between thousands out"
        if "." in text and "," in text:
            advice = "take the signs between thousands out"
        message = f"{column} has numbers such as '{printable(text)}': {advice} {otherwise}"
        return "data.decimal", message
    if text := number_with_symbols(texts):
        bare = f"'{SYMBOLS.sub('', text)}', say"
        message = f"{column} has numbers such as '{printable(text)}': write {bare} {otherwise}"
        return "data.columns", message
    if markers := markers_among_numbers(texts, decimal):
        shown = ", ".join(f"'{printable(marker)}'" for marker in markers)
        message = f"{column} has numbers, and {shown} among them: add to data.missing what means "
        return "data.missing", f"{message}that there is no value {otherwise}"
    return None


def foreign_number(texts: Sequence[str], decimal: str) -> str:
    """The first of `texts` if nearly all are numbers written in the other way; else nothing.

    >>> foreign_number(["0,5", "1,5", "2"], "."), foreign_number(["1,234.5", "2,000"], ".")
    ('0,5', '1,234.5')
    >>> foreign_number(["a,b", "0,5"], "."), foreign_number(["01.02.2026"], ",")
    ('', '')
    """
    other = "," if decimal == "." else "."
    thousands = re.compile(rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{decimal}\d*)?")
    foreign = [text for text in texts if is_number(text, other) or thousands.fullmatch(text)]
    foreign = [text for text in foreign if other in text]
    plain = sum(is_number(text, decimal) for text in texts)
    return foreign[0] if foreign and len(foreign) + plain > 0.95 * len(texts) else ""


def number_with_symbols(texts: Sequence[str]) -> str:
    """The first of `texts` if nearly all are numbers with a currency or a percent sign.

    >>> [number_with_symbols(texts) for texts in (["$1,234.50", "$12"], ["54%", "7 %"], ["$"])]
    ['$1,234.50', '54%', '']
    """
    with_symbols = [
        text for text in texts if to_number(text) is None and is_number(SYMBOLS.sub("", text))
    ]
    plain = sum(is_number(text) for text in texts)
    return with_symbols[0] if with_symbols and len(with_symbols) + plain > 0.95 * len(texts) else ""


def markers_among_numbers(texts: Sequence[str], decimal: str) -> list[str]:
    """The few texts among many different numbers: they stand for no value, or for a mistake.

    >>> markers_among_numbers([*map(str, range(30)), "unknown"], ".")
    ['unknown']
    """
    markers = [text for text in texts if not is_number(text, decimal)]
    numbers = len(texts) - len(markers)
    return markers if numbers > MANY_NUMBERS and 0 < len(markers) <= FEW_MARKERS else []
