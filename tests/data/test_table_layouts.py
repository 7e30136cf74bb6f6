"""Layouts of text tables: encodings, lines that aren't rows, cells parted by blanks."""

import unicodedata

import pytest
from table_files import PLAIN, ROWS, cells, columns, labels, lines, read, refusal, write

from nncli.data.reading.delimiters import sniff_delimiter
from nncli.data.reading.table_formats import open_table
from nncli.data.reading.text_format import TextFormat
from nncli.errors import LayoutFound

LETTERS = columns(größe=[1.5, 2, 3], ort=["Köln", "Łódź", "Århus"], y=["a", "b"])
WESTERN = LETTERS.replace("Łódź", "Besançon")
BLANKS = "".join(f"  {line.replace(',', '   ')}  \n" for line in ROWS.split())


def headless(text):
    return text.partition("\n")[2]


def keys_of(folder, content, name="table.csv", **keys):
    """The keys that would say how a file is laid out."""
    with pytest.raises(LayoutFound) as caught:
        for _ in open_table(write(folder, content, name), TextFormat(**keys)).chunks():
            pass
    assert caught.value.keys.items() <= vars(TextFormat(**{**keys, **caught.value.keys})).items()
    return caught.value.keys


# ---- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    for told in ("utf-8", "cp1252"):
        if encoding != told != "utf-8" and encoding == "utf-8":
            continue
        table = read(tmp_path, LETTERS.encode(encoding), format=TextFormat(encoding=told))
        assert table.features == ("größe", "ort")
        assert cells(table, "ort")[:3] == ["Köln", "Łódź", "Århus"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1250", "gb18030", "utf_8", "U8"])
def test_an_encoding_can_be_told(tmp_path, encoding, end):
    text = PLAIN.replace("x", "größe", 1).replace("\n", end)
    table = read(tmp_path, text.encode(encoding), format=TextFormat(encoding=encoding))
    assert table.features == ("größe", "z")
    assert lines(table) == [*range(2, 32)]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso-8859-15"])
def test_western_text_is_told_by_its_letters(tmp_path, encoding):
    assert keys_of(tmp_path, WESTERN.encode(encoding)) == {"encoding": "cp1252"}
    (found,) = refusal(tmp_path, WESTERN.encode(encoding))
    expected = "byte 0xf6 is not UTF-8: save the file as UTF-8, or say data.encoding: cp1252"
    assert found == f"table.csv:1: {expected}"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (columns(рост=[1, 2], город=["Москва", "Тула"], y=["да", "нет"]), "cp1251"),
        (columns(рост=[1, 2], y=["м", "ж"]), "cp1251"),
        (columns(x=[1, 2], ort=["Łódź", "Kraków"], y=["miał", "był"]), "cp1250"),
        (columns(größe=[1, 2], y=["grün", "weiß"]), "cp850"),
        (columns(größe=[1, 2], y=["grün", "café"]), "mac_roman"),
        (columns(身長=[1, 2], y=["男", "女"]), "cp932"),
        (columns(身高=[1, 2], y=["男", "女"]), "gb18030"),
        (columns(ύψος=[1, 2], y=["Λέσβος", "Χίος"]), "cp1253"),
    ],
)
def test_other_encodings_are_asked_for_and_not_guessed(tmp_path, text, encoding):
    (found,) = refusal(tmp_path, text.encode(encoding))
    assert "name its encoding with data.encoding (cp1252 Western European" in found
    assert len(read(tmp_path, text.encode(encoding), format=TextFormat(encoding=encoding))) == 30


