"""Dotted thousands: warnings of columns whose 12.345, read as a fraction, may mean 12345."""

import re
from collections.abc import Container, Iterator, Sequence

import numpy as np

from nncli.data.column_names import yaml_name
from nncli.data.reading.chunks import TableReader
from nncli.data.reading.encoded_rows import EncodedTable
from nncli.data.reading.parsers import Parsers
from nncli.errors import printable
from nncli.parts.arrays import Array

MIN_FRACTIONS = 20  # cells: fewer may all have three decimals by chance
HEAD_ROWS = 4096  # looked at first, to rule most columns out


def dotted_notes(
    encoded: EncodedTable, reader: TableReader, parsers: Parsers, used: Container[str]
) -> Iterator[str]:
    """A warning for each column of numbers that may have thousands separators.

    All its cells with a fraction have exactly three decimals, after one to three digits without a
    leading zero. The file is read again if the values of a column allow this.
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
        if count >= MIN_FRACTIONS:
            sign = parsers.decimal
            yield (
                f"column '{printable(name)}': all {count:,} cells with a fraction have three "
                f"decimals, as '{first}', read as {first.replace(sign, '.')}; if the '{sign}' "
                f"stands between thousands, data.columns: {{{yaml_name(name)}: "
                f'{{thousands: "{sign}"}}}}'
            )


def may_be_thousands(values: Array) -> bool:
    """Whether the values with a fraction have at most three decimals, and some have three.

    >>> may_be_thousands(np.arange(1, 40) + 0.125), may_be_thousands(np.arange(1, 40) + 0.5)
    (True, False)
    """
    parts = ((HEAD_ROWS, 0), (None, MIN_FRACTIONS))
    return all(_have_three_decimals(values[:rows], fewest) for rows, fewest in parts)


def _have_three_decimals(values: Array, fewest: int) -> bool:
    """Whether the values with a fraction lie within 1000 and have at most three decimals.

    Requires `fewest` of them; of many, some must have exactly three decimals.
    """
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes != np.floor(sizes)]
    if not len(sizes) or len(sizes) < fewest:
        return not fewest
    if sizes.min() < 1 or sizes.max() >= 1000:
        return False
    are_short = np.isclose(1000 * sizes, np.rint(1000 * sizes), rtol=0, atol=1e-6)
    are_shorter = np.isclose(100 * sizes, np.rint(100 * sizes), rtol=0, atol=1e-6)
    return bool(are_short.all() and (len(sizes) < MIN_FRACTIONS or not are_shorter.all()))


def _first_dotted(
    reader: TableReader, names: Sequence[str], parsers: Parsers
) -> list[tuple[int, str]]:
    """By name, (the number of cells such as 12.345, the first); 0 if another cell has a point."""
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
