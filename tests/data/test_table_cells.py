"""What the cells of a table mean: numbers, missing values, kinds of columns, targets."""

import numpy as np
import pytest
from table_files import PLAIN, cells, columns, labels, read, refusal

from nncli.data.column_types import boolean_values, is_class_number, kind_of, uninformative
from nncli.data.number_cells import to_number
from nncli.data.rare_categories import RareRule
from nncli.data.reading import text_files, type_inference
from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.numbers_as_text import foreign_number
from nncli.data.reading.table_file import TableFile
from nncli.data.reading.text_format import TextFormat
from nncli.parts.table import PART, Column

HINT = (
    "(if it stands for missing, add it to data.missing; if the column is text, "
    "data.columns: {x: categorical})"
)
ONLY_MISSING = "(if it stands for missing, add it to data.missing)"

DIFFERENT = "id-like: a different whole number in every row"


def numbers(first, rows=60):
    """PLAIN's like, with `first` as the third cell of a column of numbers."""
    quoted = f'"{first}"'
    return columns(x=[1.5, 2.5, quoted, *range(4, rows + 1)], z=[1, 2, 3], y=["a", "b"], rows=rows)


# ---- numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("7.", 7), (".5", 0.5), ("1e3", 1000),
        ("1E-3", 0.001), ("-1.5e+2", -150), ("0.1", 0.1), ("1e-400", 0), ("-0", 0),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
        ("0.1000000000000000055511151231257827", 0.1), (" 7 ", 7), ("\t7", 7), ("\uff11\uff12", 12),
    ],
)  # fmt: skip
def test_numbers_are_read_as_python_reads_them(tmp_path, text, value):
    assert cells(read(tmp_path, numbers(text)), "x")[2] == value


@pytest.mark.parametrize(
    "text",
    [
        "twelve", "1_000", "1,5", "1 000", "0x10", "1.2.3", "$5", "5%", "--5", "1e", "e5",
        "TRUE", "\u22125", "½", "1+2j",
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_named(tmp_path, text):
    expected = f"table.csv:4: column 'x': expected a number, found '{text}' {HINT}"
    assert refusal(tmp_path, numbers(text)) == [expected]


@pytest.mark.parametrize("text", ["inf", "-inf", "+Infinity", "1e999", "-1e999", "INF"])
def test_infinities_are_refused(tmp_path, text):
    expected = f"table.csv:4: column 'x': expected a finite number, found '{text}' {HINT}"
    assert refusal(tmp_path, numbers(text)) == [expected]


def test_infinities_can_be_missing(tmp_path):
    table = read(tmp_path, numbers("-Infinity"), missing=("", "-inf"))
    assert cells(table, "x")[2] is None


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 1.5), ("-1e3", -1000), ("7", 7), (",5", 0.5), ("-7,", -7)]
)
def test_decimal_commas_are_read_when_told(tmp_path, text, value):
    text = columns(x=[text, "2,5"], y=["a", "b"]).replace(",", ";").replace("1;5", "1,5")
    text = (
        f"x;y\n{text.split(chr(10))[1].rpartition(';')[0].replace(';', ',')};a\n" + "2,5;b\n" * 30
    )
    table = read(tmp_path, text, format=TextFormat(decimal=","))
    assert cells(table, "x")[0] == value


@pytest.mark.parametrize("text", ["1.5", "1.234,5", "1,2,3", "1_0"])
def test_decimal_points_are_refused_beside_decimal_commas(tmp_path, text):
    content = numbers("OTHER").replace(",", ";").replace(".", ",").replace("OTHER", text)
    (found,) = refusal(tmp_path, content, format=TextFormat(decimal=","))
    assert found == f"table.csv:4: column 'x': expected a number, found '{text}' {HINT}"


