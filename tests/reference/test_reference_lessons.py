"""configs/lessons/: each can be copied, with its table, and is valid; what they show is in
tests/exercises/."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from config_runs import run

from nncli.cli.main import run as cli
from nncli.starter.lessons import lesson, lesson_tables, lessons


def test_the_perceptron_s_rule_by_hand():
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])  # the last is what b takes
    t, w, wrong = np.array([0, 1, 1, 1]), np.zeros(3), []
    for _ in range(6):
        o = (x @ w > 0).astype(int)
        wrong.append(int((o != t).sum()))
        w = w + (t - o) @ x
    assert wrong == [3, 1, 1, 1, 0, 0]
    found = run("lessons/perceptron_or")
    tensors = found.tensors
    assert [*tensors["output/W"].ravel(), *tensors["output/b"]] == w.tolist()
    assert found.reports[-2].metrics["accuracy"] == 1.0


def test_the_perceptron_s_rule_row_by_row_ends_without_a_mistake():
    one_by_one = ("training.batch_size=1", "optimizer.learning_rate=1", "training.epochs=20")
    found = run("lessons/perceptron_or", *one_by_one)
    assert found.last.metrics["accuracy"] == 1.0
    assert all(value == round(value) for value in found.tensors["output/W"].ravel())


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_is_said_in_a_line_and_can_be_copied(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert lessons()[name].endswith((".", "0."))
    assert cli(["init", "--lesson", name]) == 0
    assert (tmp_path / f"{name}.yaml").read_text() == lesson(name)
    assert cli(["validate", f"{name}.yaml"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.yaml",
        *lesson_tables(lesson(name)),
    }


def test_what_a_lesson_proposes_to_set_can_be_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    proposed = 0
    for name in lessons():
        head = " ".join(line[2:] for line in lesson(name).splitlines() if line.startswith("#"))
        assert head.count("--set") == sum(it.count("--set") for it in re.findall("`.*?`", head))
        for found in re.findall("`(--set .*?)`", head):
            if not Path(f"{name}.yaml").exists():
                assert cli(["init", "--lesson", name]) == 0
            assert cli(["validate", f"{name}.yaml", *shlex.split(found)]) == 0
            proposed += 1
    assert proposed > 5


def test_lessons_are_listed(capsys):
    assert cli(["list", "lesson"]) == 0
    listed = capsys.readouterr().out
    assert [name for name in lessons() if f"{name} " not in listed] == []
    assert len(lessons()) >= 20


def test_a_table_of_the_user_s_own_is_never_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons.csv").write_text("mine")
    assert cli(["init", "--lesson", "moons_optimizers"]) == 2
    assert "moons.csv: is another table than the lesson's" in capsys.readouterr().err
    assert (tmp_path / "moons.csv").read_text() == "mine"
    assert not (tmp_path / "moons_optimizers.yaml").exists()
    assert cli(["init", "--lesson", "moons_optimizers", "-o", "-"]) == 0
    assert "it reads moons.csv" in capsys.readouterr().err


def test_lessons_that_read_one_table_go_into_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli(["init", "--lesson", "initialization_he"]) == 0
    assert cli(["init", "--lesson", "initialization_zeros"]) == 0
    assert (tmp_path / "circles.csv").is_file()


def test_an_unknown_lesson_is_met_with_the_nearest(capsys):
    assert cli(["init", "--lesson", "mazurr"]) == 2
    assert "unknown lesson 'mazurr' (did you mean 'mazur'?)" in capsys.readouterr().err


def test_a_kind_misspelt_is_told_of_lessons_too(capsys):
    assert cli(["list", "lessn"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("unknown kind 'lessn' (did you mean 'lesson'?); known: layer, ")
    assert said.endswith(", lesson\n")
