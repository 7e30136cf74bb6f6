"""Runs whose bytes were changed: the answer that they gave before, or a line and exit code 4."""

import dataclasses
import functools
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hostile import damaged, nncli

from nncli.artifacts import learning_curves
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.errors import CorruptRun

COMMANDS = {
    "evaluate": ("evaluate", "run", "--no-plots", "--json"),
    "predict": ("predict", "run", "table.csv", "--probabilities"),
    "plot-loss": ("plot-loss", "run", "-o", "curves.png"),
    "compare": ("compare", "run", "--json"),
    "trace": ("trace", "run", "--format", "json"),
    "explain": ("explain", "run"),
    "export": ("export", "run", "--to", "numpy"),
    "pytorch": ("export", "run", "--to", "pytorch"),
    "watch": ("watch", "run"),
    "resume": ("train", "--resume", "run", "--set", "training.epochs=5", "--quiet"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with two runs of one config that differ by their seed, `1` and `2`."""
    folder = tmp_path_factory.mktemp("trained")
    rows = [f"{i % 7},{i * 3 % 11},{'pqr'[i % 3]},{'yes' if i * i % 5 < 2 else 'no'}\n"
            for i in range(40)]  # fmt: skip
    (folder / "table.csv").write_text("a,b,c,y\n" + "".join(rows))
    (folder / "it.yaml").write_text(
        "data: {path: table.csv, target: y}\n"
        "network: {hidden: [3, {type: dropout, rate: 0.1}]}\n"
        "training: {epochs: 3, batch_size: 8, early_stopping: {patience: 9}}\n"
        "output: {plots: []}\n"
    )
    for seed in (1, 2):
        arguments = ("--set", f"seed={seed}", "--runs-dir", folder / str(seed))
        assert nncli("train", folder / "it.yaml", *arguments, "--quiet").code == 0
        (folder / str(seed) / "it-001").rename(folder / f"run-{seed}")
    return folder


def files_of(run):
    """Every file's content, by its path inside."""
    paths = [path for path in sorted(run.rglob("*")) if path.is_file()]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def answer(trained, tmp_path, monkeypatch):
    """answer(command): how it ends on the folder `run`, and what it leaves behind."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(trained / "table.csv", tmp_path)
    shown = []
    monkeypatch.setattr(learning_curves, "draw_curves", lambda *asked: shown.append(repr(asked)))

    def call(command):
        shown.clear()
        ended = nncli(*COMMANDS[command])
        left = []
        if command == "resume" and ended.code == 0:
            reader = RunReader(RunDirectory.open(tmp_path / "run"))
            curves = {k: v for k, v in reader.curves().columns.items() if k != "seconds"}
            left = [reader.theta.tobytes(), repr(curves)]
        return ended, (ended.code, ended.out, *shown, *left)

    return call


def put(original, tmp_path):
    """A fresh copy of a run, as `run`."""
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    return Path(shutil.copytree(original, tmp_path / "run"))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_answers_wrongly_from_a_changed_file(
    command, answer, trained, tmp_path, amount, tried
):
    put(trained / "run-1", tmp_path)
    _, right = answer(command)
    assert right[0] == 0
    contents, others = files_of(trained / "run-1"), files_of(trained / "run-2")
    chance, refused, count = random.Random(command), 0, 0
    for name, content in contents.items():
        swaps = [others[name], random.Random(name).choice(list(contents.values())), None]
        flips = [damaged(content, chance) for _ in range(amount(1, 40))]
        for changed in (*swaps, *flips):
            run = put(trained / "run-1", tmp_path)
            if changed is None:
                (run / name).unlink()
            else:
                (run / name).write_bytes(changed)
            ended, found = answer(command)
            count += 1
            if found != right:
                assert ended.code == 4, (name, changed, ended)
                assert ended.err.startswith("run")
                ended.assert_one_line_errors()
                refused += 1
    assert refused > count / 4
    tried(count, f"{refused:,} refused with exit code 4, the others answered as before")


@functools.cache
def config_of(text, run):
    """What a run's config says, as recorded and as used: the same for the same text."""
    reader = RunReader(RunDirectory.open(run))
    return reader._recorded, reader.config


def all_that_is_read(run):
    """All that any command reads of a run, comparable."""
    reader = RunReader(RunDirectory.open(run))
    reader._recorded, reader.config = config_of(reader.run.read("config.resolved.yaml"), run)
    others = [reader.run.read(name) for name in ("config.yaml", "fingerprints.csv")]
    texts = [*others, reader.config[1].text, reader.environment()]
    shown = [reader.curves(), reader.summary()]
    state, beside = reader.checkpoint()
    rows = reader.built.rows
    arrays = [reader.theta, state.theta, *state.slots.values(), rows.train, rows.val, rows.test]
    return (
        [*texts, *shown, state.best, state.step, state.shuffle.bit_generator.state, beside],
        dataclasses.astuple(reader.built.preprocessing),
        [array.tobytes() for array in (*arrays, np.asarray(reader.built.table.x))],
    )


def test_no_changed_byte_is_believed(trained, tmp_path, amount, tried):
    run = put(trained / "run-1", tmp_path)
    right = all_that_is_read(run)
    contents, others = files_of(run), files_of(trained / "run-2")
    chance, count, refused = random.Random(4), amount(500, 100_000), 0
    for number in range(count):
        name = chance.choice(list(contents))
        of_another = chance.choice([others[name], *contents.values()])
        changed = damaged(contents[name], chance, of_another)
        (run / name).write_bytes(changed)
        try:
            assert all_that_is_read(run) == right, (number, name, changed)
        except CorruptRun as error:
            refused += 1
            (line,) = error.lines()
            assert line.startswith(str(run)), line
            assert line.isprintable(), line
        (run / name).write_bytes(contents[name])
    assert refused > 0.9 * count
    tried(count, f"{refused:,} refused; the others read as before")
