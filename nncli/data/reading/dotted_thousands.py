"""Dotted thousands: columns whose 12.345 may be 12345, read as it is written otherwise."""

import re
from collections.abc import Container, Iterator, Sequence

import numpy as np

from nncli.data.reading.chunks import TableReader
from nncli.data.reading.column_names import yaml_name
from nncli.data.reading.encoded_rows import Encoded
from nncli.data.reading.parsers import Parsers
from nncli.errors import printable
from nncli.parts.arrays import Array

FEWEST = 20  # cells with a fraction: fewer may all have three decimals by chance
HEAD = 4096  # cells that show of most columns that they aren't so


def dotted_notes(
    encoded: Encoded, reader: TableReader, parsers: Parsers, used: Container[str]
) -> Iterator[str]:
    """A warning for each column of numbers that all look like thousands with a sign between.

    Only where all cells with a fraction have three decimals exactly, and one to three digits but
    no leading zero before them; the cells' texts are looked at again where values may be so.
    """
    plain = [
        name
        for name in encoded.names
        if name in used
        and name not in encoded.vocabularies
        and name not in encoded.dates
        and name not in parsers.columns
        and may_be_thousands(encoded.column(name).values)
    ]
    for name, (count, first) in zip(plain, _first_dotted(reader, plain, parsers), strict=True):
        if count >= FEWEST:
            sign = parsers.decimal
            yield (
                f"column '{printable(name)}': all {count:,} cells with a fraction have three "
                f"decimals, as '{first}', read as {first.replace(sign, '.')}; if the '{sign}' "
                f"stands between thousands, data.columns: {{{yaml_name(name)}: "
                f'{{thousands: "{sign}"}}}}'
            )


def may_be_thousands(values: Array) -> bool:
    """Whether the values with a fraction have three decimals at most, and some of them have.

    >>> may_be_thousands(np.arange(1, 40) + 0.125), may_be_thousands(np.arange(1, 40) + 0.5)
    (True, False)
    """
    return all(_look_so(values[:most], fewest) for most, fewest in ((HEAD, 0), (None, FEWEST)))


def _look_so(values: Array, fewest: int) -> bool:
    """Whether at least so many have a fraction, each of three decimals at most, from 1 to 999."""
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes != np.floor(sizes)]
    if not len(sizes) or len(sizes) < fewest:
        return not fewest
    if sizes.min() < 1 or sizes.max() >= 1000:
        return False
    are_short = np.isclose(1000 * sizes, np.rint(1000 * sizes), rtol=0, atol=1e-6)
    are_shorter = np.isclose(100 * sizes, np.rint(100 * sizes), rtol=0, atol=1e-6)
    return bool(are_short.all() and (len(sizes) < FEWEST or not are_shorter.all()))


def _first_dotted(
    reader: TableReader, names: Sequence[str], parsers: Parsers
) -> list[tuple[int, str]]:
    """(cells that look like dotted thousands, the first of them); 0 if others have a fraction."""
    found = dict.fromkeys(names, (0, ""))
    sign = re.escape(parsers.decimal)
    dotted = re.compile(rf"[-+]?[1-9]\d{{0,2}}{sign}\d{{3}}")
    for chunk in reader.chunks() if names else ():
        for name in list(found):
            cells = chunk.columns[reader.names.index(name)]
            if isinstance(cells, np.ndarray):
                del found[name]  # a file with types has no signs between thousands
                continue
            texts = [text for cell in cells if parsers.decimal in (text := cell.strip())]
            texts = [text for text in texts if text not in parsers.missing]
            if not all(map(dotted.fullmatch, texts)):
                del found[name]
            elif texts:
                count, first = found[name]
                found[name] = count + len(texts), first or texts[0]
        if not found:
            break
    return [found.get(name, (0, "")) for name in names]
