"""A class that a split lacks: its rows count 0, what is undefined is explained, not compared."""

import re

import pytest

from nncli.cli.main import run

CONFIG = """\
data: {path: t.csv, target: y, split: {type: fixed, column: part}}
training: {epochs: 2}
"""


@pytest.fixture
def one_class_is_left_out(tmp_path, monkeypatch):
    """A function that writes a table whose named splits have rows of one class alone."""
    monkeypatch.chdir(tmp_path)

    def write(*parts):
        rows = [
            f"{i % 7},{part},{'ill' if i % 3 == 0 and part not in parts else 'well'}"
            for part, count in (("train", 60), ("val", 24), ("test", 24))
            for i in range(count)
        ]
        (tmp_path / "t.csv").write_text("\n".join(["x,part,y", *rows, ""]))
        (tmp_path / "t.yaml").write_text(CONFIG)

    return write


def test_undefined_metric_is_explained_and_not_called_no_better(one_class_is_left_out, capsys):
    one_class_is_left_out("test")
    assert run(["train", "t.yaml", "--quiet"]) == 0
    capsys.readouterr()
    assert run(["evaluate", "runs/t-001", "--no-plots"]) == 0
    out = capsys.readouterr().out
    undefined = "roc_auc, average_precision, matthews_corrcoef"
    assert f"note: {undefined}: undefined on these rows: they have one class only" in out
    assert not re.search("(No better|Worse) than .*(roc_auc|average_p|matthews)", out)
    assert re.search(r"^well +24 ", out, re.MULTILINE)
    assert re.search(r"^ill +0 ", out, re.MULTILINE)


@pytest.mark.parametrize("part", ["train", "val"])
def test_training_says_before_it_starts_why_a_metric_is_nan(part, one_class_is_left_out, capsys):
    one_class_is_left_out(part)
    assert run(["validate", "t.yaml"]) == 0
    err = capsys.readouterr().err
    rows = {"train": "60 training rows", "val": "24 validation rows"}[part]
    assert f"roc_auc is undefined (nan) on the {rows}: they have one class only" in err
    split = {"train": "training", "val": "validation"}[part]
    assert f"class 'ill' has no {split} row" in err
