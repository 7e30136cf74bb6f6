"""Every table that can't be used gives its golden lines, exit code 2, and nothing else.

NNCLI_UPDATE_GOLDEN=1 rewrites the golden files.
"""

import gzip
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nncli.cli.main import run

GOLDEN = Path(__file__).parent / "bad"
# a cell or row of the table, by line; or a key of the config, where the fix belongs
LINE = re.compile(r"(\w+\.(csv|tsv|npz|csv\.gz):(row )?[1-9]\d*|bad\.yaml:\d+:\d+): \S.*")
MORE = re.compile(r"and [\d,]+ more")


def table(*header, rows=30, **cells):
    """CSV text: each column's cells are repeated down to `rows` rows."""
    names = header or tuple(cells)
    lines = [",".join(str(cells[n][i % len(cells[n])]) for n in names) for i in range(rows)]
    return "\n".join([",".join(names), *lines, ""])


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


NUMBERS = {"x": [1.5, 2, 3], "z": [4, 5, 6, 7], "y": ["a", "b"]}
PLAIN = table(**NUMBERS)
X = np.arange(30) / 7
BY_GROUP = "split: {type: group, column: g}"
BY_TIME = "split: {type: time, column: d}"
BY_WORD = "split: {type: fixed, column: s}"

# name: (the table, further lines of the config's data block); bytes are written as they are
CASES = {
    # ---- the file as a whole
    "empty": ("", []),
    "only_blank_lines": ("\n\n  \n", []),
    "header_only": ("x,z,y\n", []),
    "binary": (b"x,z,y\n\0\0\0", []),
    "latin_1": (PLAIN.replace("b\n", "\xfc\n", 1).encode("latin-1"), []),
    "latin_1_header": (PLAIN.replace("z", "gr\xf6\xdfe", 1).encode("latin-1"), []),
    "utf_16": (PLAIN.encode("utf-16-le"), []),
    "one_column": ("y\n" + "a\nb\n" * 9, []),
    "wrong_delimiter": (PLAIN, ["delimiter: ';'"]),
    "wrong_suffix": (PLAIN, ["path: table.xlsx"]),
    "missing_file": (PLAIN, ["path: tabel.csv"]),
    "folder": (PLAIN, ["path: ."]),
    # ---- headers
    "equal_names": (PLAIN.replace("x,z", "x,x"), []),
    "equal_names_of_data": ("p,q,p\n" + "q,p,p\n" * 9, ["target: column_1"]),
    "header_not_recognized": ("name,2019,y\n" + "p,1,a\nq,2,b\n" * 9, []),
    "header_denied": (PLAIN, ["header: false"]),
    # ---- rows
    "ragged_short": (PLAIN + "1,2\n", []),
    "ragged_long": (PLAIN + "1,2,a,4\n", []),
    "ragged_several": (PLAIN + "1\n1,2,a\n1,2\n1,2,a,b,c\n", []),
    "ragged_many": (PLAIN + "1,2\n" * 30, []),
    "delimiter_at_the_end_of_rows": (PLAIN.replace("a\n", "a,\n").replace("b\n", "b,\n"), []),
    "delimiter_at_the_end_of_lines": (PLAIN.replace("\n", ",\n"), []),
    "quote_never_closed": (PLAIN + '1,"2,a\n1,2,b\n', []),
    "quote_inside_quotes": (PLAIN + '1,"5" disk",a\n', []),
    # ---- cells
    "text_for_a_number": (PLAIN + "twelve,2,a\n", []),
    "text_in_several_columns": (PLAIN + "twelve,many,a\n1,few,a\n", []),
    "text_for_many_numbers": (table(x=[*range(25), "low"], y=["a", "b"], rows=780), []),
    "line_after_a_cell_of_lines": (
        table(t=['"two\nlines"', "one"], x=[1, 2, 3], y=["a", "b"]) + "\n\none,1_000,a\n", [],
    ),
    "infinity": (PLAIN + "inf,2,a\n1,-1e999,b\n", []),
    "control_characters": (PLAIN + "\x1b[31mred,2,a\n", []),
    "decimal_comma": (PLAIN.replace(",", ";").replace(".", ","), []),
    "thousands": (table(x=['"1,234"', '"12,345"', 900], z=[4, 5, 6], y=["a", "b"]), []),
    "thousands_and_decimals": (
        table(x=['"1,234.5"', '"12,345.0"', 900], z=[4, 5, 6], y=["a", "b"]), [],
    ),
    "currency": (table(x=["$1.50", '"$1,234"', "$7"], z=[4, 5, 6], y=["a", "b"]), []),
    "percent": (table(x=["54%", "7 %", "100%"], z=[4, 5, 6], y=["a", "b"]), []),
    "word_for_missing": (
        table(x=[*range(25), "unknown", "unknown", "late"], y=["a", "b"], rows=56), [],
    ),
    "decimal_point_beside_comma": (
        table(x=[1, 2], y=["a", "b"]).replace(",", ";") + "1.234,5;a\n", ["decimal: ','"],
    ),
    "forced_number": (table(x=["p", 1, 2], y=["a", "b"], rows=6), ["columns: {x: numeric}"]),
    "forced_boolean": (PLAIN, ["columns: {x: boolean}"]),
    "missing_is_another": (
        table(x=[1, "NA", *range(40)], y=["a", "b"], rows=40), ["missing: ['']"],
    ),
    # ---- columns
    "no_such_target": (PLAIN, ["target: species"]),
    "target_in_another_case": (PLAIN.replace("x,", "Age,", 1), ["target: age"]),
    "misspelt_columns": (PLAIN, [
        "target: yy", "features: {include: [xx], exclude: [q]}", "columns: {w: numeric}",
        "sample_weight: v", "split: {type: group, column: patient}",
    ]),
    "target_twice": (PLAIN, ["target: [x, x]"]),
    "target_among_features": (PLAIN, ["features: {include: [x, y]}"]),
    "column_without_values": (table(**NUMBERS, u=[""], v=["NA", "?"]), []),
    "only_constant_columns": (table(u=[7], v=["CH"], y=["a", "b"]), []),
    "only_id_like_columns": (
        table(id=range(30), name=[f"n{i}" for i in range(30)], y=["a", "b"]), [],
    ),
    "every_feature_excluded": (PLAIN, ["features: {exclude: [x, z]}"]),
    # ---- targets
    "target_missing": (table(x=[1, 2, 3], y=["a", "b", "", "b", "?"], rows=15), []),
    "target_always_missing": (table(x=[1, 2, 3], y=["NA"]), ["missing_target: drop"]),
    "target_constant": (table(x=[1, 2, 3], y=["a"]), []),
    "target_constant_number": (table(x=[1, 2, 3], y=[5.5]), []),
    "target_infinite": (table(x=[1, 2, 3], y=[*range(20), "inf"]), []),
    "target_of_text_in_a_regression": (
        table(x=[1, 2, 3], y=["p", 1, 2], rows=6), ["task: regression"],
    ),
    "binary_task_of_three_classes": (table(x=[1, 2], y=["a", "b", "c"]), ["task: binary"]),
    "class_of_one_row": (PLAIN + "1,2,c\n1,2,d\n", []),
    "too_many_classes": (
        table(x=[1, 2], y=np.arange(1100) / 7, rows=1100), ["task: classification"],
    ),
    "stratified_regression": (table(x=[1, 2], y=np.arange(30) / 7), ["split: stratified"]),
    # ---- weights
    "weight_missing": (table(**NUMBERS, w=[1, 2, 3, ""], rows=4), ["sample_weight: w"]),
    "weight_negative": (table(**NUMBERS, w=[1, 2, 3, -1], rows=4), ["sample_weight: w"]),
    "weight_of_text": (table(**NUMBERS, w=["low", "high"], rows=4), ["sample_weight: w"]),
    # ---- splits
    "too_few_rows": (table(**NUMBERS, rows=4), []),
    "too_few_groups": (table(**NUMBERS, g=["p", "q"]), [BY_GROUP]),
    "group_missing": (table(**NUMBERS, g=["p", "q", "r", ""], rows=8), [BY_GROUP]),
    "time_not_a_date": (
        table(**NUMBERS, d=["2026-01-01", "01/02/2026", "soon"], rows=6), [BY_TIME],
    ),
    "time_of_one_moment": (table(**NUMBERS, d=["2026-01-01"]), [BY_TIME]),
    "fixed_unknown_part": (table(**NUMBERS, s=["train", "val", "tst"], rows=6), [BY_WORD]),
    "fixed_numbers": (table(**NUMBERS, s=[0, 1, 2], rows=3), [BY_WORD]),
    "fixed_without_train": (table(**NUMBERS, s=["val", "test"]), [BY_WORD]),
    "fixed_file_missing": (PLAIN, ["split: {type: fixed, test: holdout.csv}"]),
    "fixed_file_lacks_columns": (PLAIN, ["split: {type: fixed, test: other.csv}"]),
    "fixed_file_without_rows": (PLAIN, ["split: {type: fixed, test: nobody.csv}"]),
    "fixed_file_with_a_bad_cell": (PLAIN, ["split: {type: fixed, test: slip.csv}"]),
    # ---- preprocessing
    "missing_and_impute_none": (table(x=[1, "", 3], t=["p", "q", ""], y=["a", "b"]), [
        "preprocessing: {numeric: {impute: none}, categorical: {impute: none}}"
    ]),
    "no_value_in_the_training_rows": (
        table(n=range(30), x=[1, 2], u=[*[""] * 15, *range(15)], y=["a", "b"]),
        ["split: {type: time, column: n, train: 0.5, val: 0.5}"],
    ),
    # ---- other formats
    "gzip_cut": (gzip.compress(PLAIN.encode(), mtime=0)[:-10], ["path: table.csv.gz"]),
    "gzip_not": (PLAIN, ["path: table.csv.gz"]),
    "npz_of_objects": (npz(x=X, y=np.array(["a", None] * 15, object)), ["path: table.npz"]),
    "npz_of_unequal_lengths": (npz(x=X, y=X[:9]), ["path: table.npz"]),
    "npz_of_five_axes": (npz(x=np.zeros((30, 4, 4, 1, 2)), y=X), ["path: table.npz"]),
    "npz_not": (PLAIN, ["path: table.npz"]),
    "npz_infinity": (npz(x=np.where(X == 0, np.inf, X), y=X), ["path: table.npz"]),
    "npz_target_missing": (npz(x=X, y=np.where(X == 0, np.nan, X)), ["path: table.npz"]),
}  # fmt: skip
BESIDE = {
    "other.csv": "x,y\n1,a\n",
    "nobody.csv": "x,z,y\n",
    "slip.csv": "x,z,y\n1,2,a\n\nfour,5,b\n",
}


