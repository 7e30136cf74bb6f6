"""Numbers as text: detects text columns that hold numbers, and the keys to read them by."""

import re
from collections.abc import Sequence

from nncli.data.column_names import yaml_name
from nncli.data.number_cells import is_number
from nncli.data.reading.number_formats import (
    FEW_UNITS,
    FORMATTED_NUMBER,
    NEARLY_ALL,
    NumberFormat,
    format_of,
)
from nncli.errors import printable
from nncli.frozen import frozen

MANY_NUMBERS = 20  # distinct numbers: a column of codes has fewer
FEW_MARKERS = 5  # at most: distinct texts with digits that are missing markers among numbers
MANY_WORDS = 20  # at most: the same, with or without digits
LIMIT = re.compile(r"(?P<sign>[<>≤≥]=?)\s*(?P<number>[-+\d.,].*)")


@frozen
class NumbersAsText:
    """A text column of numbers: the error message, and the config key that it belongs to.

    text: an example.  format: the numbers' format, if one fits.  guess: the note to give if the
    numbers are read in this format, or the texts among them as missing markers.
    """

    key: str
    text: str
    message: str
    format: NumberFormat | None = None
    guess: str = ""


def numbers_read_as_text(
    name: str, texts: Sequence[str], decimal: str, *, is_typed: bool = False
) -> NumbersAsText | None:
    """The problem if a column's distinct texts look like numbers; else None.

    is_typed: whether the column's dtype in the file is text.
    """
    column, quoted = f"column '{printable(name)}'", yaml_name(name)
    otherwise = f"(if the column is text, data.columns: {{{quoted}: categorical}})"
    if limits := limits_among(texts, decimal):
        has = f"{column} has limits such as '{printable(limits[0])}' among its numbers"
        message = f"{has}: {limit_fix(name, limits, decimal)} {otherwise}"
        format_ = limit_format(limits, decimal)
        guess = limit_guess(name, limits[0], format_) if format_ else ""
        return NumbersAsText("data.columns", limits[0], message, format_, guess)
    found = format_of(texts, decimal)
    has_thousands = found is not None and bool(found[0].thousands)
    if not is_typed and not has_thousands and (text := foreign_number(texts, decimal)):
        sign, other = ("a decimal comma", "','") if decimal == "." else ("a decimal point", "'.'")
        has = f"{column} has numbers such as '{printable(text)}'"
        advice = f"use {other} if that is {sign}, and take signs between thousands out"
        format_ = found[0] if found else None
        guess = f"{has}, read with {sign} {otherwise}"
        return NumbersAsText("data.decimal", text, f"{has}: {advice} {otherwise}", format_, guess)
    if found:
        format_, text = found
        doubt = _without_unit(format_, texts, decimal) + _maybe_a_fraction(
            name, format_, texts, decimal
        )
        bare, has = format_.bare(text), f"{column} has numbers such as '{printable(text)}'"
        message = f"{has}: write '{bare}', say, or {format_.fix(name, decimal)}{doubt} {otherwise}"
        return NumbersAsText(
            "data.columns", text, message, format_, f"{has}, read as {bare}{doubt} {otherwise}"
        )
    if magnitude := _with_magnitudes(texts):
        message = f"{column} has numbers such as '{printable(magnitude)}': write their digits out"
        return NumbersAsText("data.columns", magnitude, f"{message} {otherwise}")
    if not is_typed and (markers := markers_among_numbers(texts, decimal)):
        shown = ", ".join(f"'{printable(marker)}'" for marker in markers)
        has = f"{column} has numbers, and {shown} among them"
        message = f"{has}: add to data.missing what means that there is no value {otherwise}"
        guess = f"{has}, taken to mean that there is no value {otherwise}"
        return NumbersAsText("data.missing", markers[0], message, guess=guess)
    return None


def _without_unit(format_: NumberFormat, texts: Sequence[str], decimal: str) -> str:
    """A hint at a number without the unit of the others, if there is one; else empty."""
    unit = format_.suffix or format_.prefix
    bare = next((text for text in texts if is_number(text, decimal)), None)
    if not unit or bare is None:
        return ""
    return f"; '{printable(bare)}' has no '{printable(unit)}': see that it means the same"


