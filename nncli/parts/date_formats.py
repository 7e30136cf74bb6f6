"""Date formats: the format of a column of dates, inferred from its texts if it is unambiguous."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from nncli.parts.dates import days_of

NEARLY_ALL = 0.95
SAMPLED = 3  # texts tried, lest the first one is a typing error
DAY_AND_MONTH = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})( \d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?)?"
)
TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?( ?[AaPp][Mm])?")
MIN_TIMES = 15  # distinct ones; fewer are categories as well
MONTH_AND_YEAR = re.compile(r"\d{1,2}([-/])[12]\d{3}")
MONTH_NAME = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
DAY_FIRST, MONTH_FIRST = "dm", "md"


class DateFormat(NamedTuple):
    """are_dates: whether the texts are dates.  form: for strftime; None: ISO 8601.  open: a text in
    which the day or the month may be first, if no text decides; else empty."""

    are_dates: bool
    form: str | None = None
    open: str = ""


def date_format(texts: Sequence[str]) -> DateFormat:
    """The format of a column's distinct texts as dates, if they are dates.

    >>> date_format(["2025-01-31", "2025-02-01"])[:2], date_format(["13/01/2025", "01/02/2025"])[:2]
    ((True, None), (True, '%d/%m/%Y'))
    >>> date_format(["19-Sep-03", "02-Oct-03"])[:2], date_format(["Sep 19, 2003"])[:2]
    ((True, '%d-%b-%y'), (True, '%b %d, %Y'))
    >>> date_format([f"{hour}:30" for hour in range(24)])[:2]
    (True, '%H:%M')
    >>> date_format(["01/02/2025", "03/04/2025"]).open, date_format(["a", "b"]).are_dates
    ('01/02/2025', False)
    """
    some = [text for text in texts if not text.isdigit()]
    if not some or len(some) < NEARLY_ALL * len(texts):
        return DateFormat(are_dates=False)
    if _are_dates(some, None):
        return DateFormat(are_dates=True)
    if DAY_AND_MONTH.fullmatch(some[0]):
        day_first, month_first = (written(some[0], order) for order in (DAY_FIRST, MONTH_FIRST))
        fitting = [form for form in (day_first, month_first) if _are_dates(some, form)]
        if len(fitting) == 2:
            return DateFormat(are_dates=True, open=some[0])
        return DateFormat(bool(fitting), *fitting)
    if TIME_OF_DAY.fullmatch(some[0]):
        return _time_format(some)
    if month := MONTH_AND_YEAR.fullmatch(some[0]):
        form = f"%m{month[1]}%Y"
        return DateFormat(True, form) if _are_dates(some, form) else DateFormat(are_dates=False)
    for text in filter(MONTH_NAME.search, some[:SAMPLED]):
        for form in _formats_with_month_names():
            if days_of(text, form) is not None and _are_dates(some, form):
                return DateFormat(are_dates=True, form=form)
    return DateFormat(are_dates=False)


def written(text: str, order: str) -> str:
    """The strftime format of a numeric date. order: DAY_FIRST or MONTH_FIRST.

    >>> written("01/02/25 10:30 PM", DAY_FIRST)
    '%d/%m/%y %I:%M %p'
    """
    match = DAY_AND_MONTH.fullmatch(text)
    assert match is not None
    sign, year = match[2], "%Y" if len(match[4]) == 4 else "%y"
    time = f" {_written_time(match[5].strip())}" if match[5] else ""
    return f"%{order[0]}{sign}%{order[1]}{sign}{year}{time}"


def _time_format(texts: Sequence[str]) -> DateFormat:
    """The format of distinct times of day; none if one has more than 24 hours."""
    form = _written_time(texts[0])
    are_times = all(days_of(text, form) is not None for text in texts)
    is_format = are_times and len(texts) >= MIN_TIMES
    return DateFormat(True, form) if is_format else DateFormat(are_dates=False)


def _written_time(text: str) -> str:
    """The format of a time of day.

    >>> _written_time("9:05"), _written_time("10:30:00 PM"), _written_time("10:30pm")
    ('%H:%M', '%I:%M:%S %p', '%I:%M%p')
    """
    match = TIME_OF_DAY.fullmatch(text)
    assert match is not None
    seconds, half = ":%S" if match[1] else "", match[2]
    if not half:
        return f"%H:%M{seconds}"
    return f"%I:%M{seconds}{' ' if half.startswith(' ') else ''}%p"


def order_of(form: str) -> str | None:
    """DAY_FIRST or MONTH_FIRST for a format that begins with day and month as numbers; else None.

    >>> order_of("%d.%m.%y %H:%M"), order_of("%m/%d/%Y"), order_of("%m-%Y"), order_of("%d %b %Y")
    ('dm', 'md', None, None)
    """
    orders = {f"%{order[0]}{form[2:3]}%{order[1]}": order for order in (DAY_FIRST, MONTH_FIRST)}
    return orders.get(form[:5])


def likely_order(texts: Sequence[str]) -> str:
    """DAY_FIRST or MONTH_FIRST, as is likely for ambiguous dates.

    A number that is the same in all dates, if the other isn't, is likely the day; else the day is
    first in dates with points, as in Europe, and the month in others.

    >>> likely_order(["01/02/2025", "01/03/2025"]), likely_order(["03.02.2025", "01.03.2025"])
    ('dm', 'dm')
    >>> likely_order(["03/02/2025", "01/03/2025"]), likely_order(["02/01/2025", "03/01/2025"])
    ('md', 'md')
    """
    matches = [match for text in texts if (match := DAY_AND_MONTH.fullmatch(text))]
    firsts, seconds = ({int(match[place]) for match in matches} for place in (1, 3))
    if (len(firsts) == 1) != (len(seconds) == 1):
        return DAY_FIRST if len(firsts) == 1 else MONTH_FIRST
    return DAY_FIRST if matches[0][2] == "." else MONTH_FIRST


@cache
def _formats_with_month_names() -> tuple[str, ...]:
    """Formats with the name of a month, the most common ones first."""
    names, years = ("%b", "%B"), ("%Y", "%y")
    days = [
        form
        for year, name, sign in product(years, names, " -/.")
        for form in (f"%d{sign}{name}{sign}{year}", f"{name}{sign}%d{sign}{year}")
    ]
    days += [f"{name} %d, {year}" for year, name in product(years, names)]
    days += [f"%Y{sign}{name}{sign}%d" for name, sign in product(names, " -/.")]
    months = [f"{name}{sign}%Y" for name, sign in product(names, " -/.")]
    times = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %H:%M:%S GMT")
    weekdays = ("", "%a, ", "%a ", "%A, ", "%A ")
    return (*(f"{w}{d}{t}" for w, t, d in product(weekdays, times, days)), *months)


def _are_dates(texts: Sequence[str], form: str | None) -> bool:
    """Whether nearly all texts are dates in the format."""
    if form is None and not re.match(r"\d{4}\D", texts[0]):
        return False  # soon, for most columns of text
    allowed = len(texts) - NEARLY_ALL * len(texts)
    for text in texts:
        allowed -= days_of(text, form) is None
        if allowed < 0:
            return False
    return True
