"""`nncli explain`: formulas in force, and the same elsewhere."""

import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "explain" / "golden"
DEEP = """\
data: {dataset: iris}
network:
  hidden:
    - {type: dense, units: 16, activation: identity, kernel_regularizer: {type: l2, l2: 0.02}}
    - {type: batch_norm}
    - {type: activation}
    - {type: dropout, rate: 0.2}
optimizer: {type: adamw, learning_rate: 0.003}
schedule: {type: cosine, warmup: 5}
training: {epochs: 100, clip_grad_norm: 1.0, early_stopping: {patience: 20}}
"""


@pytest.fixture
def deep(folder):
    path = folder / "deep.yaml"
    path.write_text(DEEP, encoding="utf-8")
    return path


def as_written_down(name: str, text: str) -> bool:
    golden = GOLDEN / name
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    return text == golden.read_text(encoding="utf-8")


def test_iris_is_explained_as_written_down(nncli, configs):
    assert as_written_down("explain_iris.txt", nncli("explain", configs / "iris.yaml").out)


def test_a_deep_network_is_explained_as_written_down(nncli, deep):
    assert as_written_down("explain_deep.txt", nncli("explain", deep).out)


def test_no_line_is_wider_than_a_terminal(nncli, deep, configs):
    for path in (deep, *sorted(configs.glob("*.yaml"))):
        wide = [line for line in nncli("explain", path).out.splitlines() if len(line) > 99]
        assert not wide


def test_one_library_can_be_asked_for(nncli, configs):
    done = nncli("explain", configs / "iris.yaml", "--in", "pytorch", "--json")
    assert list(done.json["equivalents"]) == ["pytorch"]
    assert {"section", "name", "formula"} == set(done.json["formulas"][0])


def test_a_runs_formulas_are_its_configs(nncli, train, gate):
    run = train(gate)
    assert nncli("explain", run.path).out == nncli("explain", gate).out


def test_a_changed_key_changes_the_formula(nncli, gate):
    done = nncli("explain", gate, "--set", "optimizer={type: sgd, momentum: 0.75}")
    assert "v <- 0.75 * v + lr * g" in done.out


def test_an_unknown_library_is_a_mistake(nncli, gate):
    done = nncli("explain", gate, "--in", "caffe")
    assert done.code == 2
    assert "caffe" in done.err
