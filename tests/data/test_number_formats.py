"""Numbers in disguise: refused with the keys that read them, and read by these keys."""

import re

import pytest
from table_files import cells, columns, read, refusal

from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.text_format import TextFormat

WRITTEN = {
    "apostrophes": ("1'{:03}", 1000),
    "typographer's apostrophes": ("1\N{RIGHT SINGLE QUOTATION MARK}{:03}.5", 1000.5),
    "spaces": ("2 {:03}", 2000),
    "narrow spaces": ("2\N{NARROW NO-BREAK SPACE}{:03}", 2000),
    "underscores": ("3_{:03}", 3000),
    "units": ("{} kg", 0),
    "speeds": ("{}km/h", 0),
    "percent": ("{}%", 0),
    "euros": ("€{}", 0),
    "euros behind": ("{}.5 €", 0.5),
    "millions": ("€{}.5M", 0.5),
    "minus signs": ("\N{MINUS SIGN}{}", 0),
    "brackets": ("(1,{:03})", -1000),
    "dollars": ("$1,{:03}.25", 1000.25),
    "codes of currencies": ("CHF 1'{:03}", 1000),
    "decimal commas": ("€ 1.{:03},5", 1000.5),
    "commas between thousands": ("1,{:03}", 1000),
    "commas and a point": ("1,{:03}.5", 1000.5),
    "points and a comma": ("1.{:03},5", 1000.5),
}


def disguised(form, others=()):
    texts = [f'"{form.format(i)}"' for i in range(100, 130)]
    return columns(x=[*texts, *others], y=["a", "b"], rows=30 + len(others))


def keys_in(message):
    """The column's keys that a message names, as a config's are read."""
    return re.search(r"data\.columns: (\{x: \{.*?\}\})", message).group(1)


@pytest.mark.parametrize(("form", "offset"), WRITTEN.values(), ids=WRITTEN)
def test_the_cure_that_is_named_reads_them(tmp_path, form, offset):
    text = disguised(form)
    (found,) = refusal(tmp_path, text)
    keys = column_keys(keys_in(found))
    table = read(tmp_path, text, keys=keys, kinds={"x": "numeric"})
    sign = -1 if form[0] in "(\N{MINUS SIGN}" else 1
    assert cells(table, "x")[:3] == [offset + sign * i for i in (100, 101, 102)]


@pytest.mark.parametrize(("texts", "is_open"), [(["1,234"], True), (["1,234,567"], False)])
def test_three_digits_behind_a_comma_may_be_a_fraction(tmp_path, texts, is_open):
    text = columns(x=[f'"{text}"' for text in texts], y=["a", "b"])
    (found,) = refusal(tmp_path, text)
    cure = 'data.columns: {x: {type: numeric, decimal: ","}}'
    assert (f"; {cure} if a fraction follows the ','" in found) == is_open
    if is_open:
        keys = column_keys(keys_in(cure))
        assert cells(read(tmp_path, text, keys=keys, kinds={"x": "numeric"}), "x")[0] == 1.234


def column_keys(flow):
    import yaml

    return {name: ColumnKeys(**keys) for name, keys in yaml.safe_load(flow).items()}


def test_the_cure_is_named_for_targets_and_for_columns_called_numeric(tmp_path):
    text = columns(x=range(30), y=[f"{i} kg" for i in range(30)])
    assert 'data.columns: {y: {type: numeric, suffix: "kg"}}' in refusal(tmp_path, text)[0]
    found, *_ = refusal(tmp_path, text, task="regression")
    assert 'data.columns: {y: {type: numeric, suffix: "kg"}}' in found


def test_numbers_that_lack_the_unit_of_the_others_are_asked_about(tmp_path):
    texts = [*(f"{i}%" for i in range(40)), *(f"0.{i}" for i in range(10, 30))]
    (found,) = refusal(tmp_path, columns(x=texts, y=["a", "b"], rows=60))
    assert "'0.10' has no '%': see that it means the same" in found


def test_another_unit_among_them_is_refused_at_its_line(tmp_path):
    keys = {"x": ColumnKeys(suffix="kg")}
    text = disguised("{} kg", ["154 lb"])
    assert refusal(tmp_path, text, keys=keys)[0].startswith("table.csv:32: column 'x': expected a")