@pytest.mark.parametrize(
    ("values", "decimal", "example"),
    [
        (["0,5", "1,5", "2"], ".", "0,5"),
        (["0,500", "1,250"], ".", "0,500"),
        (["1.5", "2.5"], ",", "1.5"),
    ],
)
def test_numbers_written_the_other_way_are_not_taken_for_categories(
    tmp_path, values, decimal, example
):
    text = columns(x=[*values, "NA"], y=["a", "b"], rows=60).replace(",a\n", ";a\n")
    text = text.replace(",b\n", ";b\n").replace("x,y", "x;y")
    other = "','" if decimal == "." else "'.'"
    name = "a decimal comma" if decimal == "." else "a decimal point"
    advice = f"use {other} if that is {name}, and take signs between thousands out"
    (line,) = refusal(tmp_path, text, format=TextFormat(decimal=decimal))
    assert line.endswith(
        f": column 'x' has numbers such as '{example}': {advice} "
        "(if the column is text, data.columns: {x: categorical})"
    )
    kept = read(tmp_path, text, kinds={"x": "categorical"}, format=TextFormat(decimal=decimal))
    assert cells(kept, "x")[: len(values)] == values


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["a,b", "0,5"], "."), (["1-2", "3-4"], "."), (["01.02.2026", "02.02.2026"], ","),
        (["1,2,3"], "."), (["10.0.0.1"], ","), ([], "."), (["12:30"], "."), (["1", "2"], "."),
    ],
)  # fmt: skip
def test_texts_with_signs_in_them_stay_texts(texts, decimal):
    assert foreign_number(texts, decimal) == ""


@pytest.mark.parametrize(
    "text", ["1", "-2.5", "1e3", "", "NA", " 7 ", "x", "1_0", "inf", "nan", "1,5", "-", "½"]
)
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("others", [[], ["5"] * 9, [str(i) for i in range(9)], ["NA"] * 9])
def test_every_way_of_reading_numbers_agrees(text, decimal, others):
    parser = NumberParser(("", "NA"), decimal)
    expected = parser._parse_each([text, *others])
    found = parser([text, *others])
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1] == expected[1]


def test_underscores_and_words_are_no_numbers():
    assert [to_number(text) for text in ("1_000", "nan", "x", "")] == [None] * 4


# ---- slips and second thoughts


def test_all_slips_are_named_in_one_go(tmp_path):
    text = columns(x=[*range(40), "twelve"], z=[*range(60), "many"], y=["a", "b"], rows=200)
    found = refusal(tmp_path, text)
    twelve, many = (
        "column 'x': expected a number, found 'twelve'",
        ("column 'z': expected a number, found 'many'"),
    )
    assert [line.split(" (")[0] for line in found] == [
        *(f"table.csv:{line}: {twelve}" for line in (42, 83, 124, 165)),
        *(f"table.csv:{line}: {many}" for line in (62, 123, 184)),
    ]
    assert [index for index, line in enumerate(found) if "(" in line] == [0, 4]  # hints once


def test_a_header_that_stands_twice_is_one_problem(tmp_path):
    again = columns(x=[1, 2, 4], d=["2026-03-01", "2026-03-02"], y=["a", "b"])
    what = "the columns' names again, where a row should be: take this line out"
    found = refusal(tmp_path, again + again)
    assert found == [f"table.csv:32: {what}"]
    found = refusal(tmp_path, again * 2 + again.replace("\n4,", "\nfour,", 1))
    assert found == [f"table.csv:{line}: {what}" for line in (32, 63)]


@pytest.mark.parametrize(
    ("row", "found"),
    [("kg,cm,text", "'kg', 'cm'"), ("kg,-,text", "'kg'"), ("kg,7,text", ""), ("<5,>9,a", "")],
)
def test_a_row_of_units_is_one_problem(tmp_path, row, found):
    rows = "".join(f"{index}.5,{index * 2},{'ab'[index % 2]}\n" for index in range(50))
    lines = refusal(tmp_path, f"w,h,y\n{row}\n{rows}")
    units = f"table.csv:2: expected numbers, found {found}: if this line has the units, take it out"
    assert [line.startswith(units) for line in lines] == [bool(found)] * len(lines)
    assert len(lines) == 1 + (row == "<5,>9,a")


