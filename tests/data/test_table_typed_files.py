"""Tables whose file says what each column holds: .npz, .parquet and .feather."""

import datetime
import io
import sys
from decimal import Decimal

import numpy as np
import pytest
from table_files import cells, labels, read, refusal, write

from nncli.data.reading import typed_files
from nncli.data.reading.table_formats import open_table
from nncli.data.reading.text_format import TextFormat
from nncli.errors import DataError

ROWS = 60
X = np.random.default_rng(0).normal(size=ROWS)
Y = np.array(["a", "b"] * (ROWS // 2))


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


# ---- .npz


def test_arrays_are_columns(tmp_path):
    m = np.arange(3 * ROWS).reshape(ROWS, 3) % 17
    content = npz(x=X, m=m, t=np.array(["p", " q ", "nan"] * 20), b=X > 0, y=Y)
    table = read(tmp_path, content, name="t.npz")
    assert table.features == ("x", "m_1", "m_2", "m_3", "t", "b")
    np.testing.assert_array_equal(table.x[:, 0], X)
    np.testing.assert_array_equal(table.x[:, 1:4], m)
    assert cells(table, "t")[:3] == ["p", "q", None]
    assert table.booleans == {"b"}
    assert labels(table) == Y.tolist()
    assert table.place(4) == f"{tmp_path}/t.npz:row 5"


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", ">i8", "u1", "g", "?"])
def test_arrays_of_any_number_are_read(tmp_path, dtype):
    x = (np.arange(ROWS) % 7).astype(dtype)
    table = read(tmp_path, npz(x=x, z=X, y=Y), name="t.npz")
    np.testing.assert_array_equal(table.x[:, 0], x.astype(float))


def test_nan_is_missing_and_so_is_a_number_that_means_it(tmp_path):
    x = X.copy()
    x[[3, 5]] = np.nan, -999
    table = read(tmp_path, npz(x=x, y=Y), name="t.npz", missing=("-999",))
    assert [row for row, cell in enumerate(cells(table, "x")) if cell is None] == [3, 5]


def test_numbers_can_be_categories(tmp_path):
    content = npz(x=X, code=np.array([1, 2.5, np.nan] * 20), y=Y)
    table = read(tmp_path, content, name="t.npz", kinds={"code": "categorical"})
    assert cells(table, "code")[:3] == ["1", "2.5", None]


def test_chunks_of_any_size_give_the_same_arrays(tmp_path, monkeypatch):
    monkeypatch.setattr(typed_files, "ROWS_A_CHUNK", 7)
    table = read(tmp_path, npz(x=X, y=Y), name="t.npz")
    np.testing.assert_array_equal(table.x[:, 0], X)
    assert labels(table) == Y.tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"y": np.array(["a", None], object)},
            "y: expected numbers or text, found Python objects",
        ),
        ({"x": X[:5], "y": Y}, "expected arrays of as many rows, found x 5, y 60"),
        (
            {"x": X.reshape(5, 3, 2, 1, 2), "y": Y},
            "x: expected 1 to 4 dimensions, found an array of shape (5, 3, 2, 1, 2)",
        ),
        ({"s": np.array(3.0), "y": Y}, "s: expected 1 to 4 dimensions, found an array of shape ()"),
        ({}, "expected arrays of as many rows, found none"),
        ({"x": np.zeros((ROWS, 2)), "x_1": X}, "several columns are called 'x_1'"),
        ({"x": X[:0], "y": Y[:0]}, "no rows"),
        ({"x": X, "y": Y.astype("S")}, "y: expected numbers or text, found |S1"),
        ({"x": X * 1j, "y": Y}, "x: expected numbers or text, found complex128"),
        (
            {"d": np.array(["2026-01-01"] * ROWS, "M8[D]"), "y": Y},
            "d: expected numbers or text, found datetime64[D]",
        ),
    ],
    ids=["objects", "lengths", "5-D", "0-D", "none", "names", "empty", "bytes", "complex", "dates"],
)
def test_arrays_that_make_no_table_are_refused(tmp_path, arrays, message):
    assert refusal(tmp_path, npz(**arrays), name="t.npz") == [f"t.npz: {message}"]


