"""nncli init: a starter for every dataset, each of them valid as it stands."""

import pytest

from nncli.cli.main import run
from nncli.registry import aliases_of, members

DATASETS = [name for name in members("dataset") if name != "inline"]


@pytest.mark.parametrize("name", DATASETS)
def test_starter_of_every_dataset_is_valid(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--dataset", name]) == 0
    assert run(["validate", f"{name}.yaml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"{name}.yaml: valid" in out


@pytest.mark.parametrize("name", DATASETS)
def test_starter_has_no_trailing_blanks_and_no_tabs(name, capsys):
    assert run(["init", "--dataset", name, "-o", "-"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line == line.rstrip() and "\t" not in line for line in lines)


def test_alias_gives_the_starter_of_its_dataset(capsys):
    alias = aliases_of(members("dataset")["xor_gate"])[0]
    assert run(["init", "--dataset", alias, "-o", "-"]) == 0
    assert "dataset: xor_gate" in capsys.readouterr().out


def test_existing_file_is_kept(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text("mine", encoding="utf-8")
    assert run(["init", "-o", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert capsys.readouterr().err == f"{path}: exists already; choose another file with -o\n"


@pytest.mark.parametrize("name", ["inline", "irsi", ""])
def test_dataset_without_a_starter_is_a_user_error(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--dataset", name]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
