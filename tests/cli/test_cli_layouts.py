"""Tables in odd layouts: `init` finds the key, and train, predict and evaluate read by it."""

import csv
import unicodedata
from pathlib import Path

import pytest

from nncli.cli.main import run

HEAD = "länge,breite,ort,art\n"
ROWS = "".join(
    f"{i % 7}.5,{i * 3 % 11}.25,{['Köln', 'Ulm'][i % 2]},{'ab'[i % 2]}\n" for i in range(40)
)
PLAIN = HEAD + ROWS
ORANGE = "C#länge,C#breite,D#ort,cD#art\n" + ROWS

QUICK = ["--set", "training.epochs=1", "--set", "output.plots=[]", "--quiet"]

LAYOUTS = {
    "cp1252": ("t.csv", PLAIN.encode("cp1252"), "encoding: cp1252"),
    "utf-16": ("t.csv", PLAIN.encode("utf-16"), ""),
    "utf-16-le": ("t.csv", PLAIN.encode("utf-16-le"), "encoding: utf-16-le"),
    "comments": ("t.csv", "# by me\n#\n" + PLAIN + "# end\n", "comment: '#'"),
    "late comments": ("t.csv", PLAIN + "% run 2\n" + ROWS, "comment: '%'"),
    "titles": ("t.csv", "A report\nof 2026\n\n" + PLAIN, "skip_rows: 3"),
    "padded title": ("t.csv", "A report,,,\n" + PLAIN, "skip_rows: 1"),
    "comments and titles": ("t.csv", "# by me\nA report\n" + PLAIN, "skip_rows: 2"),
    "separator": ("t.csv", "sep=;\n" + PLAIN.replace(",", ";"), ""),
    "decomposed": ("t.csv", unicodedata.normalize("NFD", PLAIN), ""),
    "blanks": ("t.txt", PLAIN.replace(",", "   "), "delimiter: whitespace"),
    "tabs": ("t.data", PLAIN.replace(",", "\t").replace("\tb", "\t\tb"), "delimiter: whitespace"),
    "Orange": ("t.tab", ORANGE.replace(",", "\t"), ""),
    "Orange in csv": ("t.csv", ORANGE, ""),
    "all at once": (
        "t.dat",
        ("# by me\nEin Gerät\n" + PLAIN.replace(",", " ")).encode("cp1252"),
        "skip_rows: 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_init_finds_the_layout_that_train_predict_and_evaluate_read(
    name, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    file, content, key = LAYOUTS[name]
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert run(["init", file, "--target", "art", "-o", "t.yaml"]) == 0
    said = capfd.readouterr().err
    config = Path("t.yaml").read_text(encoding="utf-8")
    assert f"  {key}" in config
    assert not key or f"data.{key}" in said
    assert run(["train", "t.yaml", *QUICK]) == 0
    for given in (file, "plain.csv", "out.csv"):
        Path("plain.csv").write_text(PLAIN, encoding="utf-8-sig")
        out = "out.csv" if given != "out.csv" else "again.csv"
        assert run(["predict", "runs/t-001", given, "-o", out]) == 0, capfd.readouterr().err
        with Path(out).open(encoding="utf-8-sig", newline="") as text:
            assert text.readline().startswith(HEAD.rstrip().replace(",", text_delimiter(out)))
        evaluate = ["evaluate", "runs/t-001", "--no-plots", "--data", given]
        assert run(evaluate) == 0, capfd.readouterr().err
        assert "no training row had" not in capfd.readouterr().err


def text_delimiter(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as text:
        return csv.Sniffer().sniff(text.readline(), ",;").delimiter


@pytest.mark.parametrize(
    ("content", "options", "key"),
    [
        (PLAIN.encode("cp1250"), ["--encoding", "cp1250"], "encoding: cp1250"),
        ("* by me\n" + PLAIN, ["--comment", "*"], "comment: '*'"),
        ("a,b,c,d\n" + PLAIN, ["--skip-rows", "1"], "skip_rows: 1"),
        (PLAIN.replace(",", " "), ["--delimiter", "whitespace"], "delimiter: whitespace"),
    ],
)
def test_layout_is_an_option_of_init(content, options, key, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert run(["init", "t.csv", "--target", "art", *options]) == 0, capfd.readouterr().err
    assert key in Path("t.yaml").read_text(encoding="utf-8")
    assert run(["validate", "t.yaml"]) == 0, capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--encoding", "latin-99"], "--encoding: expected one of utf-8, utf-16, cp1252"),
        (["--encoding", "base64"], "found 'base64'"),
        (["--delimiter", "::"], "--delimiter: expected one character, or whitespace, found '::'"),
        (["--comment", " "], "--comment: expected a sign such as '#'"),
        (["--decimal", ",", "--delimiter", ","], "delimiter and decimal are the same"),
        (["--skip-rows", "0"], "if that is a title, take it out or say data.skip_rows: 1"),
    ],
)
def test_what_init_was_told_stands(options, message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("A report\n" + PLAIN, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "art", *options]) == 2
    assert message in capfd.readouterr().err


def test_a_title_that_may_be_the_header_is_named(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("art\n" + ROWS, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "art"]) == 2
    err = capfd.readouterr().err
    assert "(the first line was taken for a title: --skip-rows 0 if it has the names)" in err


def test_init_hints_at_a_first_row_of_data(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{'xbf'[i % 3]},{'sy'[i % 2]},{'pe'[i % 5 % 2]}\n" for i in range(40))
    Path("t.csv").write_text(rows, encoding="utf-8")
    assert run(["init", "t.csv"]) == 2
    assert "the first row looks like the others: --no-header" in capfd.readouterr().err
    assert run(["init", "t.csv", "--target", "p"]) == 0
    assert "data.header: false if it is data" in capfd.readouterr().err
    assert "data.header: false if it is data" in Path("t.yaml").read_text(encoding="utf-8")
    assert run(["validate", "t.yaml"]) == 0
    assert "data.header: false if it is data" in capfd.readouterr().err


def test_init_takes_the_target_that_orange_marks(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.tab").write_text(ORANGE.replace(",", "\t"), encoding="utf-8")
    assert run(["init", "t.tab"]) == 0, capfd.readouterr().err
    assert "target: art" in Path("t.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("encoding: klingon", "data: encoding: expected one of utf-8"),
        ("delimiter: ab", "data: delimiter: expected one character, or whitespace, found 'ab'"),
        ("comment: ''", "data: comment: expected a sign"),
        ("skip_rows: -1", "data.skip_rows: expected an integer >= 0, found -1"),
    ],
)
def test_layouts_that_cannot_be_are_refused_at_the_key(key, message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(PLAIN, encoding="utf-8")
    Path("t.yaml").write_text(f"data:\n  path: t.csv\n  target: art\n  {key}\n", encoding="utf-8")
    assert run(["validate", "t.yaml"]) == 2
    assert message in capfd.readouterr().err
