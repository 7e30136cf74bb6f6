"""Number formats: parses numbers with thousands separators, units or currencies."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nncli.data.column_names import column_fix
from nncli.data.number_cells import is_number
from nncli.data.reading.chunks import NumberParser
from nncli.frozen import frozen
from nncli.parts.arrays import Array

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