def _maybe_a_fraction(name: str, format_: NumberFormat, texts: Sequence[str], decimal: str) -> str:
    """A hint that numbers may be fractions, if all look like `1,234`; else empty."""
    sign = format_.thousands
    is_open = sign in (",", ".") and not any(decimal in t or t.count(sign) > 1 for t in texts)
    fix = NumberFormat(decimal=sign).fix(name, decimal)
    return f"; {fix} if a fraction follows the '{sign}'" if is_open else ""


def _with_magnitudes(texts: Sequence[str]) -> str:
    """The first text if nearly all have magnitudes, such as 300K and 1.2M; else empty."""
    found = [match for text in texts if (match := FORMATTED_NUMBER.fullmatch(text.strip()))]
    sizes = {match["suffix"] for match in found}
    many = len(found) > NEARLY_ALL * len(texts) and len(texts) > FEW_UNITS
    are_sizes = sizes <= {"", *"kKmMbB", "bn", "Bn"} and len(sizes - {""}) > 1
    return found[0][0] if many and are_sizes else ""


def foreign_number(texts: Sequence[str], decimal: str) -> str:
    """The first text with the other decimal separator, if nearly all are numbers; else empty.

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


def limits_among(texts: Sequence[str], decimal: str) -> list[str]:
    """The limits, such as `<0.5`, if nearly all texts are numbers or limits; else empty.

    >>> limits_among(["0.7", "<0.5", "3"], "."), limits_among(["<5", ">=5"], ".")
    (['<0.5'], [])
    """
    limits = [
        text
        for text in texts
        if (match := LIMIT.fullmatch(text)) and is_number(match["number"], decimal)
    ]
    numbers = sum(is_number(text, decimal) for text in texts)
    are_nearly_all = len(limits) + numbers >= 0.9 * len(texts)
    return limits if numbers and are_nearly_all else []


def limit_format(limits: Sequence[str], decimal: str) -> NumberFormat | None:
    """The format that reads limits as the numbers behind their sign; None without a common sign.

    >>> limit_format(["<5", "< 7"], "."), limit_format(["<5", ">9"], ".")
    (NumberFormat(thousands='', prefix='<', suffix='', decimal='.'), None)
    """
    match = LIMIT.fullmatch(limits[0])
    format_ = NumberFormat(prefix=match["sign"] if match else "", decimal=decimal)
    are_read = match and all(is_number(format_.bare(text)) for text in limits)
    return format_ if are_read else None


def limit_fix(name: str, limits: Sequence[str], decimal: str, *, is_new: bool = False) -> str:
    """What to do about limits. is_new: whether the config can't be changed any more."""
    fix = "write the number that is to stand for it, or leave the cell empty"
    format_ = None if is_new else limit_format(limits, decimal)
    if format_ is None:
        return fix
    return f"{fix}, or read it as {format_.bare(limits[0])} with {format_.fix(name, decimal)}"


def limit_guess(name: str, limit: str, format_: NumberFormat) -> str:
    """The note to give if limits are read as numbers."""
    bare = format_.bare(limit)
    return f"column '{printable(name)}' has limits such as '{printable(limit)}', read as {bare}"


def markers_among_numbers(texts: Sequence[str], decimal: str) -> list[str]:
    """The texts among many distinct numbers, if they are few: missing markers, or typing errors.

    >>> markers_among_numbers([*map(str, range(30)), "unknown"], ".")
    ['unknown']
    """
    markers = [text for text in texts if not is_number(text, decimal)]
    numbers = len(texts) - len(markers)
    with_digits = sum(any(map(str.isdigit, text)) for text in markers)
    are_few = with_digits <= FEW_MARKERS and len(markers) <= max(FEW_MARKERS, numbers // 4)
    are_few &= len(markers) <= MANY_WORDS
    return markers if markers and numbers > MANY_NUMBERS and are_few else []
