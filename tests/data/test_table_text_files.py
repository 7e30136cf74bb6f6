"""Text tables: delimiters, quotes, lines, headers, encodings; what can't be read, and where."""

import gzip
import os

import numpy as np
import pytest
from table_files import PLAIN, ROWS, cells, columns, labels, lines, read, refusal, write

from nncli.data.reading import text_files, text_lines
from nncli.data.reading.delimiters import sniff_delimiter
from nncli.data.reading.headers import is_header
from nncli.data.reading.text_files import TextFile
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.errors import DataError, TableError
from nncli.untrusted_files import opening

OTHERS = (
    "name its encoding with data.encoding (cp1252 Western European, cp1250 Central European, "
    "cp1251 Cyrillic, gb18030 Chinese, cp932 Japanese ...)"
)


def same_as_plain(table):
    """Whether a table holds what PLAIN does."""
    return (
        table.features == ("x", "z")
        and cells(table, "x") == [i % 7 + 0.5 for i in range(30)]
        and cells(table, "z") == [i % 3 for i in range(30)]
        and labels(table) == ["ab"[i % 2] for i in range(30)]
    )


# ---- how tables are written


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", "|"),
        lambda text: text.replace(",", ", "),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.removesuffix("\n"),
        lambda text: "\ufeff" + text,
        lambda text: '\ufeff"x"' + text[1:],
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n\n" + text + "\n\n",
        lambda text: text.replace("\n", "\n   \n"),
        lambda text: "".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.split()
        ),
    ],
    ids=[
        "comma", "semicolon", "tab", "pipe", "space after", "space around", "CRLF", "CR",
        "no end", "BOM", "BOM and quote", "blank lines", "blank first and last", "lines of spaces",
        "all quoted",
    ],
)  # fmt: skip
def test_the_same_table_is_read_however_it_is_written(tmp_path, change):
    assert same_as_plain(read(tmp_path, change(PLAIN)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", ":", "é", "a"])
def test_delimiter_can_be_told(tmp_path, delimiter):
    text = columns(x=[1, 2.5], z=["p", "q"], y=["c", "d"]).replace(",", delimiter)
    table = read(tmp_path, text, format=TextFormat(delimiter))
    assert cells(table, "x") == [1, 2.5] * 15
    assert cells(table, "z") == ["p", "q"] * 15


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r"])
def test_quotes_and_line_breaks_are_no_delimiters(tmp_path, delimiter):
    with pytest.raises(DataError, match="a quote or a line break is no delimiter"):
        read(tmp_path, PLAIN, format=TextFormat(delimiter))


def test_runs_of_spaces_are_one_delimiter(tmp_path):
    assert same_as_plain(read(tmp_path, PLAIN.replace(",", "   "), format=TextFormat(" ")))


def test_tsv_is_cut_at_tabs_whatever_else_is_in_it(tmp_path):
    text = columns(x=["1,5", "2,5"], y=["a;b;c", "d"]).replace(",", "\t").replace("\t5", ",5")
    table = read(tmp_path, text, name="t.tsv", format=TextFormat(decimal=","))
    assert cells(table, "x") == [1.5, 2.5] * 15
    assert table.classes == ("a;b;c", "d")


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_delimiters_inside_quotes_do_not_count(tmp_path, delimiter):
    rows = [f'{i}.5{delimiter}"a,b;c|d\te{i % 2}"{delimiter}{"ab"[i % 2]}\n' for i in range(30)]
    table = read(tmp_path, delimiter.join("xty") + "\n" + "".join(rows))
    assert set(cells(table, "t")) == {"a,b;c|d\te0", "a,b;c|d\te1"}


def test_a_quote_after_a_space_is_a_quote(tmp_path):
    table = read(tmp_path, columns(x=[1, 2], t=[' "a, b"', ' "c"'], y=["a", "b"]))
    assert cells(table, "t") == ["a, b", "c"] * 15


def test_quoted_cells_keep_quotes_and_line_breaks(tmp_path):
    cell = '"she said ""no"",\r\nand\nleft"'
    table = read(tmp_path, columns(t=[cell, "other"], y=["a", "b"]))
    assert cells(table, "t")[0] == 'she said "no",\r\nand\nleft'


def test_a_quote_inside_an_unquoted_cell_is_a_letter(tmp_path):
    assert cells(read(tmp_path, columns(t=['5" disk', "6"], y=["a", "b"])), "t")[0] == '5" disk'


def test_spaces_around_cells_and_names_are_no_part_of_them(tmp_path):
    text = columns(**{" x ": [" 1 "], " t": [" p ", "q"], "y ": ["a ", " b"]})
    table = read(tmp_path, text, include=("x", "t"))
    assert cells(table, "t") == ["p", "q"] * 15
    assert table.classes == ("a", "b")


def test_a_line_break_in_a_name_is_a_space(tmp_path):
    text = columns(x=[1, 2], y=["a", "b"]).replace("x", '"sales\n(EUR)"', 1)
    assert read(tmp_path, text).features == ("sales (EUR)",)


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3\n", ";"),
        ("a\tb\n1,5\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a\n1\n2\n", ","),
        ("", ","),
        ("a;b\n1;2\n3;4\n5;6\n7;8\n9\n", ";"),  # one ragged row changes nothing
        ('a, "b;c", d\n1, "x,y;z", 3\n', ","),
        ("a;b,c\n1;2\n3;4\n", ";"),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_rows_alike(tmp_path, sample, delimiter):
    assert sniff_delimiter(sample.splitlines(keepends=True)).delimiter == delimiter


def test_the_decimal_sign_is_no_delimiter(tmp_path):
    assert sniff_delimiter(["1,5\n", "2,5\n"], ",").delimiter != ","


# ---- headers


@pytest.mark.parametrize(
    ("first", "below", "expected"),
    [
        (["x", "y"], [["1", "2"]], True),
        (["x", "y"], [["p", "q"]], True),
        (["1", "2"], [["3", "4"]], False),
        (["0", "1", "2"], [["5", "6", "7"]], True),  # as pandas writes unnamed columns
        (["1", "2", "3"], [["5", "6", "7"]], True),
        (["", "0", "1", "2"], [["0", "5", "6", "7"]], True),  # and its index
        (["0", "1"], [["1", "0"]], False),  # as likely a row
        (["1", "0", "2"], [["5", "6", "7"]], False),
        (["age", "2019", "2020"], [["31", "5", "6"]], True),  # numbers under a text
        (["age", "2019"], [["NA", "5"], ["31", "6"]], True),
        (["name", "2019"], [["Ann", "5"]], False),  # can't be told from a row
        (["?", "1"], [["5", "2"], ["6", "3"]], False),  # a missing cell is no name
        (["NA", "1", "a"], [["5", "2", "b"]], False),
        (["", "1"], [["5", "2"]], False),
        (["1"], [["2"]], False),
        (["x"], [["2"]], True),
        (["x", "1"], [], False),
    ],
)
def test_whether_a_first_row_names_the_columns(first, below, expected):
    assert is_header(first, below) is expected


def test_columns_without_a_header_are_numbered(tmp_path):
    table = read(tmp_path, ROWS, target="column_3")
    assert table.features == ("column_1", "column_2")
    assert len(table) == 30


def test_a_header_can_be_told_and_denied(tmp_path):
    text = "name,2019\n" + "".join(f"{'ab'[i % 2]},{i % 5}\n" for i in range(30))
    assert len(read(tmp_path, text, target="name", format=TextFormat(header=True))) == 30
    text = columns(x=["p", "q"], y=["a", "b"])
    denied = read(tmp_path, text, target="column_2", format=TextFormat(header=False))
    assert cells(denied, "column_1") == ["x", *["p", "q"] * 15]
    assert denied.classes == ("a", "b", "y")


def test_a_header_that_counts_the_columns_names_them(tmp_path):
    assert read(tmp_path, "0,1,2\n" + ROWS, target="2").features == ("0", "1")
    rows = "".join(f"{index},{row}\n" for index, row in enumerate(ROWS.split()))
    table = read(tmp_path, ",0,1,2\n" + rows, target="2")
    assert table.features == ("0", "1")
    assert table.origin.left_out["column_1"].startswith("row labels")


def test_columns_without_a_name_are_numbered(tmp_path):
    assert read(tmp_path, PLAIN.replace("x,", ",", 1)).features == ("column_1", "z")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("x,x,y", "table.csv:1: several columns are called 'x'"),
        ("x,y,x,y,z", "table.csv:1: several columns are called 'x', 'y'"),
        ("column_2,,y", "table.csv:1: several columns are called 'column_2'"),
        ("x, x ,y", "table.csv:1: several columns are called 'x'"),
        ("\n\nx,x,y", "table.csv:3: several columns are called 'x'"),
    ],
)
def test_equal_names_are_refused(tmp_path, header, message):
    hint = " (if the first row isn't a header: data.header: false)"
    assert refusal(tmp_path, f"{header}\n") == [message + hint]
    assert refusal(tmp_path, f"{header}\n", format=TextFormat(header=True)) == [message]


