"""A table written by others is read back as it was, in any dialect; no bytes break the reader."""

import csv
import gzip
import io
import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import cells, lines_of

from nncli.data.reading import text_files
from nncli.data.reading.parsers import Parsers
from nncli.data.reading.table_formats import open_table
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.data.reading.type_inference import read_columns
from nncli.errors import DataError
from nncli.parts.table import Table

COUNT = int(os.environ.get("NNCLI_EXAMPLES", "0"))  # more of them, at random, to look for trouble


def quick(count):
    return settings(max_examples=COUNT or count)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
# A letter in front, so that a text is never a number and never a sign of missing; no bare CR, which
# csv.writer leaves without quotes.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6
).map(lambda text: ("t" + text).strip())


@st.composite
def tables(draw):
    """Columns by name, each of numbers or of texts."""
    rows = draw(st.integers(1, 30))
    columns = {}
    for index in range(draw(st.integers(2, 6))):
        cell = draw(st.sampled_from([NUMBERS, TEXTS, NUMBERS | st.none(), TEXTS | st.none()]))
        columns[f"c{index}"] = draw(st.lists(cell, min_size=rows, max_size=rows))
    return columns


@st.composite
def dialects(draw):
    every = [csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL]
    quoting = draw(st.sampled_from(every))
    # csv.writer leaves a line break without quotes if it isn't its own
    ends = ["\n", "\r\n"] if quoting == csv.QUOTE_MINIMAL else ["\n", "\r\n", "\r"]
    return {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quoting": quoting,
        "lineterminator": draw(st.sampled_from(ends)),
    }


def write(columns, dialect, missing, start=""):
    """The bytes of a text table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([missing if cell is None else cell for cell in row])
    return (start + text.getvalue()).encode()


def read_back(path, columns):
    """Every column as `cells` gives it."""
    encoded = read_columns(
        [("table", open_table(path, TextFormat()))], list(columns), {}, Parsers()
    )
    nothing = np.zeros((len(encoded.cells), 1))
    table = Table(encoded.cells, nothing, tuple(columns), categories=dict(encoded.vocabularies))
    return {name: cells(table, name) for name in columns}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("round") / "table.csv"


@quick(80)
@given(
    columns=tables(), dialect=dialects(), missing=st.sampled_from(["", "NA", "?"]),
    start=st.sampled_from(["", "\ufeff"]), chunk=st.integers(1, 40),
)  # fmt: skip
def test_what_csv_writes_is_read_back(path, columns, dialect, missing, start, chunk):
    path.write_bytes(write(columns, dialect, missing, start))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "CHUNK_CELLS", chunk)
        found = read_back(path, columns)
    assert found == columns
    reader = TextFile(path)
    assert reader.delimiter == dialect["delimiter"]


@quick(30)
@given(columns=tables(), dialect=dialects())
def test_rows_stand_on_the_lines_they_begin_on(path, columns, dialect):
    path.write_bytes(write(columns, dialect, "NA"))
    start, expected = 2, []
    for row in zip(*columns.values(), strict=True):
        expected.append(start)
        breaks = "\n".join(str(cell) for cell in row).replace("\r\n", "\n").replace("\r", "\n")
        start += 1 + breaks.count("\n") - (len(row) - 1)
    found = [line for chunk in TextFile(path).chunks() for line in chunk.lines.tolist()]
    assert found == expected


@quick(40)
@given(
    columns=tables(), delimiter=st.sampled_from(",;\t|"), missing=st.sampled_from(["", "NA", "?"])
)
def test_pandas_reads_the_same(path, columns, delimiter, missing):
    pandas = pytest.importorskip("pandas")
    path.write_bytes(write(columns, {"delimiter": delimiter}, missing))
    frame = pandas.read_csv(
        path, sep=delimiter, na_values=list(MISSING_MARKERS), keep_default_na=False
    )
    found = read_back(path, columns)
    for name in columns:
        expected = frame[name].astype(object).tolist()
        assert len(found[name]) == len(expected)
        for mine, theirs in zip(found[name], expected, strict=True):
            if isinstance(theirs, str):
                theirs = theirs.strip()
            assert mine == theirs or (mine is None and math.isnan(theirs)), (name, mine, theirs)


def attempt(path):
    """Read a file whatever is in it; only a DataError of printable lines may come of that."""
    try:
        reader = open_table(path, TextFormat())
        read_columns([("table", reader)], list(reader.names), {}, Parsers())
    except DataError as error:
        return lines_of(error, path.parent)
    return []


PIECES = st.sampled_from(
    [b"a", b"1", b"-2.5", b"NA", b",", b";", b"\t", b"\n", b"\r\n", b"\r", b'"', b'""', b" ", b"\0",
     b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"inf", b"_", b"1,2\n", b'"a\nb"', b"x,y\n", b"\x1b[0m"]
)  # fmt: skip


@quick(150)
@given(pieces=st.lists(PIECES, max_size=40))
def test_no_text_breaks_the_reader(path, pieces):
    path.write_bytes(b"".join(pieces))
    attempt(path)


@quick(60)
@given(content=st.binary(max_size=300))
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".npz", ".parquet", ".feather"])
def test_no_bytes_break_the_reader(path, suffix, content):
    if suffix in (".parquet", ".feather"):
        pytest.importorskip("pyarrow")
    path = path.with_name(f"bytes{suffix}")
    path.write_bytes(content)
    attempt(path)


@quick(60)
@given(data=st.data())
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".npz", ".parquet", ".feather"])
def test_no_damage_breaks_the_reader(path, suffix, data):
    path = path.with_name(f"damaged{suffix}")
    content = bytearray(whole(suffix))
    start = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "replaced", "removed"]))
    piece = data.draw(st.binary(min_size=1, max_size=8))
    if kind == "cut":
        del content[start:]
    elif kind == "removed":
        del content[start : start + len(piece)]
    else:
        content[start : start + len(piece)] = piece
    path.write_bytes(bytes(content))
    attempt(path)


def whole(suffix):
    """The bytes of a small table that is in order."""
    numbers, texts = [1.5, 2.5, 3.5], ["p", "q", "r"]
    file = io.BytesIO()
    if suffix == ".npz":
        np.savez_compressed(file, x=np.array(numbers), t=np.array(texts))
    elif suffix in (".parquet", ".feather"):
        pyarrow = pytest.importorskip("pyarrow")
        frame = pyarrow.table({"x": numbers, "t": texts})
        if suffix == ".parquet":
            from pyarrow.parquet import write_table

            write_table(frame, file)
        else:
            with pyarrow.ipc.new_file(file, frame.schema) as writer:
                writer.write_table(frame)
    else:
        rows = "".join(f"{number},{text}\n" for number, text in zip(numbers, texts, strict=True))
        file.write(f"x,t\n{rows}".encode())
    content = file.getvalue()
    return gzip.compress(content, mtime=0) if suffix == ".csv.gz" else content
