"""Table notes: what was guessed of a table's columns, each with the key that overrules it."""

from collections.abc import Container, Iterator

import numpy as np

from nncli.data.reading.encoded_rows import Encoded
from nncli.data.reading.number_formats import yaml_name
from nncli.errors import printable


def value_notes(encoded: Encoded, used: Container[str]) -> Iterator[str]:
    """What was taken for a value although it often means that there is none."""
    for name, counts in encoded.values.items():
        if name in used:
            shown = ", ".join(f"{printable(text)!r} ({n:,})" for text, n in counts.items())
            yield (
                f"column '{printable(name)}': {shown} of {len(encoded.cells):,} cells: too many to "
                "mean that there is no value, so taken for a category; if they do mean that, "
                f"data.columns: {{{yaml_name(name)}: {{values: []}}}}"
            )


def date_notes(encoded: Encoded, used: Container[str], *, is_split: bool) -> Iterator[str]:
    """What was taken for dates, and how rows are split by them."""
    for name, form in encoded.dates.items():
        if name in used:
            said, days = yaml_name(name), encoded.column(name).values
            first, last = (np.datetime64(int(f(days)), "D") for f in (np.nanmin, np.nanmax))
            written = f"{'ISO 8601' if form is None else printable(form)}, from {first} to {last}"
            own = f'{{format: "{"%d/%m/%Y" if form is None else printable(form)}"}}'
            hint = f"; to be scored on later rows, data.split: {{type: time, column: {said}}}"
            yield (
                f"column '{printable(name)}' is read as dates ({written}): year, month, day of "
                "the week and days since the first training row; "
                f"data.columns: {{{said}: {own}}} says another format, {{{said}: categorical}} "
                f"that they are none{'' if is_split else hint}"
            )