def test_many_slips_are_counted(tmp_path):
    found = refusal(tmp_path, columns(x=[*range(29), "low"], y=["a", "b"], rows=3000))
    assert len(found) == 21
    assert found[-1] == "and 80 more"


@pytest.mark.parametrize(
    ("share", "is_text"), [((40, 1), False), ((25, 1), False), ((9, 1), True), ((1, 1), True)]
)
def test_a_column_with_many_texts_is_text(tmp_path, share, is_text):
    many, few = share
    text = columns(x=[*([7] * many), *(["low"] * few)], y=["a", "b"], rows=20 * (many + few))
    if is_text:
        assert set(cells(read(tmp_path, text), "x")) == {"7", "low"}
    else:
        assert "found 'low'" in refusal(tmp_path, text)[0]


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(text_files, "CHUNK_CELLS", 600)
    monkeypatch.setattr(type_inference, "SAMPLED_CELLS", 590)


def test_a_column_that_turns_to_text_far_down_is_read_again_as_text(tmp_path, small_chunks):
    rows = 300  # as many as the first chunk has, of numbers only
    text = columns(x=[1, 2, 3], y=["a", "b"], rows=rows) + "007,a\nlow,b\n" * (rows // 4)
    table = read(tmp_path, text)
    assert table.categories["x"] == ("1", "2", "3", "007", "low")
    assert cells(table, "x")[rows : rows + 2] == ["007", "low"]


def test_a_slip_far_down_has_its_line_after_cells_of_several_lines(tmp_path, small_chunks):
    text = columns(x=[1, 2, 3], t=['"one\ntwo"', "three"], y=["a", "b"], rows=10_000)
    found = refusal(tmp_path, text + "\n\ntwelve,one,a\n1,one,b\n")
    assert found == [f"table.csv:15004: column 'x': expected a number, found 'twelve' {HINT}"]


def test_a_forced_number_has_no_hint_at_text(tmp_path):
    (found,) = refusal(tmp_path, numbers("twelve"), kinds={"x": "numeric"})
    assert found.endswith(f"found 'twelve' {ONLY_MISSING}")


def test_long_cells_are_cut_in_messages(tmp_path):
    (found,) = refusal(tmp_path, numbers("w" * 500))
    assert f"found '{'w' * 57}...'" in found


# ---- missing values


@pytest.mark.parametrize(
    "text",
    ["", " ", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "null", "NULL",
     "Null", "None", "?", " NA "],
)  # fmt: skip
def test_the_usual_signs_of_missing_are_missing(tmp_path, text):
    texts = ["p", f'"{text}"', *"pqpqpqpqpqpqpqpqpq"]  # a twentieth of the rows
    table = read(tmp_path, columns(x=[1, f'"{text}"', 3], t=texts, y=["a", "b"], rows=60))
    assert cells(table, "x")[:3] == [1, None, 3]
    assert cells(table, "t")[:2] == ["p", None]


@pytest.mark.parametrize("text", ["none", "na", "missing", "---", "Nan", "nothing", "0", "NONE"])
def test_other_words_are_categories(tmp_path, text):
    assert cells(read(tmp_path, columns(t=["p", text], y=["a", "b"])), "t")[:2] == ["p", text]


def test_categories_called_none_or_na_are_kept_when_missing_is_another(tmp_path):
    text = columns(garage=["None", "NA", "", "yes"], x=[1, 2, ""], y=["NA", "None"])
    table = read(tmp_path, text, missing=("",))
    assert cells(table, "garage")[:4] == ["None", "NA", None, "yes"]
    assert cells(table, "x")[:3] == [1, 2, None]
    assert labels(table)[:2] == ["NA", "None"]


def test_nothing_is_missing_when_told_so(tmp_path):
    table = read(tmp_path, columns(t=["p", "", "NA"], y=["a", "b"]), missing=())
    assert cells(table, "t")[:3] == ["p", "", "NA"]
    (found, *_) = refusal(tmp_path, numbers(""), missing=())
    assert "expected a number, found ''" in found


@pytest.mark.parametrize("written", ["-999", "-999.0", " -999", "-9.99e2"])
def test_a_number_can_mean_missing_however_it_is_written(tmp_path, written):
    text = columns(x=[1, f'"{written}"', 3], t=["p", "-999", "q"], y=["a", "b"])
    table = read(tmp_path, text, missing=("", "-999"))
    assert cells(table, "x")[:3] == [1, None, 3]
    assert cells(table, "t")[:2] == ["p", None]


def test_a_number_that_means_missing_in_some_rows_only(tmp_path):
    text = columns(x=[*range(500), -999], y=["a", "b"], rows=2000)
    table = read(tmp_path, text, missing=("-999",))
    assert cells(table, "x").count(None) == 3


# ---- kinds


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.0, 1.0, 1.0], "boolean"), ([0.0, 1.0, np.nan], "boolean"), ([0.0, 2.0], "numeric"),
        ([1.5, 2.5], "numeric"),
    ],
)  # fmt: skip
def test_kind_of_numbers(values, kind):
    assert kind_of(Column(np.array(values))) == kind


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (("yes", "no"), [1, 0]), (("False", "True"), [0, 1]), (("N", "Y"), [0, 1]),
        (("off", "on"), [0, 1]), (("1", "0"), [1, 0]), (("t", "f"), [1, 0]), (("yes",), [1]),
        (("yes", "false"), None), (("y", "f"), None), (("yes", "no", "maybe"), None),
        (("Yes", "yes"), None), (("a", "b"), None), (("n", "o"), None),
    ],
)  # fmt: skip
def test_truths_are_two_words_of_one_pair(categories, expected):
    found = boolean_values(categories)
    assert (None if found is None else found.tolist()) == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("x", [5.0] * 30, "constant: always 5"),
        ("x", [5.0, np.nan] * 15, "constant: always 5"),
        ("x", np.arange(30) + 7, DIFFERENT),
        ("x", np.random.default_rng(0).permutation(30), DIFFERENT),
        ("x", np.arange(20), ""),  # too few rows to tell
        ("x", np.arange(30) * 2, ""),
        ("x", np.arange(30) / 10, ""),
        ("customer_id", np.arange(30) * 7, DIFFERENT),
        ("userId", np.arange(30) * 7, DIFFERENT),
        ("id", np.arange(9) * 7, ""),
        ("id", [*range(0, 300, 10), 0], "id-like: 30 different whole numbers in 31 rows"),
        ("id", [*range(0, 300, 10)] * 3, ""),
        ("acid", np.arange(30) * 7, ""),
        ("valid", np.arange(30) * 7, ""),
        ("id", np.arange(30) / 7, ""),
    ],
)
def test_columns_of_numbers_that_teach_nothing(name, values, expected):
    assert uninformative(name, Column(np.asarray(values, dtype=float))) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0] * 30, "constant: always c0"),
        (range(30), "id-like: 30 different texts in 30 rows"),
        (range(9), ""),
        ([*range(10)] * 3, ""),
        ([*range(25)] * 2, ""),
        ([*range(25), *range(20)], "id-like: 25 different texts in 45 rows"),
        ([*range(1001)] * 3, "too many categories: 1,001"),
        ([*range(1000)] * 3, ""),
    ],
)
def test_columns_of_texts_that_teach_nothing(codes, expected):
    codes = np.array(codes, dtype=float)
    names = tuple(f"c{i}" for i in range(int(codes.max()) + 1))
    assert uninformative("x", Column(codes, names)) == expected