def test_nothing_is_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    content = npz(x=np.array([Bomb()], object))
    assert "Python objects" in refusal(tmp_path, content, name="t.npz")[0]


@pytest.mark.parametrize(
    "content", [b"", b"hello", npz(x=X, y=Y)[:-40], b"\x93NUMPY\x01\x00"], ids=range(4)
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    assert refusal(tmp_path, content, name="t.npz") == ["t.npz: not an .npz archive"]


def test_an_infinity_in_an_array_is_placed(tmp_path):
    x = X.copy()
    x[4] = np.inf
    (found,) = refusal(tmp_path, npz(x=x, y=Y), name="t.npz")
    assert found.startswith("t.npz:row 5: column 'x': expected a finite number, found 'inf'")


def test_a_row_without_target_is_placed(tmp_path):
    y = np.where(np.arange(ROWS) == 2, np.nan, X)
    (found,) = refusal(tmp_path, npz(x=X, y=y), name="t.npz")
    assert found.startswith("t.npz:row 3: column 'y': the target is missing")


# ---- .parquet and .feather


@pytest.fixture
def pyarrow():
    return pytest.importorskip("pyarrow")


@pytest.fixture(params=["parquet", "feather"])
def write_arrow(request, pyarrow, tmp_path):
    """write_arrow({name: values}): the name of a file in `tmp_path`."""

    def make(columns):
        table = columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns)
        path = tmp_path / f"t.{request.param}"
        if request.param == "parquet":
            from pyarrow.parquet import write_table

            write_table(table, path, row_group_size=25)
        else:
            with pyarrow.ipc.new_file(path, table.schema) as writer:
                writer.write_table(table, max_chunksize=25)
        return path.name

    return make


@pytest.fixture
def read_arrow(write_arrow, tmp_path):
    def make(columns, **options):
        name = write_arrow({"x": X, **columns, "y": Y})
        return read(tmp_path, (tmp_path / name).read_bytes(), name=name, **options)

    return make


def test_arrow_columns_are_read(read_arrow, pyarrow, tmp_path):
    table = read_arrow(
        {
            "n": [None if i % 9 == 0 else i / 4 for i in range(ROWS)],
            "i": pyarrow.array([i % 7 for i in range(ROWS)], pyarrow.int8()),
            "b": [True, False, None] * 20,
            "t": ["p", " q ", None] * 20,
            "d": pyarrow.array(["r", "s", None] * 20).dictionary_encode(),
            "e": [Decimal("1.5"), None, Decimal("2.25")] * 20,
            "na": ["nan", "u", "v"] * 20,
        }
    )
    np.testing.assert_array_equal(table.x[:, 0], X)
    assert cells(table, "n")[:3] == [None, 0.25, 0.5]
    assert cells(table, "i")[:8] == [0, 1, 2, 3, 4, 5, 6, 0]
    assert cells(table, "b")[:3] == [1, 0, None]
    assert cells(table, "t")[:3] == ["p", "q", None]
    assert cells(table, "d")[:3] == ["r", "s", None]
    assert cells(table, "e")[:3] == [1.5, None, 2.25]
    assert cells(table, "na")[:3] == [None, "u", "v"]
    assert table.booleans == {"b"}
    assert labels(table) == Y.tolist()
    assert table.place(30).removeprefix(f"{tmp_path}/").partition(":")[2] == "row 31"


def test_dates_are_texts_that_a_time_split_understands(read_arrow, pyarrow):
    day = datetime.date(2026, 1, 1)
    nanoseconds = [1_767_225_600_000_000_000 + i * 1001 for i in range(ROWS)]
    table = read_arrow(
        {
            "date": [day + datetime.timedelta(i) for i in range(ROWS)],
            "utc": pyarrow.array(range(ROWS), pyarrow.timestamp("ms", "UTC")),
            "nano": pyarrow.array(nanoseconds, pyarrow.timestamp("ns")),
        },
        aside=dict.fromkeys(("date", "utc", "nano"), "data.split.column"),
    )
    assert cells(table, "date")[1] == "2026-01-02"
    assert datetime.datetime.fromisoformat(cells(table, "utc")[7]).timestamp() == 0.007
    assert cells(table, "nano")[1] == "2026-01-01 00:00:00.000001001"