@pytest.mark.parametrize("limit", ["<0.5", ">20", "<= 3", "≥7"])
@pytest.mark.parametrize("share", [1, 8])
def test_limits_are_no_numbers(tmp_path, limit, share):
    text = columns(x=[*[i / 4 for i in range(40)], *[limit] * share], y=["a", "b"], rows=40 + share)
    found = refusal(tmp_path, text)[0]
    assert found.startswith("table.csv:42: column 'x'")
    assert f"'{limit}'" in found
    sign, number = limit.rstrip("0.5237 "), limit.lstrip("<>=≥ ")
    cure = f'data.columns: {{x: {{type: numeric, prefix: "{sign}"}}}}'
    assert (
        "write the number that is to stand for it, or leave the cell empty, or read it as " in found
    )
    assert f"{number} with {cure}" in found
    assert "data.missing" not in found
    table = read(tmp_path, text, keys={"x": ColumnKeys(prefix=sign)})
    assert table.column("x").values[40] == float(number)


def test_limits_on_both_sides_have_no_format(tmp_path):
    text = columns(x=[*[i / 4 for i in range(40)], "<0.5", ">9"], y=["a", "b"], rows=84)
    assert "or leave the cell empty)" in refusal(tmp_path, text)[0]


def test_many_spellings_of_missing_are_asked_about(tmp_path):
    words = ["unknown", "n.a.", "missing", "not measured", "tbd", "none", "keine Angabe", "lost"]
    (found,) = refusal(tmp_path, columns(x=[*range(40), *words], y=["a", "b"], rows=96))
    assert "add to data.missing" in found


def test_different_sizes_are_refused(tmp_path):
    texts = [f"€{i}.5{unit}" for i in range(9) for unit in "KM"]
    (found,) = refusal(tmp_path, columns(x=texts, y=["a", "b"]))
    assert "write their digits out" in found


@pytest.mark.parametrize(
    "texts",
    [
        ["A12", "B7", "C3"],
        ["12A", "4B", "7C"],
        ["2 doors", "4 doors"],
        ["1-2", "3-4"],
        ["SKU-17", "SKU-4", "SKU-120"],
        ["ABC007", "ABC042"],
        ["INV 0017", "INV 0203"],
    ],
)
def test_codes_and_names_stay_categories(tmp_path, texts):
    assert cells(read(tmp_path, columns(x=texts, y=["a", "b"])), "x")[: len(texts)] == texts


def test_a_column_of_a_file_that_says_text_is_asked_about_too(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = {"x": [f"${i}" for i in range(30)], "y": ["a", "b"] * 15}
    parquet.write_table(pyarrow.table(table), tmp_path / "source.parquet")
    content = (tmp_path / "source.parquet").read_bytes()
    (found,) = refusal(tmp_path, content, name="t.parquet")
    assert 'data.columns: {x: {type: numeric, prefix: "$"}}' in found


THOUSANDS = [f"{i}.{37 * i % 1000:03d}" for i in range(1, 60)]


@pytest.mark.parametrize("sign", [".", ","])
def test_decimals_that_look_like_thousands_are_said_with_the_key(tmp_path, sign):
    texts = [text.replace(".", sign) for text in [*THOUSANDS, "950"]]
    text = "x;z;y\n" + "".join(f"{text};{i % 2};{text}\n" for i, text in enumerate(texts))
    form = TextFormat(decimal=sign)
    warnings = read(tmp_path, text, format=form).origin.warnings
    assert [warning.partition(":")[0] for warning in warnings] == ["column 'x'", "column 'y'"]
    assert f"as '1{sign}037', read as 1.037" in warnings[0]
    assert warnings[0].endswith(f'data.columns: {{x: {{thousands: "{sign}"}}}}')
    keys = {name: ColumnKeys(thousands=sign) for name in "xy"}
    table = read(tmp_path, text, format=form, keys=keys, kinds={"x": "numeric", "y": "numeric"})
    assert table.column("x").values[[0, -1]].tolist() == [1037, 950]
    assert table.origin.warnings == ()


@pytest.mark.parametrize(
    "texts",
    [
        THOUSANDS[:19],
        [*THOUSANDS, "1.5"],
        [*THOUSANDS, "0.125"],
        [*THOUSANDS, "1234.567"],
        [f"{i}.5" for i in range(60)],
    ],
)
def test_other_decimals_are_no_thousands(tmp_path, texts):
    text = columns(x=texts, y=["a", "b"], rows=len(texts))
    assert read(tmp_path, text).origin.warnings == ()