def test_a_damaged_letter_among_others_is_to_be_mended(tmp_path):
    content = LETTERS.encode() + b"1.5,K\xf6ln,a\n"
    assert refusal(tmp_path, content) == [
        "table.csv:32: byte 0xf6 is not UTF-8: its other letters are UTF-8: mend this line"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_bytes_that_an_encoding_lacks_are_placed(tmp_path, end):
    content = (PLAIN * 3000).replace("\n", end).encode() + b"1,2,\x81"
    found = refusal(tmp_path, content, format=TextFormat(encoding="cp1252"))
    assert found == [
        f"table.csv:{31 * 3000 + 1}: byte 0x81 is not cp1252: say another data.encoding, or save "
        "the file as UTF-8"
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told_by_its_zeros(tmp_path, encoding):
    assert keys_of(tmp_path, PLAIN.encode(encoding)) == {"encoding": encoding}


def test_utf8_under_another_encoding_is_said(tmp_path):
    path = write(tmp_path, WESTERN)
    (note,) = open_table(path, TextFormat(encoding="cp1252")).notes
    assert note == f"{path}: looks like UTF-8: data.encoding: cp1252 garbles its letters"
    assert not open_table(write(tmp_path, PLAIN), TextFormat(encoding="cp1252")).notes


# ---- lines that aren't rows


@pytest.mark.parametrize("sign", ["#", "%", "//", "!"])
@pytest.mark.parametrize(
    "comments", ["{0} made by hand\n", "{0}\n\n{0} a, b, c, d\n", "{0}a,b,c\n{0}d\n", " {0} it's\n"]
)
def test_comments_before_a_table_name_the_key(tmp_path, sign, comments):
    content = comments.format(sign) + PLAIN
    assert keys_of(tmp_path, content) == {"comment": sign}
    (found,) = refusal(tmp_path, content)
    assert found == (
        f"table.csv:1: lines that begin with '{sign}' stand before the table: take them out, or "
        f'say data.comment: "{sign}"'
    )
    table = read(tmp_path, content, format=TextFormat(comment=sign))
    assert labels(table) == labels(read(tmp_path, PLAIN))
    first = 2 + comments.count("\n")
    assert lines(table) == [*range(first, first + 30)]


def test_comments_are_left_out_wherever_they_stand_and_lines_stay_true(tmp_path):
    content = '#"\nt,y\n"a\n# b",c\n# 1,2\n\nd,c\n  # 3\ne,d\n#'
    table = read(tmp_path, content, format=TextFormat(comment="#"))
    assert cells(table, "t") == ["a\n# b", "d", "e"]
    assert lines(table) == [3, 7, 9]


def test_comments_among_rows_name_the_key(tmp_path):
    content = PLAIN + "# the second run\n" + ROWS
    assert keys_of(tmp_path, content) == {"comment": "#"}
    (found,) = refusal(tmp_path, content)
    assert found.startswith("table.csv:32: a line that begins with '#' stands among the rows: ")


def test_a_header_behind_a_sign_is_a_header(tmp_path):
    assert read(tmp_path, "#" + PLAIN).features == ("#x", "z")
    content = "##format=1\n##source=me\n#" + PLAIN
    assert keys_of(tmp_path, content) == {"comment": "##"}
    assert read(tmp_path, content, format=TextFormat(comment="##")).features == ("#x", "z")
    (found,) = refusal(tmp_path, "# x z y\n" + headless(PLAIN).replace(",", " "))
    assert "the last one seems to name the columns (then take the sign away there)" in found


@pytest.mark.parametrize(
    ("titles", "count"),
    [
        ("A report\n", 1),
        ("A report\nof 2026\n\n", 3),
        ("A report, the first\n", 1),
        ("A report,,\n", 1),
        ("A report,,\n,,\n", 2),
        ('"A report\nof 2026",,\n', 2),
        ("\nA report\n", 2),
    ],
)
def test_titles_name_the_key(tmp_path, titles, count):
    content = titles + PLAIN
    assert keys_of(tmp_path, content) == {"skip_rows": count}
    assert f"data.skip_rows: {count}" in refusal(tmp_path, content)[0]
    table = read(tmp_path, content, format=TextFormat(skip_rows=count))
    assert labels(table) == labels(read(tmp_path, PLAIN))
    assert lines(table) == [*range(count + 2, count + 32)]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_titles_hide_no_delimiter(tmp_path, delimiter):
    content = "A report, the first of 2026\n" + PLAIN.replace(",", delimiter)
    assert keys_of(tmp_path, content) == {"skip_rows": 1}


def test_a_header_too_short_is_no_title(tmp_path):
    assert refusal(tmp_path, "x,z\n" + ROWS) == [
        "table.csv:1: this line has 2 cells and the next ones 3: it lacks the name of a column"
    ]
    (found,) = refusal(tmp_path, "x,z\n" + ROWS.replace(",", ",1,"))
    assert "if that is a title, take it out or say data.skip_rows: 1" in found


def test_rows_that_lack_cells_at_first_are_no_titles(tmp_path):
    text = "t,u,y\n" + "a,,c\nb,,d\n" * 3 + "a,b,c\n" * 9
    assert len(read(tmp_path, text)) == 15
    texts = "p,,\nq,r,s\np,t,u\n" * 9
    assert len(read(tmp_path, texts, target="p")) == 26


def test_rows_of_an_arff_file_are_found(tmp_path):
    head = "% of 1988\n@RELATION r\n\n@attribute x real\n@attribute y {a,b}\n@data\n"
    content = head + "1,a\n" * 5
    assert keys_of(tmp_path, content) == {"skip_rows": 6, "header": False}


def test_skipped_lines_may_be_all(tmp_path):
    assert refusal(tmp_path, PLAIN, format=TextFormat(skip_rows=99)) == [
        "table.csv: the file is empty"
    ]


# ---- Excel's separator line


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_line_is_honoured_and_said(tmp_path, line, end):
    path = write(tmp_path, (f"{line}\n" + PLAIN.replace(",", ";")).replace("\n", end))
    reader = open_table(path, TextFormat())
    assert reader.names == ("x", "z", "y")
    assert next(reader.chunks()).lines.tolist() == [*range(3, 33)]
    assert reader.notes == (f"{path}: its line sep=; says that ';' stands between cells",)


def test_a_separator_that_nobody_would_guess_is_honoured(tmp_path):
    table = read(tmp_path, "sep=^\n" + PLAIN.replace(",", "^"))
    assert table.features == ("x", "z")
    told = read(tmp_path, "sep=;\n" + PLAIN, format=TextFormat(","))
    assert told.features == ("x", "z")


# ---- blanks


@pytest.mark.parametrize(
    "content",
    [
        BLANKS,
        BLANKS.replace("   ", " "),
        "x z y\n" + BLANKS,
        "".join(f'{i}.5   {i % 3}  7\t"a b {i % 4}"\n' for i in range(30)),
        "".join(f"{i},5 {i % 3},25 {i % 2}\n" for i in range(30)),
        "".join(f"{i}.5\t{i % 3}{chr(9) * (1 + (i == 7))}{i % 2}\n" for i in range(30)),
        '"x" "z" "y"\n' + "".join(f'"{i + 1}" {i}.5 {i % 3} "{"ab"[i % 2]}"\n' for i in range(30)),
    ],
)
def test_cells_parted_by_blanks_name_the_key(tmp_path, content):
    assert keys_of(tmp_path, content) == {"delimiter": "whitespace"}
    (found,) = refusal(tmp_path, content, target="column_1")
    assert found.endswith("or say data.delimiter: whitespace")
    reader = open_table(write(tmp_path, content), TextFormat("whitespace"))
    (chunk,) = reader.chunks()
    assert len(chunk.columns) == (4 if '"' in content else 3)
    assert len(chunk.lines) == 30


def test_quoted_cells_keep_their_blanks(tmp_path):
    text = "t y\n" + '"a  b" c\n"d\t\te"   f\n' * 9
    table = read(tmp_path, text, format=TextFormat("whitespace"))
    assert cells(table, "t")[:2] == ["a  b", "d\t\te"]


@pytest.mark.parametrize(
    "text",
    [
        "full name,age\n" + "Ann Lee,30\nBob Ray,41\n" * 9,
        "full name\n" + "Ann Lee\nBob Ray\n" * 9,
        "when,x\n" + "2020-01-01 12:00,5\n" * 9,
        "phone\tname\n" + "030 12345\tAnn Lee\n" * 9,
        "text\n" + "good morning to you\nhello\n" * 9,
    ],
)
def test_texts_with_blanks_are_not_parted(tmp_path, text):
    assert open_table(write(tmp_path, text), TextFormat()).names == tuple(
        text.partition("\n")[0].replace("\t", ",").split(",")
    )


def test_row_labels_of_r_are_no_feature(tmp_path):
    text = '"x" "z" "y"\n' + "".join(f'"{i}" {i % 7} {i % 3} "{"ab"[i % 2]}"\n' for i in range(30))
    table = read(tmp_path, text, format=TextFormat("whitespace"))
    assert table.features == ("x", "z")
    assert table.origin.left_out["column_1"].startswith("row labels")


# ---- names


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("told", ["NFC", "NFD"])
def test_names_are_compared_as_nfc(tmp_path, form, told):
    from nncli.config.data_keys import Data
    from nncli.config.feature_keys import Features

    write(tmp_path, unicodedata.normalize(form, columns(größe=[1, 2], é=[5, 3], y=["a", "b"])))
    name = unicodedata.normalize(told, "größe")
    data = Data(
        path=tmp_path / "table.csv",
        target="y",
        features=Features(include=[name], exclude=[unicodedata.normalize(told, "é")]),
        columns={name: "numeric"},
    )
    assert data.source().load().features == ("größe",)


def test_names_that_look_the_same_are_refused(tmp_path):
    content = unicodedata.normalize("NFD", "é") + ",é,y\n1,2,a\n"
    assert refusal(tmp_path, content)[0].startswith("table.csv:1: several columns are called 'é'")


# ---- what is told by itself


def test_a_first_row_like_the_others_is_said(tmp_path):
    rows = "".join(f"{'xbf'[i % 3]},{'sy'[i % 2]},{'pe'[i % 5 % 2]}\n" for i in range(40))
    path = write(tmp_path, rows)
    (note,) = open_table(path, TextFormat()).notes
    assert note.endswith("taken for the columns' names: data.header: false if it is data")
    assert not open_table(path, TextFormat(header=True)).notes
    found = refusal(tmp_path, rows, target="class")[0]
    assert found.endswith("(the first row looks like the others: data.header: false if it is data)")


def test_the_first_lines_alike_decide_and_not_the_widest():
    sample = "a;b\n" + "1,5;2,5\n" * 9
    assert sniff_delimiter(sample.splitlines(keepends=True)).delimiter == ";"
    titled = "A report\n\n" + sample
    assert sniff_delimiter(titled.splitlines(keepends=True)).delimiter == ";"


def test_a_comment_at_the_end_hides_no_blanks(tmp_path):
    content = "x z y\n" + BLANKS + "# done\n"
    assert keys_of(tmp_path, content) == {"delimiter": "whitespace"}
    assert keys_of(tmp_path, content, delimiter="whitespace") == {"comment": "#"}
    empty = "%\n% of 1990\n%\n" + headless(PLAIN)
    assert "seems to name" not in refusal(tmp_path, empty)[0]