def test_names_may_differ_in_case_only(tmp_path):
    table = read(tmp_path, columns("x", "X", "y", x=[1, 2], X=[3, 4], y=["a", "b"]))
    assert table.features == ("x", "X")


# ---- rows that can't be


def test_ragged_rows_are_all_named(tmp_path):
    expected = "expected 3 cells, as in the first row"
    assert refusal(tmp_path, PLAIN + "1,2\n1,2,a,4\n1,2,a\n1\n") == [
        f"table.csv:32: {expected}, found 2",
        f"table.csv:33: {expected}, found 4",
        f"table.csv:35: {expected}, found 1",
    ]


def test_many_ragged_rows_are_counted(tmp_path):
    found = refusal(tmp_path, PLAIN + "1,2\n" * 100)
    assert len(found) == TableError.MAX_SHOWN + 1
    assert found[-1] == "and 80 more"


def test_a_delimiter_at_the_end_of_the_rows_alone_is_ragged(tmp_path):
    found = refusal(tmp_path, "x,z,y\n" + ROWS.replace("\n", ",\n"))
    assert found[0] == "table.csv:2: expected 3 cells, as in the first row, found 4"


def test_a_delimiter_at_the_end_of_every_line_makes_an_empty_column(tmp_path):
    text = PLAIN.replace("\n", ",\n")
    assert refusal(tmp_path, text) == [
        "table.csv: column 'column_4' has no values at all: leave it out"
    ]
    assert same_as_plain(read(tmp_path, text, exclude=("column_4",)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN + '1,"2,a\n1,2,a\n', "table.csv:32: a quote is opened in this row and never closed"),
        ('"x,z,y\n1,2,a\n', "table.csv:1: a quote is opened in this row and never closed"),
        (
            PLAIN + '1,"2"3,a\n',
            "table.csv:32: text follows a closing quote: a quote inside a quoted cell is written "
            "twice",
        ),
        (
            PLAIN + '1,"' + "word\n" * 30_000,
            "table.csv:32: a cell of more than 131,072 characters: is a quote never closed?",
        ),
    ],
    ids=["never closed", "in the header", "text after", "very long"],
)
def test_misplaced_quotes_are_named_with_the_line_they_begin_on(tmp_path, text, message):
    assert refusal(tmp_path, text) == [message]