@pytest.mark.parametrize(
    ("codes", "without", "with_rare"),
    [
        # 20 texts of 10 rows each, then 300 of one each: of half the rows, 5 each
        ([*range(20)] * 10 + [*range(20, 320)], "id-like: 320 different texts in 500 rows", ""),
        ([*range(1001)] * 4, "too many categories: 1,001", ""),
        ([*range(1001)] * 3, *["too many categories: 1,001"] * 2),
        # a tenth of the rows have a text in common
        ([0] * 10 + [*range(1, 91)], "id-like: 91 different texts in 100 rows", ""),
        ([0] * 10 + [*range(1, 92)], *["id-like: 92 different texts in 101 rows"] * 2),
        (range(30), *["id-like: 30 different texts in 30 rows"] * 2),
    ],
)
def test_texts_that_are_too_many_are_usable_where_the_rare_ones_are_one(codes, without, with_rare):
    codes = np.array(codes, dtype=float)
    column = Column(codes, tuple(f"c{i}" for i in range(int(codes.max()) + 1)))
    hint = "; usable with data.preprocessing.categorical.min_count: 2"
    assert uninformative("x", column) == without + hint * (without != with_rare)
    assert uninformative("x", column, RareRule(min_count=2)) == with_rare


def test_kinds_are_told_from_all_rows(tmp_path):
    text = columns(
        id=range(60), age=[31, 45.5, ""], smokes=["yes", "no", ""], coded=[0, 1, 1],
        city=["Bern", "Genf", "Chur"], country=["CH"], name=[f"n{i}" for i in range(60)],
        y=["a", "b"], rows=60,
    )  # fmt: skip
    table = read(tmp_path, text)
    assert table.features == ("age", "smokes", "coded", "city")
    assert table.booleans == {"smokes", "coded"}
    assert set(table.categories) == {"smokes", "city"}
    assert dict(table.origin.left_out) == {
        "id": "id-like: a different whole number in every row",
        "country": "constant: always CH",
        "name": "id-like: 60 different texts in 60 rows",
    }


