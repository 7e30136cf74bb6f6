"""Paths that lead elsewhere: pipes, devices, sockets, folders and links in place of files.

None of them makes nncli wait, is read without end, or has it read or write outside of a run.
"""

import os
import shutil
import socket
from pathlib import Path

import pytest
from hostile import nncli

from nncli.artifacts.run_directory import RunDirectory

SECRET = "root:x:0:0:secret"


def a_pipe(path):
    os.mkfifo(path)


def a_socket(path):
    """Bound by a short name: a socket's path may have 107 letters."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


def a_device(path):
    path.symlink_to("/dev/zero")


def a_folder(path):
    path.mkdir()


def a_link_to_itself(path):
    path.symlink_to(path.name)


def a_link_to_nothing(path):
    path.symlink_to("nowhere")


def a_link_to_a_pipe(path):
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def a_link_to_the_secret(path):
    path.symlink_to(Path.cwd().parent / "secret")


NO_FILES = [
    *(a_pipe, a_socket, a_device, a_folder),
    *(a_link_to_itself, a_link_to_nothing, a_link_to_a_pipe),
]
# where a config or a command names a file: the file, the config's lines, the command
WEIGHTS = "network: {hidden: [], output: {kernel_initializer: {type: from_file, path: %s}}}"
PLACES = {
    "it.yaml": ([], "validate it.yaml"),
    "t.csv": (["data: {path: t.csv, target: y}"], "validate it.yaml"),
    "t.csv.gz": (["data: {path: t.csv.gz, target: y}"], "validate it.yaml"),
    "t.npz": (["data: {path: t.npz, target: y}"], "validate it.yaml"),
    "t.parquet": (["data: {path: t.parquet, target: y}"], "validate it.yaml"),
    "v.csv": (
        ["data: {path: good.csv, target: y, split: {type: fixed, val: v.csv}}"],
        "validate it.yaml",
    ),
    "w.npz": (["data: {dataset: iris}", WEIGHTS % "w.npz"], "validate it.yaml"),
    "w.safetensors": (["data: {dataset: iris}", WEIGHTS % "w.safetensors"], "validate it.yaml"),
    "new.csv": ([], "predict run new.csv"),
    "old.csv": ([], "evaluate run --data old.csv"),
    "answers.csv": ([], "grade answers.csv"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a run of a small table, and the table."""
    folder = tmp_path_factory.mktemp("trained")
    rows = "".join(f"{i % 7},{'yes' if i * i % 5 < 2 else 'no'}\n" for i in range(30))
    (folder / "good.csv").write_text(f"x,y\n{rows}")
    (folder / "it.yaml").write_text(
        "data: {path: good.csv, target: y}\nnetwork: {hidden: []}\n"
        "training: {epochs: 2}\noutput: {plots: []}\n"
    )
    assert nncli("train", folder / "it.yaml", "--runs-dir", folder, "--quiet").code == 0
    return folder


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """The working directory: the table, and a copy of the run as `run`."""
    folder = tmp_path / "inside"
    shutil.copytree(trained / "it-001", folder / "run")
    shutil.copy(trained / "good.csv", folder)
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("make", NO_FILES)
@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_file_is_refused_where_a_user_names_one(name, make, folder, tried):
    if name == "t.parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    lines, command = PLACES[name]
    (folder / "it.yaml").write_text("\n".join(lines)) if lines else None
    make(folder / name)
    ended = nncli(*command.split())
    assert ended.code == 2, ended
    ended.assert_one_line_errors()
    assert name in ended.err
    tried(1)


READ = [  # what evaluate reads of a run
    *("manifest.json", "config.resolved.yaml", "environment.json", "files/1-good.csv"),
    *("split.npz", "preprocessing.json", "model.safetensors", "metrics.json"),
]


def a_link_out_of_the_run(path):
    """The file itself lies outside, as it was: only the link is wrong."""
    target = path.parent.parent.parent / "elsewhere"
    path.with_name("moved").rename(target)
    path.symlink_to(target)


@pytest.mark.parametrize("make", [*NO_FILES, a_link_out_of_the_run])
@pytest.mark.parametrize("name", READ)
def test_what_is_no_file_of_the_run_is_refused_in_one(name, make, folder, tried):
    place = folder / "run" / name
    moved = place.rename(place.with_name("moved"))
    make(place)
    moved.unlink(missing_ok=True)
    ended = nncli("evaluate", "run", "--no-plots")
    assert ended.code == 4, ended
    assert len(ended.err.splitlines()) == 1
    ended.assert_one_line_errors()
    tried(1)


def resealed(folder, name, change):
    """Change a file of the run as its maker could."""
    run = RunDirectory.open(folder / "run")
    run.recover()
    run.write(name, change(run.read(name).decode()).encode())
    run.write_manifest()