def test_whole_numbers_too_large_for_a_float_are_text_unless_told_to_be_numbers(
    read_arrow, pyarrow
):
    large = pyarrow.array([2**63 + i for i in range(ROWS)], pyarrow.uint64())
    table = read_arrow({"large": large}, include=("large",))
    assert cells(table, "large")[3] == str(2**63 + 3)
    told = read_arrow({"large": large}, kinds={"large": "numeric"})
    assert cells(told, "large")[3] == 2.0**63


def test_other_arrow_types_are_texts(read_arrow, pyarrow):
    table = read_arrow({"u": [[1, 2], [3]] * 30, "v": pyarrow.array([b"a", b"b"] * 30)})
    assert cells(table, "u")[:2] == ["[1, 2]", "[3]"]
    assert cells(table, "v")[:2] == ["b'a'", "b'b'"]


def test_equal_names_in_arrow_are_refused(write_arrow, pyarrow, tmp_path):
    name = write_arrow(pyarrow.Table.from_arrays([pyarrow.array(X)] * 2, names=["x", "x"]))
    with pytest.raises(DataError, match="several columns are called 'x'"):
        open_table(tmp_path / name, TextFormat())


def test_arrow_tables_without_rows_are_refused(write_arrow, tmp_path):
    name = write_arrow({"x": X[:0], "y": Y[:0]})
    assert refusal(tmp_path, (tmp_path / name).read_bytes(), name=name) == [f"{name}: no rows"]


def test_arrow_columns_of_nulls_are_refused(write_arrow, pyarrow, tmp_path):
    name = write_arrow({"x": X, "u": pyarrow.nulls(ROWS), "y": Y})
    assert refusal(tmp_path, (tmp_path / name).read_bytes(), name=name) == [
        f"{name}: column 'u' has no values at all: leave it out"
    ]


def test_dates_that_no_calendar_has_are_refused(write_arrow, pyarrow, tmp_path):
    name = write_arrow({"x": X, "day": pyarrow.array([2**31 - 1] * ROWS, pyarrow.date32()), "y": Y})
    (found,) = refusal(tmp_path, (tmp_path / name).read_bytes(), name=name)
    assert found.startswith(f"{name}: can't be read: days=2147483647")


def test_name_that_is_not_utf_8_is_refused(write_arrow, tmp_path):
    name = write_arrow({"x": X, "letters": X, "y": Y})
    content = (tmp_path / name).read_bytes().replace(b"letters", b"letter\xf4")
    (found,) = refusal(tmp_path, content, name=name)
    assert found.startswith(f"{name}: can't be read: 'utf-8' codec can't decode")


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 1000])
def test_what_is_no_arrow_file_is_refused(tmp_path, pyarrow, name, content):
    (found,) = refusal(tmp_path, content, name=name)
    assert found.startswith(f"{name}: can't be read: ")


def test_the_number_of_arrow_cells_is_known(write_arrow, tmp_path):
    name = write_arrow({"x": np.tile(X, 100), "y": np.tile(Y, 100)})
    count = open_table(tmp_path / name, TextFormat()).count_cells()
    assert count == 12_000 or (name.endswith(".feather") and 12_000 < count < 48_000)


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_without_pyarrow_the_message_says_what_to_install(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = write(tmp_path, b"", name)
    with pytest.raises(DataError) as caught:
        open_table(path, TextFormat())
    assert str(caught.value) == (
        f"{path}: reading it needs pyarrow: pip install 'nncli-yaml[parquet]'"
    )


def test_pandas_writes_what_is_read(tmp_path, pyarrow):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": X, "c": pandas.Categorical(["p", "q", None] * 20), "y": Y})
    frame.index = list(range(7, 7 + ROWS))
    frame.to_parquet(tmp_path / "p.parquet")
    frame.reset_index().to_feather(tmp_path / "p.feather")
    for name, index in (("p.parquet", "__index_level_0__"), ("p.feather", "index")):
        table = read(tmp_path, (tmp_path / name).read_bytes(), name=name)
        assert table.features == ("x", "c")
        assert dict(table.origin.left_out) == {
            index: "row labels of the program that wrote the file"
            if index.startswith("__")
            else "id-like: a different whole number in every row"
        }
        assert cells(table, "c")[:3] == ["p", "q", None]