def test_columns_that_are_asked_for_are_kept(tmp_path):
    text = columns(id=range(60), country=["CH"], x=[1, 2], y=["a", "b"], rows=60)
    assert read(tmp_path, text, include=("id", "country")).features == ("id", "country")
    kept = read(tmp_path, text, kinds={"id": "numeric"})
    assert kept.features == ("id", "x")


def test_kinds_can_be_told(tmp_path):
    text = columns(zip=["01", "1", "2"], x=[1, 2, 3], yes=["yes", "no"], y=["a", "b"])
    told = read(tmp_path, text, kinds={"zip": "categorical", "yes": "categorical"})
    assert set(cells(told, "zip")) == {"01", "1", "2"}
    assert told.booleans == frozenset()
    assert set(cells(read(tmp_path, text, kinds={"zip": "numeric"}), "zip")) == {1, 2}


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"kinds": {"x": "boolean"}}, ["table.csv: column 'x' isn't boolean: it has other values"]),
        ({"kinds": {"t": "boolean"}}, ["table.csv: column 't' isn't boolean: it has other values"]),
        (
            {"kinds": {"q": "numeric"}, "include": ("x", "r"), "exclude": ("s",)},
            [
                "table.csv has no column 'r'; it has 'x', 't', 'y'",
                "table.csv has no column 's'; it has 'x', 't', 'y'",
                "table.csv has no column 'q'; it has 'x', 't', 'y'",
            ],
        ),
        ({"include": ("x", "y")}, ["'y' is what is to be predicted: it can't be a feature"]),
        ({"target": ("x", "x")}, ["names 'x' more than once"]),
        ({"target": "Y"}, ["table.csv has no column 'Y' (did you mean 'y'?)"]),
        ({"exclude": ("x", "t")}, [
            "table.csv has no column to learn from: all it has is 'y', 'x', 't'"
        ]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(tmp_path, options, messages):
    text = columns(x=[1, 2, 3], t=["p", "q", "r"], y=["a", "b"])
    found = refusal(tmp_path, text, **options)
    assert [line.replace(f"{tmp_path}/", "") for line in found] == messages


def test_misread_files_are_recognized_by_their_columns(tmp_path):
    assert refusal(tmp_path, PLAIN, format=TextFormat(";"))[0].endswith(
        "it has 'x,z,y' (is data.delimiter right?)"
    )
    rows = PLAIN.partition("\n")[2]
    assert refusal(tmp_path, rows)[0].endswith(
        "(the first row was taken for data: data.header: true if it has the names)"
    )
    texts = columns(x=["p", "q"], y=["a", "b"]).partition("\n")[2]
    assert refusal(tmp_path, texts, target="column_2")[0].endswith(
        "(the first row was taken for names: data.header: false if it is data)"
    )


def test_columns_without_any_value_are_all_named(tmp_path):
    text = columns(x=[1, 2], u=[""], v=["NA", "?"], y=["a", "b"])
    assert refusal(tmp_path, text) == [
        "table.csv: column 'u' has no values at all: leave it out",
        "table.csv: column 'v' has no values at all: leave it out",
    ]
    assert read(tmp_path, text, exclude=("u", "v")).features == ("x",)


def test_nothing_to_learn_from_is_explained(tmp_path):
    (found,) = refusal(tmp_path, columns(c=[7], n=[f"n{i}" for i in range(30)], y=["a", "b"]))
    assert found == (
        "table.csv has no column to learn from: c is constant: always 7; "
        "n is id-like: 30 different texts in 30 rows"
    )


# ---- targets


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a", "c"], ("a", "b", "c")),
        ([" b", "a "], ("a", "b")),
        (["yes", "no"], ("no", "yes")),
        ([1, 0], ("0", "1")),
        (["1.0", "2", "2.0", "1"], ("1", "2")),
        ([3, 1, 2], ("1", "2", "3")),
        ([-1, 1], ("-1", "1")),
        ([0.5, 7], ("0.5", "7")),
        (["10", "9", "x"], ("10", "9", "x")),  # texts are sorted as texts
        (["B", "a"], ("B", "a")),
    ],
)
def test_classes_are_in_order(tmp_path, values, classes):
    table = read(tmp_path, columns(x=[1, 2, 4], y=values, rows=60))
    assert table.classes == classes
    assert labels(table)[:2] == [str(v).strip().removesuffix(".0") for v in values[:2]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1], True), ([3.5, 9], True), ([*range(20)], True), ([*range(1, 21)], True),
        ([*range(21)], False), ([0, 2, 4], False), ([2, 3, 4], False), ([0.5, 1.5, 2.5], False),
    ],
)  # fmt: skip
def test_which_numbers_are_names_of_classes(values, expected):
    assert is_class_number(np.array(values * 10, dtype=float)) is expected
    assert is_class_number(np.array(values, dtype=float)) is (len(values) == 2)