RESUME = "train --resume run --set training.epochs=3 --quiet"
OUTSIDE = [
    "../secret.csv",
    "{folder}/../secret.csv",
    "files/../../../secret.csv",
    "link/secret.csv",
]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("command", ["evaluate run", "trace run", RESUME])
def test_table_outside_of_a_run_is_hashed_but_not_shown(path, command, folder, tried):
    (folder.parent / "secret").rename(folder.parent / "secret.csv")
    (folder / "secret.csv").write_text(f"{SECRET},y\n1,{SECRET}\n")
    (folder / "run" / "link").symlink_to(folder.parent)
    named = path.format(folder=folder)
    resealed(
        folder, "config.resolved.yaml", lambda text: text.replace("files/1-good.csv", named, 1)
    )
    ended = nncli(*command.split())
    assert ended.out == b""
    refused = {2: "the data has changed since this run was trained", 4: "leads out of the run"}
    assert ended.err.endswith(refused[ended.code] + "\n"), ended
    tried(1)


@pytest.mark.parametrize("path", ["../secret.npz", "{folder}/../secret.npz", "~/secret.npz"])
def test_weights_outside_of_a_run_are_not_looked_at(path, folder, tried, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    os.mkfifo(folder.parent / "secret.npz")
    start = f"kernel_initializer: {{type: from_file, path: {path.format(folder=folder)}}}"
    resealed(
        folder,
        "config.resolved.yaml",
        lambda text: text.replace("kernel_initializer: ", f"{start}\n    # ", 1),
    )
    ended = nncli("predict", "run", "good.csv")
    assert ended.code == 4, ended
    assert "leads out of it" in ended.err
    tried(1)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "./x", "a//b", ""])
def test_manifest_that_names_a_path_elsewhere_is_refused(name, folder, tried):
    run = RunDirectory.open(folder / "run")
    run.recover()
    run._entries[name] = {"sha256": "0" * 64, "bytes": len(SECRET)}
    run.write_manifest()
    for command in ("predict run good.csv", RESUME):
        ended = nncli(*command.split())
        assert ended.code == 4, ended
        ended.assert_one_line_errors()
    tried(1)


@pytest.mark.parametrize("name", ["evaluation", "checkpoints"])
def test_nothing_is_written_through_a_linked_folder(name, folder, tried):
    outside = folder.parent / "outside"
    outside.mkdir()
    if (folder / "run" / name).exists():
        shutil.copytree(folder / "run" / name, outside, dirs_exist_ok=True)
        shutil.rmtree(folder / "run" / name)
    (folder / "run" / name).symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.rglob("*")}
    for command in ("evaluate run --no-plots", RESUME):
        ended = nncli(*command.split())
        assert "Traceback" not in ended.err
        assert {path: path.read_bytes() for path in outside.rglob("*")} == before
    tried(1)


def test_link_in_place_of_a_report_is_replaced_and_not_followed(folder, tried):
    victim = folder.parent / "secret"
    (folder / "run" / "evaluation").mkdir()
    (folder / "run" / "evaluation" / "test.json").symlink_to(victim)
    nncli("evaluate", "run", "--no-plots")
    assert victim.read_text() == SECRET
    tried(1)


def complaints(ended):
    """What a command said on stderr, but for what it thinks of so short a training."""
    return [line for line in ended.err.splitlines() if not line.startswith("warning: no epoch was")]


@pytest.mark.parametrize("make", [*NO_FILES, a_link_to_the_secret])
@pytest.mark.parametrize("name", ["metrics.csv", "checkpoints/last.safetensors"])
def test_what_lies_where_a_file_is_to_be_written_is_not_written_through(name, make, folder, tried):
    place = folder / "run" / f"{name}.next"
    make(place)
    ended = nncli(*RESUME.split())
    if make is a_folder:
        assert (ended.code, ended.err) == (74, f"run/{name}.next: Is a directory\n")
        assert nncli("evaluate", "run", "--no-plots").code == 0
    else:
        assert (ended.code, complaints(ended)) == (0, [])
        assert not os.path.lexists(place)
    assert (folder.parent / "secret").read_text() == SECRET
    tried(1)


def test_link_in_place_of_the_picture_is_replaced_and_not_followed(trained, folder, tried):
    shutil.copy(trained / "it.yaml", folder)
    victim = folder.parent / "secret"
    draws = ("--set", "output.plots=[loss]")
    assert nncli("train", "it.yaml", "--runs-dir", ".", "--quiet", *draws).code == 0
    picture = folder / "it-001" / "plots" / "loss.png"
    picture.unlink()
    picture.symlink_to(victim)
    for command in ("evaluate it-001 --no-plots", RESUME.replace("run", "it-001")):
        ended = nncli(*command.split())
        assert (ended.code, complaints(ended)) == (0, [])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not picture.is_symlink()
    assert victim.read_text() == SECRET
    tried(1)