def write_case(name):
    """Write the table and its config into the working directory."""
    content, lines = CASES[name]
    keys = {line.partition(":")[0]: line for line in ["path: table.csv", "target: y", *lines]}
    path = keys["path"].partition(": ")[2]
    path = path if path.startswith("table.") else "table.csv"
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("bad.yaml").write_text("data:\n" + "".join(f"  {line}\n" for line in keys.values()))
    for beside, text in BESIDE.items():
        Path(beside).write_text(text)


@pytest.mark.parametrize("name", CASES)
def test_bad_table_is_explained_as_its_golden_file_says(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_case(name)
    before = sorted(tmp_path.rglob("*"))
    code = run(["validate", "bad.yaml"])
    out, err = capsys.readouterr()
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        golden.write_text(err, encoding="utf-8")
    assert err == golden.read_text(encoding="utf-8")
    assert code == 2
    assert out == ""
    assert sorted(tmp_path.rglob("*")) == before
    for line in err.removesuffix("\n").split("\n"):
        assert LINE.fullmatch(line) or MORE.fullmatch(line), line
        assert line.isprintable()


@pytest.mark.parametrize("name", ["text_for_a_number", "class_of_one_row", "quote_never_closed"])
def test_train_says_the_same_and_leaves_no_run(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_case(name)
    before = sorted(tmp_path.rglob("*"))
    assert run(["train", "bad.yaml", "--quiet"]) == 2
    assert capsys.readouterr().err == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert sorted(tmp_path.rglob("*")) == before


def test_there_are_many_bad_tables_and_no_stray_golden_files():
    assert len(CASES) >= 75
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == sorted(CASES)
