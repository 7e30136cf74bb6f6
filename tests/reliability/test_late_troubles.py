"""Late troubles: what goes wrong once a run is whole takes nothing from it."""

import os
import resource
import signal

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

MAX_FILE_BYTES = 15_000  # bytes: more than any file of a small run has, less than its picture


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))


@pytest.fixture
def surroundings():
    """No byte code is written, which would be cut short as well."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("more", [(), ("--json",), ("--folds", "2")], ids=str)
def test_no_room_for_the_picture_is_a_warning(more, folder, write, process, nncli, surroundings):
    write("it.yaml", "data: {dataset: iris}", "network: {hidden: [2]}", "training: {epochs: 2}")
    arguments = ("train", "it.yaml", "--quiet", *more)
    done = process(*arguments, cwd=folder, env=surroundings, preexec_fn=small_files)
    assert done.code == 0, done.err
    assert "loss" in done.out
    runs = [path.parent for path in (folder / "runs").rglob("split.npz")]
    for line in done.err.splitlines():
        assert line.startswith("warning: ")
        assert line.endswith("File too large")
    study = "--folds" in more  # which has a picture of its own
    assert len(done.err.splitlines()) == len(runs) + study
    for run in runs:
        assert not (run / "plots/loss.png").exists()
        verified = nncli("verify", run, "--quiet")
        assert (verified.code, verified.err) == (0, "")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_is_predicted_from_weights_that_are_not_finite(value, train, write, nncli):
    table = write("t.csv", "x,y", *(f"{i % 9},{i % 3}" for i in range(30)))
    run = train(write("it.yaml", "data: {path: t.csv, target: y}", "training: {epochs: 1}"))
    weights = load_file(run.path / "model.safetensors")
    weights["output/b"][0] = value
    save_file(weights, run.path / "model.safetensors")
    run.write_manifest()
    done = nncli("predict", run.path, table)
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    assert "model.safetensors: output/b is not finite" in done.err
    assert nncli("evaluate", run.path, "--no-plots").code == 0  # whose figures say so