def test_the_task_decides_over_the_values(tmp_path):
    text = columns(x=[1, 2, 4], y=[0, 1, 2], rows=60)
    assert read(tmp_path, text).task == "classification"
    assert read(tmp_path, text, task="regression").task == "regression"


def test_several_targets_are_numbers(tmp_path):
    table = read(tmp_path, columns(x=[1, 2, 4], u=[0, 1], v=[1.5, 2]), target=("u", "v"))
    assert table.y[:2].tolist() == [[0, 1.5], [1, 2]]
    assert table.features == ("x",)
    found = refusal(tmp_path, columns(x=[1, 2, 4], u=[0, 1], v=["p", "q", "r"]), target=("u", "v"))
    assert found[0].startswith("table.csv:2: column 'v': expected a number, found 'p'")


def test_rows_without_target_are_all_named(tmp_path):
    text = columns(x=[1, 2, 4], y=["a", "", "b", "nan"], rows=8)
    missing = "column 'y': the target is missing"
    assert refusal(tmp_path, text) == [
        f"table.csv:3: {missing} (data.missing_target: drop leaves such rows out; if 'nan' is a "
        'class, data.columns: {y: {values: ["nan"]}})',
        *(f"table.csv:{line}: {missing}" for line in (5, 7, 9)),
    ]
    found = refusal(tmp_path, columns(x=[1, 2, 4], y=["a", "", "b", ""], rows=100))
    assert found[-1] == "and 30 more"