def test_a_long_row_at_the_end_of_the_first_glance_is_no_open_quote(tmp_path):
    text = columns(t=['"' + "word word\n" * 73 + 'end"', "other"], y=["a", "b"], rows=800)
    assert len(text) > 4 * text_lines.SAMPLE_BYTES
    assert len(read(tmp_path, text)) == 800


def test_lines_are_counted_through_line_breaks_in_cells_and_blank_lines(tmp_path):
    text = 'x,y\n1,a\n\n"2",b\n3,"a\r\nb\nc\rd"\n\n\n4,a\n5,b\n'
    assert lines(read(tmp_path, text)) == [2, 4, 5, 11, 12]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_however_they_end(tmp_path, end):
    assert lines(read(tmp_path, 'x,y\n1,a\n2,"b\nc"\n\n3,a\n'.replace("\n", end))) == [2, 3, 6]


@pytest.mark.parametrize("cells_a_chunk", [1, 7, 100])
def test_chunks_of_any_size_give_the_same_table(tmp_path, monkeypatch, cells_a_chunk):
    text = PLAIN.replace("\n", "\n\n", 3) + '1,2,"a\n"\n1,2,a\n'
    expected = read(tmp_path, text)
    monkeypatch.setattr(text_files, "CHUNK_CELLS", cells_a_chunk)
    table = read(tmp_path, text)
    np.testing.assert_array_equal(table.x, expected.x)
    assert labels(table) == labels(expected)
    assert lines(table) == lines(expected)


