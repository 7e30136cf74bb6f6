"""`nncli export`: a run as one NumPy script."""

import subprocess
import sys

import pytest
from waiting import PATIENCE


@pytest.fixture
def gate_run(train, gate):
    """A run that trains in milliseconds."""
    return train(gate)


def test_the_script_goes_to_stdout_and_nothing_else(nncli, gate_run):
    done = nncli("export", gate_run.path, "--to", "numpy")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith('"""gate: a network written out in NumPy')
    assert done.out.endswith("    train()\n")


def test_a_file_is_written_whole_and_named_in_the_script(nncli, gate_run, folder):
    done = nncli("export", gate_run.path, "--to", "numpy", "-o", "lesson.py")
    page = (folder / "lesson.py").read_text(encoding="utf-8")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"lesson.py: {page.count(chr(10))} lines; run it with: python lesson.py\n"
    assert "python lesson.py" in page


def test_a_dash_is_stdout_and_no_file(nncli, gate_run, folder):
    printed = nncli("export", gate_run, "--to", "numpy")
    assert nncli("export", gate_run, "--to", "numpy", "-o", "-").out == printed.out
    done = nncli("export", gate_run, "--to", "onnx", "-o", "-")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert not (folder / "-").exists()


def test_the_file_prints_the_columns_of_metrics_csv(nncli, gate_run, folder):
    nncli("export", gate_run.path, "--to", "numpy", "-o", "lesson.py")
    done = subprocess.run(
        [sys.executable, "lesson.py"], cwd=folder, capture_output=True, text=True, timeout=PATIENCE
    )
    rows = [f"{row['epoch']},{row['loss']}" for row in gate_run.rows]
    assert done.stdout.splitlines() == ["epoch,loss", *rows]


def test_a_run_that_moved_is_exported_all_the_same(nncli, iris_copy):
    done = nncli("export", iris_copy.path, "--to", "numpy")
    assert (done.code, done.err) == (0, "")


def test_a_format_has_to_be_chosen(nncli, gate_run):
    done = nncli("export", gate_run.path)
    assert (done.code, done.out) == (2, "")
    assert "--to" in done.err
    assert nncli("export", gate_run.path, "--to", "torch").code == 2


def test_what_is_no_run_is_refused(nncli, gate):
    said = {
        "nowhere": "no such run directory",
        gate: f"expected a run directory, found a file; a config leaves one: nncli train {gate}",
    }
    for path, why in said.items():
        done = nncli("export", path, "--to", "numpy")
        assert (done.code, done.out, done.err) == (2, "", f"{path}: {why}\n")


def test_a_damaged_run_is_refused(nncli, gate_run):
    (gate_run.path / "metrics.csv").write_text("epoch,loss\n0,0.5\n")
    done = nncli("export", gate_run.path, "--to", "numpy")
    assert done.code == 4
    assert "metrics.csv" in done.err


def test_a_file_that_cannot_be_written_is_said_so(nncli, gate_run):
    done = nncli("export", gate_run.path, "--to", "numpy", "-o", "nowhere/lesson.py")
    assert (done.code, done.err) == (74, "nowhere/lesson.py: No such file or directory\n")


def test_a_resumed_run_is_one_run(nncli, gate_run):
    more = ("--set", "training.epochs=7", "--quiet")
    assert nncli("train", "--resume", gate_run.path, *more).code == 0
    done = nncli("export", gate_run.path, "--to", "numpy")
    assert "for epoch in range(1, 8):" in done.out
