"""write_atomic: a file is the old one or the new one, never half."""

import os
from pathlib import Path

import pytest

from nncli.artifacts.files import reporting, sha256, to_json, write_atomic
from nncli.errors import FileFailure


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def refuse(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_content_is_written_and_nothing_else_is_left(file):
    write_atomic(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(file.parent.iterdir()) == [file]


def test_file_that_was_not_there_is_made(tmp_path):
    write_atomic(tmp_path / "fresh", b"")
    assert (tmp_path / "fresh").read_bytes() == b""


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_failure_leaves_the_old_file_and_no_temporary_one(file, monkeypatch, step):
    monkeypatch.setattr(step, refuse)
    with pytest.raises(FileFailure, match="No space left on device"):
        write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_failure_to_write_leaves_the_old_file(file, monkeypatch):
    opened = Path.open

    def open_full(path, *arguments, **options):
        stream = opened(path, *arguments, **options)
        return FullDisk(stream)

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(FileFailure):
        write_atomic(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


class FullDisk:
    """An open file on a disk without room: half of what is written arrives."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()

    def write(self, content):
        self.stream.write(content[: len(content) // 2])
        refuse()


def test_interrupt_leaves_the_old_file_and_no_temporary_one(file, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_content_is_on_the_disk_before_its_name_is(file, monkeypatch):
    order = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda it: (order.append("fsync"), fsync(it))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (order.append("rename"), replace(a, b))[1])
    write_atomic(file, b"new")
    assert order == ["fsync", "rename", "fsync"]  # the last one is the folder's


def test_what_a_killed_process_left_is_no_hindrance(file):
    file.with_name(f".{file.name}.{os.getpid()}.tmp").write_bytes(b"half")
    write_atomic(file, b"new")
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("place", ["nowhere/file", "file/file"])
def test_place_that_can_not_be_written_is_named(file, place):
    with pytest.raises(FileFailure, match=place.partition("/")[0]):
        write_atomic(file.parent / place, b"new")


def test_name_as_long_as_the_file_system_takes_can_be_written(tmp_path):
    write_atomic(tmp_path / ("x" * 255), b"new")


def test_refusal_without_a_path_names_the_one_asked_for():
    with pytest.raises(FileFailure, match=r"^a/b: quota$"), reporting(Path("a/b")):
        raise OSError(122, "quota")


def test_refusal_names_the_file_that_was_meant_not_a_temporary_one():
    with pytest.raises(FileFailure, match=r"^a/b: gone$"), reporting(Path("a/b")):
        raise FileNotFoundError(2, "gone", "a/.7.tmp")


def test_other_errors_pass_as_they_are():
    with pytest.raises(ValueError, match="x"), reporting(Path("a")):
        raise ValueError("x")


def test_json_is_readable_text_that_ends_with_a_newline():
    assert to_json({"имя": [1, None]}) == '{\n  "имя": [\n    1,\n    null\n  ]\n}\n'.encode()


def test_sha256_is_that_of_the_standard():
    # FIPS 180-2, the example of "abc"
    assert sha256(b"abc").startswith("ba7816bf8f01cfea414140de5dae2223")
