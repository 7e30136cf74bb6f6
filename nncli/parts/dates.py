"""Dates: texts -> days since 1970, in UTC. ISO 8601 whole, or by a format of strftime's."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d{1,2})(?:\2(\d{1,2}))?(?:[T ]+(\d.*))?")
ORDINAL = re.compile(r"(\d{4})-(\d{3})")
ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
TO_MONTH_OR_DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})( \d{1,2}:\d\d(:\d\d)?)?")
NAMED = ("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%Y")


def days_of(text: str, form: str | None = None) -> float | None:
    """Days since 1970 of a date or a moment; None if the text is none. form: of strftime's.

    >>> [days_of(text) for text in ("1970-01-02", "1970/1/3", "1970-02", "1970-002")]
    [1.0, 2.0, 31.0, 1.0]
    >>> [days_of(text) for text in ("1970-01-01T12:00", "1970-01-01 12:00 UTC", "1970-13-01")]
    [0.5, 0.5, None]
    >>> days_of("1970-01-01T12:00:00+06:00"), days_of("02/01/1970", "%d/%m/%Y")
    (0.25, 1.0)
    """
    try:
        moment = _iso(text.strip()) if form is None else datetime.strptime(text.strip(), form)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) / DAY
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime:
    """What ISO 8601 allows and Python doesn't: months, days of the year, bare digits, slashes."""
    text = ZONE.sub("+00:00", text) if ":" in text else text
    if match := ORDINAL.fullmatch(text):
        return datetime.strptime(text, "%Y-%j")
    if match := YEAR_FIRST.fullmatch(text):
        year, _, month, day, time = match.groups()
        text = f"{year}-{month:0>2}-{day or '1':0>2}"
        text += f"T{re.sub(r'[ ]+(?=[+-])', '', time)}" if time else ""
    return datetime.fromisoformat(text)


def date_format(texts: Sequence[str]) -> tuple[bool, str | None, str]:
    """(whether texts are dates, their format, what is open) of a column's different texts.

    format: None for ISO 8601.  open: a text that may be day first or month first; else empty.

    >>> date_format(["2025-01-31", "2025-02-01"]), date_format(["13/01/2025", "01/02/2025"])
    ((True, None, ''), (True, '%d/%m/%Y', ''))
    >>> date_format(["01/02/2025", "03/04/2025"]), date_format(["a", "b"])
    ((True, None, '01/02/2025'), (False, None, ''))
    """
    some = [text for text in texts if not text.isdigit()]
    if not some or len(some) < 0.95 * len(texts):
        return False, None, ""
    if _are(some, None):
        return True, None, ""
    if match := TO_MONTH_OR_DAY.fullmatch(some[0]):
        first, second = (_written(match, order) for order in ("dm", "md"))
        day_first, month_first = _are(some, first), _are(some, second)
        if day_first and month_first:
            return True, None, some[0]
        if day_first or month_first:
            return True, first if day_first else second, ""
        return False, None, ""
    return next(((True, form, "") for form in NAMED if _are(some, form)), (False, None, ""))


def _written(match: re.Match[str], order: str) -> str:
    """The format of a date with its numbers in an order."""
    sign, year = match[2], "%Y" if len(match[4]) == 4 else "%y"
    time = "" if not match[5] else " %H:%M:%S" if match[6] else " %H:%M"
    return f"%{order[0]}{sign}%{order[1]}{sign}{year}{time}"


def _are(texts: Sequence[str], form: str | None) -> bool:
    """Whether nearly all texts are dates of a format."""
    if form is None and not re.match(r"\d{4}\D", texts[0]):
        return False  # most columns of texts
    allowed = len(texts) - 0.95 * len(texts)
    for text in texts:
        allowed -= days_of(text, form) is None
        if allowed < 0:
            return False
    return True
