"""Tables of the program Orange: three rows of header, or names with a prefix."""

import pytest
from table_files import cells, labels, lines, read, refusal, write

from nncli.data.reading.table_formats import open_table
from nncli.data.reading.text_format import TextFormat

ROWS = "".join(f"{i % 7}.5\t{i % 3}\tn{i}\t{i % 5}\t{i % 2}\n" for i in range(30))
NAMES = "x\tcode\tname\tw\ty\n"
THREE = NAMES + "continuous\tdiscrete\tstring\tc\td\n" + "\t\tmeta\tweight\tclass\n"
ONE = "C#x\tD#code\tmS#name\twC#w\tcD#y\n"


def are_read(table):
    return (
        table.features == ("x", "code")
        and cells(table, "x") == [i % 7 + 0.5 for i in range(30)]
        and cells(table, "code") == [str(i % 3) for i in range(30)]
        and labels(table) == [str(i % 2) for i in range(30)]
        and table.origin.left_out
        == {
            "name": "meta, as the file says",
            "w": "weights, as the file says: data.sample_weight",
        }
    )


@pytest.mark.parametrize(
    ("head", "height"),
    [
        (THREE, 3),
        (NAMES + "c\td\ts\tc\t0 1\n" + "\t\tm\tw\tclass\n", 3),
        (NAMES + "c\td\ts\tc\td\n" + "\t\tm\tw\tc a=b -dc\n", 3),
        (ONE, 1),
        (ONE.replace("C#x", "x"), 1),
    ],
)
def test_types_and_roles_are_those_of_the_header(tmp_path, head, height):
    table = read(tmp_path, head + ROWS, name="t.tab")
    assert are_read(table)
    assert lines(table) == [*range(height + 1, height + 31)]
    reader = open_table(tmp_path / "t.tab", TextFormat())
    assert reader.targets == ("y",)
    assert len(reader.notes) == 1


@pytest.mark.parametrize("head", [THREE.replace("\tc\td\n", "\tcontinuous\tdiscrete\n"), ONE])
def test_other_endings_may_have_such_a_header(tmp_path, head):
    assert are_read(read(tmp_path, (head + ROWS).replace("\t", ",")))


def test_a_row_of_roles_may_be_blank(tmp_path):
    text = "x\tz\ty\nc\tc\td\n{}" + "".join(f"{i}\t{i % 5}.5\t{i % 2}\n" for i in range(30))
    for roles in ("\t\t\n", "\n", ""):
        table = read(tmp_path, text.format(roles), name="t.tab", include=("x", "z"))
        assert table.features == ("x", "z")
        assert len(table) == 30


def test_what_is_asked_for_is_no_less_a_feature(tmp_path):
    table = read(tmp_path, THREE + ROWS, name="t.tab", include=("x", "w"))
    assert table.features == ("x", "w")


def test_later_lines_keep_their_number(tmp_path):
    found = refusal(tmp_path, THREE + ROWS + "one\t1\tn\t1\t1\n", name="t.tab")
    assert found[0].startswith("t.tab:34: column 'x': expected a number, found 'one'")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\nc,d\ne,f\n",
        "d,c\nd,c\nc,d\n",
        "lang,C#,y\n1,2,a\n",
        "x,y\ntime,text\nc,d\n",
    ],
)
def test_other_tables_are_not_taken_for_such(tmp_path, text):
    reader = open_table(write(tmp_path, text), TextFormat(header=True))
    assert reader.names == tuple(text.partition("\n")[0].split(","))
    assert reader.header.rows == 1
