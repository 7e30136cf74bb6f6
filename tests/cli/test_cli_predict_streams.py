"""Predictions through pipes, and in formats that know numbers from texts."""

import gzip
import io
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from pyarrow import feather, parquet, table

from nncli.cli.main import COMMANDS
from nncli.cli.main import run as main

ROWS = [f"{i % 7 + 0.5},{i % 3},0{i % 5}501,{'ab'[i % 2]}" for i in range(60)]
TABLE = "x,count,zip,y\n" + "\n".join(ROWS)
CONFIG = """\
data: {path: t.csv, target: y, columns: {zip: categorical}}
network: {hidden: [4]}
training: {epochs: 2}
output: {plots: []}
"""


@pytest.fixture
def run(nncli, write):
    write("t.csv", TABLE)
    done = nncli("train", write("c.yaml", CONFIG), "--json", "-q")
    assert done.code == 0, done.err
    return Path(done.json["run"])


@pytest.fixture
def typed_in(monkeypatch):
    """Give the next command a standard input."""

    def give(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return give


def test_rows_of_standard_input_are_predicted_as_those_of_a_file(nncli, run, typed_in):
    typed_in(TABLE.encode())
    done = nncli("predict", run, "-")
    assert (done.code, done.err) == (0, "")
    assert done.out == nncli("predict", run, "t.csv").out


def test_output_that_takes_text_alone_is_no_bug(run, monkeypatch, capsys):
    """As in a notebook, whose stdout has no buffer of bytes."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["predict", str(run), "t.csv"]) == 2
    assert "choose a file with -o" in capsys.readouterr().err
    assert main(["predict", str(run), "t.csv", "-o", "out.csv"]) == 0
    assert Path("out.csv").exists()


def test_rows_of_standard_input_are_evaluated_as_those_of_a_file(nncli, run, typed_in):
    typed_in(TABLE.encode())
    done = nncli("evaluate", run, "--data", "-", "--json", "--no-plots")
    of_file = nncli("evaluate", run, "--data", "t.csv", "--json", "--no-plots").json
    assert done.json["metrics"] == of_file["metrics"]
    assert done.json["split"] == "standard input"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE.replace("1.5,1", "abc,1", 1), "standard input:3: column 'x': expected a number, "),
        (TABLE.replace("\n", "\n1,2\n", 1), "standard input:2: expected 4 cells, as in the first "),
        ("", "standard input: the file is empty"),
        ("x,y\n1,a\n", "standard input: lacks columns 'count', 'zip'; it has 'x', 'y'"),
        ("x,count,zip,y\n\xe9,1,2,a\n".encode("latin-1"), "standard input:2: byte 0xe9 is not"),
    ],
)
@pytest.mark.parametrize("command", [("predict",), ("evaluate", "--data")])
def test_what_is_wrong_in_standard_input_is_placed(nncli, run, typed_in, command, content, said):
    typed_in(content if isinstance(content, bytes) else content.encode())
    first, *option = command
    done = nncli(first, run, *option, "-")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)


def test_standard_input_may_hold_any_format_that_is_read(nncli, run, typed_in):
    expected = nncli("predict", run, "t.csv").out.splitlines()
    pandas.read_csv("t.csv", dtype={"zip": str}).to_parquet("t.parquet")
    typed_in(Path("t.parquet").read_bytes())
    done = nncli("predict", run, "-", "--format", "parquet")
    last = [line.rpartition(",")[2] for line in done.out.splitlines()]
    assert last == [line.rpartition(",")[2] for line in expected]
    typed_in(b"")
    done = nncli("predict", run, "t.csv", "--format", "csv")
    assert done.err == (
        "nncli predict: --format is for standard input: a file's name says its own\n"
    )


def test_rows_to_predict_are_not_overwritten_through_a_redirection(run, tmp_path):
    before = Path("t.csv").read_bytes()
    with Path("t.csv").open("rb") as rows:
        done = subprocess.run(
            [sys.executable, "-m", "nncli", "predict", run, "-", "-o", "t.csv"],
            stdin=rows,
            capture_output=True,
        )
    assert done.returncode == 2
    assert b"these are the rows to predict" in done.stderr
    assert Path("t.csv").read_bytes() == before


def test_a_reader_that_goes_away_is_no_error(run):
    command = [sys.executable, "-m", "nncli", "predict", run, "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        process.stdout.close()
        process.stdin.write("\n".join([TABLE, *ROWS * 2000]).encode())
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


READERS = {
    "out.parquet": parquet.read_table,
    "out.feather": feather.read_table,
    "out.jsonl": lambda path: table(
        pandas.read_json(path, lines=True, dtype=False, precise_float=True)
    ),
    "out.jsonl.gz": lambda path: table(
        pandas.read_json(path, lines=True, dtype=False, precise_float=True)
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_numbers_are_written_as_numbers_and_texts_as_texts(nncli, run, write, name):
    write("n.csv", "x,count,zip,y,note", *(f"{row},n{i}" for i, row in enumerate(ROWS)))
    done = nncli("predict", run, "n.csv", "-o", name, "--probabilities")
    assert done.code == 0, done.err
    found = READERS[name](name)
    kinds = {field.name: str(field.type).removeprefix("large_") for field in found.schema}
    assert kinds == {
        "x": "double",
        "count": "int64",
        "zip": "string",
        "y": "string",
        "note": "string",
        "prediction": "string",
        "probability_a": "double",
        "probability_b": "double",
    }
    as_csv = pandas.read_csv(io.StringIO(nncli("predict", run, "n.csv", "--probabilities").out))
    for column in ("x", "count", "note", "prediction", "probability_a"):
        assert found[column].to_pylist() == as_csv[column].tolist()
    assert found["zip"].to_pylist()[:2] == ["00501", "01501"]


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl"])
def test_a_cell_without_a_value_is_null_and_a_column_keeps_its_type(nncli, run, write, name):
    write("new.csv", "x,count,zip,note", "1.5,2,00501,NA", ",NA,00501,", "3.5,4,00501,x")
    assert nncli("predict", run, "new.csv", "-o", name).code == 0
    found = pandas.read_parquet(name) if name.endswith("t") else pandas.read_json(name, lines=True)
    assert found["x"].isna().tolist() == [False, True, False]
    assert found["count"].dropna().tolist() == [2, 4]
    assert found["note"].isna().tolist() == [False, True, False]


def test_columns_of_a_parquet_table_keep_their_types_and_their_index(nncli, run):
    rows = pandas.read_csv("t.csv", dtype={"zip": str}).set_index(pandas.Index(range(100, 160)))
    rows["day"] = date(2026, 3, 1)
    rows["whole"] = np.int32(7)
    rows.to_parquet("t.parquet")
    assert nncli("predict", run, "t.parquet", "-o", "out.parquet").code == 0
    before, after = parquet.read_table("t.parquet"), parquet.read_table("out.parquet")
    assert after.drop_columns(["prediction"]).equals(before)
    found = pandas.read_parquet("out.parquet")
    assert found.index.tolist() == rows.index.tolist()
    assert found["prediction"].isin(["a", "b"]).all()


def test_predicted_classes_that_are_numbers_are_written_as_numbers(nncli, write):
    write("t.csv", re.sub("[ab]$", lambda found: str("ab".index(found[0])), TABLE, flags=re.M))
    run = nncli("train", write("c.yaml", CONFIG), "--json", "-q").json["run"]
    assert nncli("predict", run, "t.csv", "-o", "out.jsonl").code == 0
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert {type(row["prediction"]) for row in rows} == {int}
    assert {type(row["y"]) for row in rows} == {int}


def test_numbers_that_float64_would_round_and_dates_stay_texts(nncli, run, write):
    cells = "1.5,2,00501,9007199254740993,2026-03-01"
    write("n.csv", "x,count,zip,long,day", *[cells] * 3)
    assert nncli("predict", run, "n.csv", "-o", "out.parquet").code == 0
    found = parquet.read_table("out.parquet")
    assert found["long"].to_pylist() == ["9007199254740993"] * 3
    assert found["day"].to_pylist() == ["2026-03-01"] * 3


def test_packed_rows_are_the_same_bytes_at_any_time(nncli, run):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        assert nncli("predict", run, "t.csv", "-o", name).code == 0
    assert Path("a.jsonl.gz").read_bytes() == Path("b.jsonl.gz").read_bytes()
    assert gzip.decompress(Path("a.jsonl.gz").read_bytes()).count(b"\n") == 60


def test_every_command_that_reads_rows_of_a_file_reads_standard_input():
    """evaluate and predict are all that take a table beside a run."""
    import click

    def takes_rows(command):
        return any(option.name in ("file", "data") for option in command.params)

    from nncli.cli.main import cli

    context = click.Context(cli)
    found = [name for name in COMMANDS if takes_rows(cli.get_command(context, name))]
    formats = [
        name
        for name in COMMANDS
        if any(
            option.name in ("input_format", "formats")  # the second: of pictures too
            for option in cli.get_command(context, name).params
        )
    ]
    assert found == formats
