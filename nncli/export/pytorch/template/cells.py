"""Cells -> numbers, NaN if missing, as nncli reads them. f: the column's entry in FEATURES."""

import re
import unicodedata
from datetime import date
from typing import Any

import numpy as np

from nncli.parts.dates import days_of

BOOLEAN_VALUES = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1"), 1.0),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0"), 0.0),
}


def as_text(cell: Any) -> Any:
    """A cell as it is written in a file; empty if it is missing."""
    if type(cell).__name__ in ("NoneType", "NAType", "NaTType"):
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (bool, np.bool_)):
        return str(cell).lower()
    if isinstance(cell, (float, np.floating)):
        short = f"{cell:g}"
        whole = f"{cell:.0f}" if cell == np.floor(cell) else repr(float(cell))
        return "" if cell != cell else short if float(short) == cell else whole
    return str(cell).strip()


def plain_number(text: Any, decimal: Any) -> Any:
    """The number in a text; None if it isn't a number."""
    if "_" in text or (decimal != "." and "." in text):
        return None
    try:
        value = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return None if value != value else value


def bare(text: Any, form: Any) -> Any:
    """The text of a formatted number, without prefix, suffix and thousands separators."""
    text, sign = text.replace("\N{MINUS SIGN}", "-"), ""
    if text[:1] == "(" and text[-1:] == ")":
        sign, text = "-", text[1:-1].strip()
    for symbol in (form["prefix"], ""):  # a minus before the prefix or behind it
        if text[:1] in ("-", "+") and not sign:
            sign, text = text[0], text[1:].lstrip()
        text = text.removeprefix(symbol).lstrip() if symbol else text
    text = text.removesuffix(form["suffix"]).rstrip() if form["suffix"] else text
    if not re.fullmatch(form["pattern"], text):
        return "no number"
    if thousands := form["thousands"]:
        blank = thousands.isspace()
        text = re.sub(r"\s+", "", text) if blank else text.replace(thousands, "")
    return sign + text.replace(form["decimal"], ".")


def refuse(f: Any, row: Any, expected: Any, cell: Any) -> Any:
    """Raise ValueError for a cell."""
    raise ValueError(f"row {row + 1}: column {f['name']!r}: expected {expected}, found {cell!r}")


def as_number(cell: Any, f: Any) -> Any:
    """The number in a cell; NaN if missing, None if it isn't a number."""
    if isinstance(cell, (int, float, np.number)):
        value = float(cell)
    elif (text := as_text(cell)) in f["missing"]:
        return np.nan
    else:
        value = plain_number(text, f["decimal"])
    return np.nan if value in f["codes"] else value


def as_formatted(cell: Any, f: Any) -> Any:
    """The same for a column whose numbers are formatted."""
    value = as_number(cell, f)
    if value is None:
        value = plain_number(bare(as_text(cell), f["format"]), ".")
    return np.nan if value in f["codes"] else value


def numbers(cells: Any, f: Any) -> Any:
    """The numbers in cells; NaN if missing."""
    values = [(as_formatted if "format" in f else as_number)(cell, f) for cell in cells]
    for row, value in enumerate(values):
        if value is None or np.isinf(value):
            refuse(f, row, "a number", cells[row])
    return np.array(values, dtype=float)


def truths(cells: Any, f: Any) -> Any:
    """Yes and no as 1 and 0, NaN if missing; another word as f["other"], unless it is None."""
    values = np.empty(len(cells))
    for row, cell in enumerate(cells):
        text = as_text(cell)
        value = (
            np.nan
            if text in f["missing"]
            else BOOLEAN_VALUES.get(text.lower(), plain_number(text, "."))
        )
        if value is None or (value not in (0.0, 1.0) and value == value):
            value = f["other"]
        values[row] = refuse(f, row, "yes or no", cell) if value is None else value
    return values


def dates(cells: Any, f: Any) -> Any:
    """Dates as days since 1970; NaN if missing."""
    values = np.empty(len(cells))
    for row, cell in enumerate(cells):
        text, form = as_text(cell), None if isinstance(cell, date) else f["format"]
        value = np.nan if text in f["missing"] else days_of(text, form)
        values[row] = refuse(f, row, "a date", cell) if value is None else value
    return values


def words(cells: Any, f: Any) -> Any:
    """The number of each word that training knew; f["other"] for another word."""
    found = {}
    for row, cell in enumerate(cells):
        text = as_text(cell)
        if text not in found:
            value = np.nan if text in f["missing"] else place_of(text, f)
            found[text] = f["other"] if value is None else value
        if found[text] is None:
            refuse(f, row, f"one of {', '.join(list(f['places'])[:8])}", cell)
    return np.array([found[as_text(cell)] for cell in cells], dtype=float)


def place_of(text: Any, f: Any) -> Any:
    """The number of a word, spelt as in training or as an equal number; None if unknown."""
    if text in f["places"]:
        return f["places"][text]
    composed = unicodedata.normalize("NFC", text)
    for fold in (str, folded) if f["folds"] else (str,):
        for word, place in f["places"].items():
            if fold(unicodedata.normalize("NFC", word)) == fold(composed):
                return place
    number = plain_number(text, f["decimal"])
    same = [
        place
        for word, place in f["places"].items()
        if number is not None
        and number in (plain_number(word, f["decimal"]), plain_number(word, "."))
    ]
    return same[0] if len(same) == 1 else None


def folded(text: Any) -> Any:
    """A word in lower case, without blanks."""
    return "".join(text.casefold().split())