def test_rows_without_target_can_be_left_out(tmp_path):
    text = columns(x=[1, 2, 4, 5], y=["a", "", "b", "nan"], rows=40)
    table = read(tmp_path, text, drops_missing_target=True)
    assert cells(table, "x") == [1, 4] * 10
    assert table.place(1) == f"{tmp_path}/table.csv:4"
    assert table.origin.warnings[0].endswith("drop leaves out 20 of 40 rows")
    several = columns(x=[1, 2, 4, 5], u=[1, "", 3, 2], v=[5, 6, "", 7], rows=40)
    table = read(tmp_path, several, target=("u", "v"), drops_missing_target=True)
    assert cells(table, "x") == [1, 5] * 10


def test_left_out_rows_leave_no_category_that_counts(tmp_path):
    text = columns(
        t=["p", "q", *(f"only{i}" for i in range(40))], x=[1, 2], y=["a", "b", *[""] * 40], rows=42
    )
    table = read(tmp_path, text + "p,1,a\nq,2,b\n" * 9, drops_missing_target=True)
    assert table.features == ("t", "x")


def test_no_row_with_a_target_is_refused(tmp_path):
    text = columns(x=[1, 2], y=["NA"])
    assert refusal(tmp_path, text, drops_missing_target=True) == [
        "table.csv: no rows under the header, or none that has the target (y)"
    ]


@pytest.mark.parametrize(
    ("value", "task", "always"),
    [
        ("a", "auto", "a"),
        ("1", "auto", "1"),
        ("7.50", "auto", "7.5"),
        ("1", "classification", "1"),
        ("2", "regression", "2"),
    ],
)
def test_a_constant_target_is_refused(tmp_path, value, task, always):
    key = "data.classes" if value == "a" else "data.task"
    assert refusal(tmp_path, columns(x=[1, 2], y=[value]), task=task) == [
        f"table.csv: column 'y' is always {always}: there is nothing to predict "
        f"(if it is meant so, give {key})"
    ]


def test_one_of_several_targets_is_constant(tmp_path):
    text = columns(x=[1, 2, 4], u=[1, 2], v=[7])
    assert refusal(tmp_path, text, target=("u", "v")) == [
        "table.csv: column 'v' is always 7: there is nothing to predict "
        "(if it is meant so, give data.task)"
    ]


def test_an_infinite_target_is_refused(tmp_path):
    (found,) = refusal(tmp_path, columns(x=[1, 2], y=[*range(60), "inf"], rows=100))
    assert found.startswith("table.csv:62: column 'y': expected a finite number, found 'inf'")


# ---- weights


def test_weights_are_numbers_and_no_feature(tmp_path):
    text = columns(w=[1, 0.5, 0], x=[1, 2], y=["a", "b"])
    table = read(tmp_path, text, aside={"w": "data.sample_weight"})
    assert table.features == ("x",)
    assert cells(table, "w")[:3] == [1, 0.5, 0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "expected a weight >= 0, found nothing"),
        ("-1", "expected a weight >= 0, found -1"),
        ("high", f"expected a number, found 'high' {ONLY_MISSING}"),
        ("inf", f"expected a finite number, found 'inf' {ONLY_MISSING}"),
    ],
)
def test_other_weights_are_refused(tmp_path, value, message):
    text = columns(w=[1, 2, 3, value], x=[1, 2], y=["a", "b"], rows=4)
    aside = {"w": "data.sample_weight"}
    assert refusal(tmp_path, text, aside=aside) == [f"table.csv:5: column 'w': {message}"]


# ---- several files


