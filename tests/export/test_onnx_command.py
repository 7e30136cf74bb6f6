"""`nncli export --to onnx` as its user sees it."""

import json
import sys

import onnx
import pytest

from nncli.artifacts.files import sha256
from nncli.export.onnx import runtime_check

HEAD = "island,bill,mass,sex,kind\n"
ROWS = [
    f"{'ABC'[k % 3]},{30 + k * 0.37:.2f},{3000 + 17 * k},{('male', 'female', '')[k % 3]},"
    f"{'xy'[k * 7 % 5 % 2]}\n"
    for k in range(60)
]
CONFIG = (
    "name: birds",
    "data: {path: birds.csv, target: kind, split: none}",
    "network: {hidden: [4]}",
    "training: {epochs: 3}",
    "output: {plots: []}",
)


@pytest.fixture
def run(folder, write, train):
    (folder / "birds.csv").write_text(HEAD + "".join(ROWS))
    return train(write("birds.yaml", *CONFIG))


def test_a_run_becomes_a_file_that_answers_raw_rows(run, folder, nncli):
    done = nncli("export", run.path, "--to", "onnx", "--check", "birds.csv")
    path = folder / "birds-001.onnx"
    first, note, checked = done.err.splitlines()
    assert (done.code, done.out) == (0, "")
    assert first == (
        f"birds-001.onnx: {path.stat().st_size:,} bytes; 4 inputs, a column each: "
        "island, bill, mass, sex -> label, probabilities"
    )
    assert note == (
        "note: a missing number is NaN, a missing text is ''; texts have no blanks at their ends"
    )
    assert checked.startswith("birds.csv: 60 rows in onnxruntime ")
    assert checked.endswith(", no label differs")


def test_a_threshold_is_said_with_the_name_of_its_class(folder, write, train, nncli):
    (folder / "birds.csv").write_text(HEAD + "".join(ROWS))
    run = train(write("birds.yaml", *CONFIG, "decision: {threshold: 0.3}"))
    done = nncli("export", run.path, "--to", "onnx")
    assert done.err.splitlines()[-1] == "note: 'y' where its probability is above 0.3"


@pytest.mark.parametrize(
    ("labels", "difference", "said"),
    [
        (0, 1e-16, "largest difference of a probability 1.0e-16, no label differs"),
        (1, 1e-16, "1 label differs: NOT the answers of nncli (up to 1e-12)"),
        (2, 1e-16, "2 labels differ: NOT the answers of nncli (up to 1e-12)"),
        (None, 2e-16, "largest relative difference 2.0e-16"),
        (None, 2e-9, "largest relative difference 2.0e-09: NOT the answers of nncli (up to 1e-12)"),
    ],
)
def test_what_a_check_says(labels, difference, said):
    found = runtime_check.Check(3, difference, labels, 1e-12, "1.32")
    assert found.in_words.startswith("3 rows in onnxruntime 1.32: ")
    assert found.in_words.endswith(said)
    assert found.agrees == ("NOT" not in said)


def test_the_file_says_what_it_is(run, folder, nncli):
    assert nncli("export", run.path, "--to", "onnx", "-o", "m.onnx").code == 0
    model = onnx.load("m.onnx")
    onnx.checker.check_model(model, full_check=True)
    said = {each.key: json.loads(each.value) for each in model.metadata_props}
    assert model.producer_name == "nncli"
    assert said["run"] == "birds-001"
    assert said["manifest_sha256"] == sha256((run.path / "manifest.json").read_bytes())
    assert said["classes"] == ["x", "y"]
    assert said["columns"][:2] == [
        {"name": "island", "kind": "categorical", "type": "string", "values": ["A", "B", "C"]},
        {"name": "bill", "kind": "numeric", "type": "float64"},
    ]
    assert said["missing"][:2] == ["", "NA"]
    assert "NaN means missing" in model.doc_string


def test_equal_runs_are_equal_bytes(run, folder, nncli):
    for name in ("1.onnx", "2.onnx"):
        assert nncli("export", run.path, "--to", "onnx", "-o", name).code == 0
    assert (folder / "1.onnx").read_bytes() == (folder / "2.onnx").read_bytes()


def test_nothing_is_written_where_the_table_to_check_can_not_be_read(run, folder, nncli):
    done = nncli("export", run.path, "--to", "onnx", "--check", "none.csv")
    assert (done.code, done.err) == (2, "none.csv: no such file\n")
    assert not list(folder.glob("*.onnx"))


def test_other_answers_are_said_and_end_with_1(run, nncli, monkeypatch):
    monkeypatch.setitem(runtime_check.TOLERANCES, "float64", -1.0)
    done = nncli("export", run.path, "--to", "onnx", "--check", "birds.csv")
    assert done.code == 1
    assert done.err.endswith("no label differs: NOT the answers of nncli (up to -1)\n")


def test_a_check_without_onnxruntime_says_how_to_get_it(run, nncli, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = nncli("export", run.path, "--to", "onnx", "--check", "birds.csv")
    assert done.code == 2
    assert done.err == "--check needs onnxruntime, which isn't installed: pip install onnxruntime\n"


def test_a_check_is_for_onnx_alone(run, nncli):
    done = nncli("export", run.path, "--to", "numpy", "--check", "birds.csv")
    assert (done.code, done.err) == (2, "nncli export: --check is for --to onnx\n")
