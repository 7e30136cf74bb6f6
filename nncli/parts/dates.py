"""Dates: texts -> days since 1970, in UTC, from all of ISO 8601 or in a strftime format."""

import re
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d{1,2})(?:\2(\d{1,2}))?(?:[T ]+(\d.*))?")
ORDINAL = re.compile(r"(\d{4})-(\d{3})")
ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
DOTTED = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?!\d)")


def days_of(text: str, form: str | None = None) -> float | None:
    """Days from 1970-01-01 to a date or time; None if the text isn't one. form: for strftime.

    A time without a day is on that day.

    >>> [days_of(text) for text in ("1970-01-02", "1970/1/3", "1970-02", "1970-002")]
    [1.0, 2.0, 31.0, 1.0]
    >>> [days_of(text) for text in ("1970-01-01T12:00", "1970-01-01 12:00 UTC", "1970-13-01")]
    [0.5, 0.5, None]
    >>> days_of("1970-01-01T12:00:00+06:00"), days_of("02/01/1970", "%d/%m/%Y")
    (0.25, 1.0)
    >>> days_of("6:00", "%H:%M")
    0.25
    """
    try:
        moment = _iso(text.strip()) if form is None else datetime.strptime(text.strip(), form)
        if has_no_day(form):
            moment = moment.replace(year=1970)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) / DAY
    except (ValueError, OverflowError):
        return None


def has_no_day(form: str | None) -> bool:
    """Whether a format is one of times of day."""
    return form is not None and not re.search("%[^HIMSpf]", form)


def moment_text(days: float, *, has_time: bool = False, is_time: bool = False) -> str:
    """The date, or the time of a time of day.

    has_time: with the date's time, if it has one.  is_time: whether 0 is midnight, not a date.

    >>> moment_text(1.5), moment_text(1.5, has_time=True), moment_text(1.0, has_time=True)
    ('1970-01-02', '1970-01-02T12:00:00', '1970-01-02')
    >>> moment_text(0.5), moment_text(0.0), moment_text(0.0, is_time=True)
    ('12:00:00', '1970-01-01', '00:00:00')
    """
    moment = datetime(1970, 1, 1) + timedelta(seconds=round(days * 86_400))
    if is_time or 0 < days < 1:
        return moment.time().isoformat()
    return (moment.isoformat() if has_time else f"{moment.date()}").removesuffix("T00:00:00")


def _iso(text: str) -> datetime:
    """Parse ISO 8601, also months and ordinal dates, which Python lacks; and slashes and dots."""
    text = ZONE.sub("+00:00", text) if ":" in text else text
    text = DOTTED.sub(r"\1-\2-\3", text, count=1)
    if match := ORDINAL.fullmatch(text):
        return datetime.strptime(text, "%Y-%j")
    if match := YEAR_FIRST.fullmatch(text):
        year, _, month, day, time = match.groups()
        text = f"{year}-{month:0>2}-{day or '1':0>2}"
        text += f"T{re.sub(r'[ ]+(?=[+-])', '', time)}" if time else ""
    return datetime.fromisoformat(text)
