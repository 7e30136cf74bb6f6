"""Tables read by NumPy's reader come out as by the csv module and float(): bits, places, errors."""

import os
import tracemalloc
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from table_files import lines_of, source

from nncli.data.reading import line_blocks, plain_blocks, plain_numbers, text_files
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.data.reading.type_inference import read_columns
from nncli.errors import DataError

COUNT = int(os.environ.get("NNCLI_EXAMPLES", "0"))  # more of them, at random, to look for trouble
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-9, 10**18)
POWERS = st.integers(-40, 40)
DECIMALS = st.builds(lambda digits, power: str(Decimal(f"{digits}E{power}")), st.integers(), POWERS)
STRANGE = st.sampled_from(
    [
        *("007", "00501", "-007", "+5", ".5", "5.", ".", "-", "--", "+", "e", "1e", "e5", "1E5"),
        *("1e+5", "1e999", "-1e999", "1e-400", "nan", "NaN", "-nan", "inf", "Infinity", "1_000"),
        *("0x10", "1d5", "1,5", "1.5", "1.2.3", "1-2", "2021-03-04", "9007199254740993"),
        *("9007199254740992", "0.1234567890123456789", "123456789012345678901234567890"),
        *("2.2250738585072011e-308", "\u0661\u0662", "é", "Ω≈", "1\u00a0", "\u20095", "1\x0b"),
        *("\x0c7", "1 2", "a b", "  3", "3  ", " ", "yes", "no", "None", "NA", "?", "None "),
        *("'1'", "1'000", "#1", "%", "$5", ""),
    ]
)
CELLS = st.one_of(FLOATS.map(repr), WHOLE.map(str), DECIMALS, STRANGE, st.just(""))
COLUMNS = st.sampled_from([FLOATS.map(repr), WHOLE.map(str), DECIMALS, STRANGE, CELLS])
PLAIN = st.sampled_from([FLOATS.map(repr), WHOLE.map(str), FLOATS.map(repr) | st.just("")])
RARE = st.sampled_from(["", "", "", "", '"1', '"2"', '"a\nb"', "\r", "\n", "1,2,3", "\0", "\u2028"])


def quick(count):
    return settings(max_examples=COUNT or count)


@st.composite
def texts(draw, kinds=COLUMNS):
    """(text of a table with a header, its delimiter): numbers, what looks like them, and slips."""
    width, rows = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    delimiter = draw(st.sampled_from([",", ";", "\t", ", ", " ;"]))
    columns = [draw(st.lists(draw(kinds), min_size=rows, max_size=rows)) for _ in range(width)]
    lines = [delimiter.join(row) for row in zip(*columns, strict=True)]
    lines.insert(draw(st.integers(0, rows)), draw(RARE))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    header = delimiter.join(f"c{index}" for index in range(width))
    body = end.join([header, *filter(None, lines)]) + draw(st.sampled_from(["", end]))
    return body, delimiter.strip() or delimiter


def outcome(path, format_, *, is_plain, missing=MISSING_MARKERS, required=(), keys=None):
    """All that reading a file leads to, numbers as their bits; or the lines of its error."""
    real = plain_blocks.plain_block if is_plain else lambda *_: None
    try:
        with patch.object(text_files, "plain_block", real):
            reader = TextFile(path, format_)
            rows = [
                (line, *map(str.strip, cells))
                for chunk in reader.chunks()
                for line, *cells in zip(chunk.lines.tolist(), *chunk.columns, strict=True)
            ]
            parsers = Parsers(missing, format_.decimal, keys or {})
            encoded = read_columns(
                [("t", reader)], reader.names, {}, parsers, required=required and reader.names[:1]
            )
    except DataError as error:
        return lines_of(error, path.parent)
    bits = np.asarray(encoded.cells) + 0.0
    bits = np.where(np.isnan(bits), np.nan, bits).view(np.uint64).tolist()  # one nan for all
    lines = [each.tolist() for each in encoded.lines]
    return rows, bits, encoded.vocabularies, encoded.markers, lines


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    """So that even a small table is of several chunks, and a line of several pieces."""
    monkeypatch.setattr(text_files, "CHUNK_CELLS", 12)
    monkeypatch.setattr(line_blocks, "READ_SIZE", 7)
    monkeypatch.setattr(line_blocks, "BLOCK_SIZE", 40)
    monkeypatch.setattr(plain_numbers, "CELLS_AT_ONCE", 6)


def same(path, content, *, decimal=".", delimiter=None, **options):
    """The outcome of a text, which is the same with and without NumPy's reader."""
    path = Path(path) / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    format_ = TextFormat(delimiter, decimal=decimal, header=True)
    plain, csv = (
        outcome(path, format_, is_plain=is_plain, **options) for is_plain in (True, False)
    )
    assert plain == csv
    return plain


@given(texts(), st.sampled_from([".", ","]))
@quick(200)
def test_what_is_read_is_the_same(tmp_path_factory, table, decimal):
    text, delimiter = table
    assume(delimiter != decimal)
    same(tmp_path_factory.getbasetemp(), text, decimal=decimal, delimiter=delimiter)


@given(texts(PLAIN))
@example(("c0,c1\n0.1,1e22\n,9007199254740993\n", ","))
@quick(100)
def test_plain_numbers_have_the_same_bits(tmp_path_factory, table):
    same(tmp_path_factory.getbasetemp(), table[0], delimiter=table[1])


@given(texts(), st.sampled_from([("", "NA"), ("NA",), ("nan", "-", ""), ("0", "-999.0", "inf")]))
@quick(100)
def test_missing_markers_mean_the_same(tmp_path_factory, table, missing):
    folder = tmp_path_factory.getbasetemp()
    same(folder, table[0], delimiter=table[1], missing=missing, required=True)


@given(texts(), st.sampled_from([{"suffix": "%"}, {"decimal": ","}, {"thousands": "."}]))
@quick(75)
def test_columns_with_keys_are_read_the_same(tmp_path_factory, table, keys):
    folder, named = tmp_path_factory.getbasetemp(), {"c0": ColumnKeys(**keys)}
    same(folder, table[0], delimiter=table[1], keys=named)


@given(texts(), st.binary(min_size=1, max_size=2), st.integers(0, 80))
@quick(75)
def test_bytes_that_are_no_text_are_refused_the_same(tmp_path_factory, table, noise, place):
    content = table[0].encode()
    folder = tmp_path_factory.getbasetemp()
    same(folder, content[:place] + noise + content[place:], delimiter=table[1])


@pytest.mark.parametrize("gap", [False, True])
def test_reading_holds_less_than_twice_the_table(tmp_path, monkeypatch, gap):
    """Also where a column in the middle is left out."""
    monkeypatch.undo()
    numbers = np.random.default_rng(0).integers(1000, size=(20_000, 40))
    numbers[:, 7] *= not gap  # constant
    lines = [",".join([*(f"x{j}" for j in range(40)), "y"])]
    lines += [",".join([*map(str, row), "ab"[row[0] % 2]]) for row in numbers.tolist()]
    source(tmp_path, "\n".join(lines[:100])).load()  # what is imported on the way isn't the table's
    table = source(tmp_path, "\n".join(lines))
    del lines
    tracemalloc.start()
    loaded = table.load()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert loaded.x.shape[1] == 40 - gap
    assert most < 2 * numbers.nbytes
