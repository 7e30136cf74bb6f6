"""write_atomic: a file is the old one or the new one, never half."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from nncli.artifacts import files
from nncli.artifacts.files import (
    ensure_space,
    make_folder,
    remove_stale,
    replacing,
    sha256,
    to_json,
    translating_os_errors,
    write_atomic,
)
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


@pytest.mark.parametrize("step", ["os.fsync", "os.replace"])
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

    def __getattr__(self, name):
        return getattr(self.stream, name)

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
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda it: (order.append("fsync"), fsync(it))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append("rename"), replace(a, b))[1])
    write_atomic(file, b"new")
    assert order == ["fsync", "rename", "fsync"]  # the last one is the folder's


def test_sweeping_removes_what_a_killed_process_left_and_spares_what_is_written(tmp_path):
    (tmp_path / "below").mkdir()
    for place in (tmp_path, tmp_path / "below"):
        (place / ".nncli-0123abcd.tmp").write_bytes(b"half")
        (place / "notes.tmp").write_bytes(b"the user's")
    with replacing(tmp_path / "below" / "file") as file:
        file.write(b"whole")
        remove_stale(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"notes.tmp", "below", "below/notes.tmp", "below/file"}


def test_sweeping_follows_no_link_and_waits_for_no_pipe(tmp_path, file):
    (tmp_path / ".nncli-1.tmp").symlink_to(file)
    os.mkfifo(tmp_path / ".nncli-2.tmp")
    remove_stale(tmp_path)
    assert file.read_bytes() == b"old"


def test_file_swept_before_it_was_locked_is_made_again(file, monkeypatch):
    lock, swept = fcntl.flock, []

    def lock_late(descriptor, kind):
        if not swept:
            swept.extend(file.parent.glob(".nncli-*.tmp"))
            swept[0].unlink()
        lock(descriptor, kind)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    write_atomic(file, b"new")
    assert (len(swept), file.read_bytes()) == (1, b"new")


def test_file_system_without_locks_is_written_to_all_the_same(file, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse)
    write_atomic(file, b"new")
    assert file.read_bytes() == b"new"


def test_every_folder_that_is_made_is_flushed_into_the_one_above(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(files, "sync_folder", flushed.append)
    make_folder(tmp_path / "a" / "b")
    assert flushed == [tmp_path, tmp_path / "a"]
    make_folder(tmp_path / "a" / "b")
    assert len(flushed) == 2


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_file_system_that_can_not_flush_a_folder_is_left_alone(file, monkeypatch, number):
    def refuse_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomic(file, b"new")
    assert file.read_bytes() == b"new"


def test_folder_that_may_be_written_but_not_read_is_not_flushed(file, monkeypatch):
    open_, refused = os.open, []

    def refuse_folders(path, flags, *others, **more):
        if os.path.isdir(path):
            refused.append(path)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_(path, flags, *others, **more)

    monkeypatch.setattr(os, "open", refuse_folders)
    write_atomic(file, b"new")
    assert (file.read_bytes(), refused) == (b"new", [file.parent])


def test_folder_that_fails_to_be_flushed_is_a_file_failure(file, monkeypatch):
    def fail_for_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    with pytest.raises(FileFailure, match=f"^{file}: Input/output error$"):
        write_atomic(file, b"new")


def test_room_that_is_there_leaves_no_trace_and_room_that_is_not_is_named(tmp_path):
    ensure_space(tmp_path, 4096)
    with pytest.raises(FileFailure, match=f"^{tmp_path}: No space left"):
        ensure_space(tmp_path, shutil.disk_usage(tmp_path).total)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("number", "is_refused"), [(errno.EDQUOT, True), (errno.ENOTSUP, False), (errno.EFBIG, False)]
)
def test_quota_is_found_and_a_file_system_that_reserves_nothing_believed(
    tmp_path, monkeypatch, number, is_refused
):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(FileFailure) if is_refused else contextlib.nullcontext():
        ensure_space(tmp_path, 4096)
    monkeypatch.delattr(os, "posix_fallocate")
    ensure_space(tmp_path, 4096)


def test_room_is_asked_for_from_the_first_byte_to_the_last(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "posix_fallocate", lambda _, *range_: asked.append(range_))
    for size in (4096, 0):  # no bytes at all can't be asked for
        ensure_space(tmp_path, size)
    assert asked == [(0, 4096), (0, 1)]


def test_room_is_what_this_user_may_take_and_unknown_where_a_disk_tells_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.delattr(os, "posix_fallocate")
    disk = SimpleNamespace(f_blocks=1, f_bavail=2, f_frsize=512)
    monkeypatch.setattr(os, "statvfs", lambda path: disk)
    ensure_space(tmp_path, 1024)
    with pytest.raises(FileFailure, match=f"^{tmp_path}: No space left on device$"):
        ensure_space(tmp_path, 1025)
    disk.f_blocks = disk.f_bavail = 0  # as FUSE file systems say
    ensure_space(tmp_path, 1025)


@pytest.mark.parametrize("place", ["nowhere/file", "file/file"])
def test_place_that_can_not_be_written_is_named(file, place):
    with pytest.raises(FileFailure, match=place.partition("/")[0]):
        write_atomic(file.parent / place, b"new")


def test_name_as_long_as_the_file_system_takes_can_be_written(tmp_path):
    write_atomic(tmp_path / ("x" * 255), b"new")


def test_refusal_without_a_path_names_the_one_asked_for():
    with pytest.raises(FileFailure, match=r"^a/b: quota$"), translating_os_errors(Path("a/b")):
        raise OSError(122, "quota")


def test_refusal_names_the_file_that_was_meant_not_a_temporary_one():
    with pytest.raises(FileFailure, match=r"^a/b: gone$"), translating_os_errors(Path("a/b")):
        raise FileNotFoundError(2, "gone", "a/.7.tmp")


def test_other_errors_pass_as_they_are():
    with pytest.raises(ValueError, match="x"), translating_os_errors(Path("a")):
        raise ValueError("x")


def test_json_is_readable_text_that_ends_with_a_newline():
    assert to_json({"имя": [1, None]}) == '{\n  "имя": [\n    1,\n    null\n  ]\n}\n'.encode()


def test_sha256_is_that_of_the_standard():
    # FIPS 180-2, the example of "abc"
    assert sha256(b"abc").startswith("ba7816bf8f01cfea414140de5dae2223")