# ---- files that can't be


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n\n", "  \n \n"])
def test_an_empty_file_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == ["table.csv: the file is empty"]


@pytest.mark.parametrize("content", ["x,z,y\n", "x,z,y", "x,z,y\n\n\n"])
def test_a_header_alone_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == ["table.csv: no rows under the header"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (PLAIN.replace("x", "größe", 1), 1),
        (PLAIN + "1,2,é\n", 32),
        (PLAIN * 1 + "1,2,a\n" * 40_000 + "1,2,é\n", 40_032),
        ('x,y\n1,"a\nb"\n2,né\n', 4),
    ],
    ids=["header", "row", "far down", "after a line break in a cell"],
)
def test_other_encodings_are_refused_with_line_and_byte(tmp_path, content, line):
    byte = "0xf6" if line == 1 else "0xe9"
    expected = f"table.csv:{line}: byte {byte} is not UTF-8: save the file as UTF-8, or "
    expected += "say data.encoding: cp1252" if line in (1, 4) else OTHERS
    assert refusal(tmp_path, content.encode("latin-1")) == [expected]
    if line == 1:
        assert refusal(tmp_path, content.encode("latin-1"), target="größe") == [expected]


def test_a_letter_that_is_cut_off_is_refused(tmp_path):
    assert refusal(tmp_path, PLAIN.encode() + b"1,2,\xc3") == [
        f"table.csv:32: byte 0xc3 is not UTF-8: save the file as UTF-8, or {OTHERS}"
    ]


@pytest.mark.parametrize("content", [gzip.compress(PLAIN.encode()), b"x,y\n1,\0\n"])
def test_binary_files_are_refused(tmp_path, content):
    assert refusal(tmp_path, content) == ["table.csv: a binary file, not a table of text"]


def test_letters_of_all_alphabets_are_read(tmp_path):
    text = columns(größe=[1, 2], 地点=["東京", "Zürich"], y=["да", "нет"])
    table = read(tmp_path, text)
    assert cells(table, "地点")[:2] == ["東京", "Zürich"]
    assert table.classes == ("да", "нет")


def test_control_characters_do_not_reach_the_terminal(tmp_path):
    text = columns(x=[1, 2, 3], y=["a", "b"], rows=30_000) + "\x1b[31m\0red,a\n"
    (found,) = refusal(tmp_path, text)
    assert "found '\\x1b[31m\\x00red'" in found


def test_gzip_is_read(tmp_path):
    assert same_as_plain(read(tmp_path, gzip.compress(PLAIN.encode()), name="t.csv.gz"))
    tabs = PLAIN.replace(",", "\t").encode()
    assert same_as_plain(read(tmp_path, gzip.compress(tabs), name="t.tsv.gz"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(PLAIN.encode())[:-12], "the gzip data ends too early"),
        (PLAIN.encode(), "not gzip data"),
        (gzip.compress(PLAIN.encode())[:-8] + b"12345678", "not gzip data"),
        (gzip.compress(PLAIN.encode())[:20] + b"\xff" * 50, "not gzip data"),
        (b"", "the file is empty"),
        (gzip.compress(b""), "the file is empty"),
    ],
    ids=["cut", "text", "checksum", "damaged", "empty", "empty inside"],
)
def test_gzip_that_cannot_be_unpacked_is_refused(tmp_path, content, message):
    assert refusal(tmp_path, content, name="t.csv.gz") == [f"t.csv.gz: {message}"]


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.csv.zip", "t.csv.bz2", "t.npz.gz", "t.gz"])
def test_other_formats_are_refused(tmp_path, name):
    (found,) = refusal(tmp_path, PLAIN, name=name)
    assert found.startswith(f"{name}: expected a file that ends in .csv, .tsv")