def test_files_of_the_parts_are_read_as_one_table(tmp_path):
    (tmp_path / "val.csv").write_text("y,q,x,t\nb,1,5,r\n\na,1,6,p\n")
    (tmp_path / "test.tsv").write_text("x\tt\ty\n7\tq\ta\n")
    parts = {"val": tmp_path / "val.csv", "test": tmp_path / "test.tsv"}
    text = columns(x=[1, 2], t=["p", "q"], y=["a", "b"], rows=4)
    table = read(tmp_path, text, parts=parts)
    assert cells(table, "x") == [1, 2, 1, 2, 5, 6, 7]
    assert cells(table, "t") == ["p", "q", "p", "q", "r", "p", "q"]
    assert cells(table, PART) == ["train"] * 4 + ["val"] * 2 + ["test"]
    assert [table.place(row).removeprefix(f"{tmp_path}/") for row in (0, 3, 4, 5, 6)] == [
        "table.csv:2", "table.csv:5", "val.csv:2", "val.csv:4", "test.tsv:2",
    ]  # fmt: skip
    with pytest.raises(IndexError):
        table.place(7)


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("x,y\n1,a\n", ["val.csv: lacks columns of table.csv: 't'"]),
        ("x,t,y\n", ["val.csv: no rows under the header"]),
        ("x,t,y\none,p,a\n", [f"val.csv:2: column 'x': expected a number, found 'one' {HINT}"]),
        ("x,t,y\n1,p,\n", [
            "val.csv:2: column 'y': the target is missing "
            "(data.missing_target: drop leaves such rows out)"
        ]),
        ("x,t\n1,p,4\n", ["val.csv: lacks columns of table.csv: 'y'"]),
    ],
)  # fmt: skip
def test_problems_of_other_files_name_them(tmp_path, content, messages):
    (tmp_path / "val.csv").write_text(content)
    text = columns(x=[1, 2], t=["p", "q"], y=["a", "b"], rows=40)
    assert refusal(tmp_path, text, parts={"val": tmp_path / "val.csv"}) == messages


def test_a_first_file_without_rows_is_a_problem_before_the_cells_of_others(tmp_path):
    (tmp_path / "val.csv").write_text("x,t,y\n1,p,2\none,q,3\n2,p,3\n")
    parts = {"val": tmp_path / "val.csv"}
    found = refusal(tmp_path, "x,t,y\n", parts=parts, task="regression", kinds={"x": "numeric"})
    assert found == ["table.csv: no rows under the header"]


def test_columns_that_nobody_needs_may_be_missing_in_other_files(tmp_path):
    (tmp_path / "val.csv").write_text("x,y\n1,a\n")
    text = columns(id=range(40), x=[1, 2], y=["a", "b"], rows=40)
    parts = {"val": tmp_path / "val.csv"}
    assert read(tmp_path, text, parts=parts, exclude=("id",)).features == ("x",)


# ---- the reading itself


def test_a_table_is_read_once_and_once_more_for_second_thoughts(
    tmp_path, small_chunks, monkeypatch
):
    passes = []
    original = type_inference._encode
    monkeypatch.setattr(
        type_inference, "_encode", lambda *a, **k: passes.append(1) or original(*a, **k)
    )
    read(tmp_path, columns(x=[1, 2], t=["p", "q"], y=["a", "b"]))
    assert len(passes) == 1
    rows = 200
    read(tmp_path, columns(x=[1, 2], t=[7, 8], y=["a", "b"], rows=rows) + "1,low,a\n" * rows)
    assert len(passes) == 3


def test_the_same_file_has_the_same_fingerprint(tmp_path):
    first, again = (read(tmp_path, PLAIN, name=name).sha256() for name in ("a.csv", "b.csv"))
    other = read(tmp_path, PLAIN + "1,2,a\n").sha256()
    assert first == again != other


def test_a_table_file_is_a_dataset():
    assert TableFile.has_split
    assert TableFile.is_scaled
