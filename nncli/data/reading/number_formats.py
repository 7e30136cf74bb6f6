"""Number formats: numbers with thousands separators, units or currencies, and how to read them."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nncli.data.column_names import column_fix, yaml_name
from nncli.data.number_cells import is_number
from nncli.data.reading.chunks import NumberParser
from nncli.errors import printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array

MANY_NUMBERS = 20  # distinct numbers: a column of codes has fewer
FEW_MARKERS = 5  # at most: distinct texts with digits that are missing markers among numbers
MANY_WORDS = 20  # at most: the same, with or without digits
NEARLY_ALL = 0.95
NO_NUMBER = "no number"
FEW_UNITS = 4  # distinct texts, up to which `2 doors` and `4 doors` may be categories
MINUS = "\N{MINUS SIGN}"
SEPARATORS = "'\N{RIGHT SINGLE QUOTATION MARK}_ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
CURRENCIES = "$€£¥₹₽₩₺₫฿₴₦"
FORMATTED_NUMBER = re.compile(
    rf"""(?P<open>\()?\s*(?P<minus>[-+{MINUS}])?\s*
    (?P<prefix>[A-Z]{{0,3}}[{CURRENCIES}]|[A-Z]{{3}}|)\s*(?P<minus2>[-+{MINUS}])?
    (?P<number>[.,]?\d(?:[\d.,{SEPARATORS}]*\d)?(?:[eE][-+]?\d+)?[.,]?)\s*
    (?P<suffix>[{CURRENCIES}]|[%‰°²³µ/A-Za-z]{{0,12}})\s*(?P<close>\))?""",
    re.VERBOSE,
)
PRODUCT_CODE = re.compile(r"[A-Z]{3}(?:-\d.*|\s*-?0\d.*)")  # SKU-17, ABC007: no currency
LIMIT = re.compile(r"[<>≤≥]=?\s*(?P<number>[-+\d.,].*)")


@frozen
class NumberFormat:
    """The prefix, thousands separator, decimal separator and suffix of numbers."""

    thousands: str = ""
    prefix: str = ""
    suffix: str = ""
    decimal: str = "."

    def bare(self, text: str) -> str:
        """The plain number, with a decimal point; `no number` for a text in another format.

        Brackets and the typographic minus sign are minus signs.

        >>> price = NumberFormat(thousands="'", prefix="€", suffix="kg")
        >>> [price.bare(text) for text in ("€1'234.5", "-€7 kg", "(€1'000)", "1'2", "€")]
        ['1234.5', '-7', '-1000', 'no number', 'no number']
        """
        text = text.strip().replace(MINUS, "-")
        sign = ""
        if text[:1] == "(" and text[-1:] == ")":
            sign, text = "-", text[1:-1].strip()
        for symbol in (self.prefix, ""):  # a minus before the prefix or behind it
            if text[:1] in ("-", "+") and not sign:
                sign, text = text[0], text[1:].lstrip()
            text = text.removeprefix(symbol).lstrip() if symbol else text
        text = text.removesuffix(self.suffix).rstrip() if self.suffix else text
        match = self.pattern.fullmatch(text)
        if match is None:
            return NO_NUMBER
        if self.thousands:
            text = _plain_spaces(text).replace(_plain_spaces(self.thousands), "")
        return sign + text.replace(self.decimal, ".")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        decimal, whole = re.escape(self.decimal), r"\d+"
        if self.thousands:
            sign = r"\s" if self.thousands.isspace() else re.escape(self.thousands)
            whole = rf"\d{{1,3}}(?:{sign}\d{{3}})+|\d+"
        return re.compile(rf"(?:(?:{whole})(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][-+]?\d+)?")

    def keys(self, decimal: str) -> dict[str, str]:
        """The config keys that differ from their defaults, where data.decimal is `decimal`."""
        defaults = {"decimal": decimal}
        names = ("thousands", "prefix", "suffix", "decimal")
        return {n: value for n in names if (value := getattr(self, n)) != defaults.get(n, "")}

    def fix(self, name: str, decimal: str) -> str:
        """The config key that sets this format for the column `name`."""
        return column_fix(name, {"type": "numeric", **self.keys(decimal)})


def _plain_spaces(text: str) -> str:
    return " ".join(text.split()) if text.strip() else " "


class FormattedNumbers(NumberParser):
    """A parser of numbers that are written in a format."""

    def __init__(self, missing: Sequence[str], format_: NumberFormat) -> None:
        super().__init__(missing)
        self.format = format_

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        if isinstance(cells, np.ndarray) or self._takes_plain:
            values, wrong = super().__call__(cells)  # a format allows plain numbers too
            if wrong:
                numbers, still = self._formatted([cells[index] for index in wrong])
                values[wrong], wrong = numbers, [wrong[index] for index in still]
            return values, wrong
        return self._formatted(cells)

    def preparsed(self, cells: Sequence[str]) -> Array | None:
        return super().preparsed(cells) if self._takes_plain else None

    def _formatted(self, cells: Sequence[str]) -> tuple[Array, list[int]]:
        numbers = {cell: self._bare(cell) for cell in set(cells)}
        return super().__call__([numbers[cell] for cell in cells])

    @property
    def _takes_plain(self) -> bool:
        return self.format.decimal == "." and self.format.thousands != "."

    def _bare(self, cell: str) -> str:
        return "" if (text := cell.strip()) in self.missing else self.format.bare(text)


def format_of(texts: Sequence[str], decimal: str) -> tuple[NumberFormat, str] | None:
    """(the number format that fits nearly all texts, the first text that needs it), or None.

    >>> format_of(["1'234", "12", "€7"], ".")[0]
    NumberFormat(thousands="'", prefix='€', suffix='', decimal='.')
    >>> format_of(["A12", "B7"], "."), format_of(["1", "2"], ".")
    (None, None)
    """
    special = [text for text in texts if not is_number(text, decimal)]
    matches = [match for text in special if (match := FORMATTED_NUMBER.fullmatch(text.strip()))]
    if not matches or len(special) - len(matches) > (1 - NEARLY_ALL) * len(texts):
        return None
    parts = [match.groupdict("") for match in matches]
    thousands, fraction = _separators([part["number"] for part in parts], decimal)
    prefix, suffix = (_most_common(part[key] for part in parts) for key in ("prefix", "suffix"))
    if suffix.isalpha() and len(texts) <= FEW_UNITS:
        return None
    if prefix.isalpha() and any(PRODUCT_CODE.fullmatch(text.strip()) for text in special):
        return None
    format_ = NumberFormat(thousands, prefix, suffix, fraction)
    read = [text for text in special if is_number(format_.bare(text))]
    if not read or len(special) - len(read) > (1 - NEARLY_ALL) * len(texts):
        return None
    return format_, read[0]


def _most_common(texts: Any) -> str:
    """The most common non-empty text."""
    counts = Counter(filter(None, texts)).most_common(1)
    return counts[0][0] if counts else ""


def _separators(numbers: Sequence[str], decimal: str) -> tuple[str, str]:
    """(thousands separator, decimal separator) of numbers."""
    for number in numbers:
        for sign in SEPARATORS:
            if sign in number:
                sign = " " if sign.isspace() else sign  # one blank stands for all
                return sign, "," if "," in number else decimal
    both = [number for number in numbers if "." in number and "," in number]
    if both:
        fraction = max(".,", key=both[0].rfind)
        return ("." if fraction == "," else ","), fraction
    other = "," if decimal == "." else "."
    if any(other in number for number in numbers):
        grouped = re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+(?:\{decimal}\d*)?")
        if all(grouped.fullmatch(number) for number in numbers if other in number):
            return other, decimal
        return "", other
    return "", decimal


def limit_among(texts: Sequence[str], decimal: str) -> str:
    """The first limit, such as `<0.5`, if nearly all texts are numbers or limits; else empty.

    >>> limit_among(["0.7", "<0.5", "3"], "."), limit_among(["<5", ">=5"], ".")
    ('<0.5', '')
    """
    limits = [
        text
        for text in texts
        if (match := LIMIT.fullmatch(text)) and is_number(match["number"], decimal)
    ]
    numbers = sum(is_number(text, decimal) for text in texts)
    are_nearly_all = len(limits) + numbers >= 0.9 * len(texts)
    return limits[0] if limits and numbers and are_nearly_all else ""


@frozen
class NumbersAsText:
    """A text column of numbers: the error message, and the config key that it belongs to.

    format: the numbers' format, if one fits.  guess: the note to give if the numbers are read in
    this format, or the texts among them as missing markers.
    """

    key: str
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
    if text := limit_among(texts, decimal):
        return NumbersAsText("data.columns", f"{column} has {limit_advice(text)} {otherwise}")
    found = format_of(texts, decimal)
    has_thousands = found is not None and bool(found[0].thousands)
    if not is_typed and not has_thousands and (text := foreign_number(texts, decimal)):
        sign, other = ("a decimal comma", "','") if decimal == "." else ("a decimal point", "'.'")
        has = f"{column} has numbers such as '{printable(text)}'"
        advice = f"use {other} if that is {sign}, and take signs between thousands out"
        format_ = found[0] if found else None
        guess = f"{has}, read with {sign} {otherwise}"
        return NumbersAsText("data.decimal", f"{has}: {advice} {otherwise}", format_, guess)
    if found:
        format_, text = found
        doubt = _without_unit(format_, texts, decimal) + _maybe_a_fraction(
            name, format_, texts, decimal
        )
        bare, has = format_.bare(text), f"{column} has numbers such as '{printable(text)}'"
        message = f"{has}: write '{bare}', say, or {format_.fix(name, decimal)}{doubt} {otherwise}"
        return NumbersAsText(
            "data.columns", message, format_, f"{has}, read as {bare}{doubt} {otherwise}"
        )
    if magnitude := _with_magnitudes(texts):
        message = f"{column} has numbers such as '{printable(magnitude)}': write their digits out"
        return NumbersAsText("data.columns", f"{message} {otherwise}")
    if not is_typed and (markers := markers_among_numbers(texts, decimal)):
        shown = ", ".join(f"'{printable(marker)}'" for marker in markers)
        has = f"{column} has numbers, and {shown} among them"
        message = f"{has}: add to data.missing what means that there is no value {otherwise}"
        guess = f"{has}, taken to mean that there is no value {otherwise}"
        return NumbersAsText("data.missing", message, guess=guess)
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


def limit_advice(text: str) -> str:
    """The advice on a limit, such as `<0.5`, among numbers."""
    return (
        f"'{printable(text)}' among its numbers: that is a limit, not a value: write the number "
        "that is to stand for it, or leave the cell empty"
    )


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