@pytest.mark.parametrize("name", ["t.CSV", "t.Tsv", "t.txt", "a.b.csv", "a b.csv"])
def test_suffixes_are_read_in_any_case(tmp_path, name):
    text = PLAIN.replace(",", "\t") if name == "t.Tsv" else PLAIN
    assert same_as_plain(read(tmp_path, text, name=name))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".npz", ".parquet", ".feather"])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "expected a file, found a folder"),
        (os.mkfifo, "expected a file, found a named pipe"),
        (lambda path: path.symlink_to(path), "can't be read: Too many levels of symbolic links"),
        (lambda path: path.parent.rmdir(), "no such file"),
    ],
    ids=["missing", "folder", "pipe", "link to itself", "folder missing"],
)
def test_what_is_no_file_is_refused_without_waiting(tmp_path, suffix, make, message):
    if suffix in (".parquet", ".feather"):
        pytest.importorskip("pyarrow")
    folder = tmp_path / "inside"
    folder.mkdir()
    path = folder / f"table{suffix}"
    make(path)
    from nncli.data.reading.table_formats import open_table

    with pytest.raises(DataError) as caught:
        open_table(path, TextFormat())
    assert str(caught.value) == f"{path}: {message}"


def test_a_name_too_long_is_refused(tmp_path):
    with pytest.raises(DataError, match="can't be read: File name too long"):
        TextFile(tmp_path / ("a" * 300 + ".csv"))


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path, PLAIN)

    def refuse(*arguments, **keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "_without_waiting", refuse)
    with pytest.raises(DataError, match="can't be read: Permission denied"):
        TextFile(path)


# ---- large tables


def test_very_wide_tables_are_read(tmp_path):
    width = 5000
    names = [f"a_rather_long_name_of_column_{i}" for i in range(width)]
    text = ",".join([*names, "y"]) + "\n"
    assert len(text) > text_lines.SAMPLE_BYTES
    for i in range(14):
        text += ",".join([*(str((i * j) % 13) for j in range(width)), "ab"[i % 2]]) + "\n"
    table = read(tmp_path, text)
    varying = [j for j in range(width) if j % 13]
    assert table.features == tuple(names[j] for j in varying)
    np.testing.assert_array_equal(table.x, np.outer(np.arange(14), varying) % 13)


def test_very_long_tables_are_read(tmp_path):
    rows = 200_000
    table = read(tmp_path, columns(x=range(997), y=["a", "b", "c"], rows=rows))
    np.testing.assert_array_equal(table.x[:, 0], np.arange(rows) % 997)
    np.testing.assert_array_equal(table.y, np.arange(rows) % 3)
    assert table.place(rows - 1).endswith(f":{rows + 1}")


def test_the_number_of_cells_is_guessed_from_the_first_rows(tmp_path):
    path = write(tmp_path, columns(x=[1.25, 2.5], z=[3.125], y=["a", "b"], rows=20_000))
    assert TextFile(path).count_cells() == pytest.approx(60_000, rel=0.05)
    wide = write(tmp_path, columns(**{f"c{i}": [i] for i in range(9000)}, rows=50))
    assert TextFile(wide).count_cells() == pytest.approx(450_000, rel=0.5)


def test_the_usual_signs_of_missing_are_the_written_ones():
    assert {"", "NA", "N/A", "NaN", "null", "?"} <= set(MISSING_MARKERS)
