"""RunDirectory: numbered, locked, sealed."""

import fcntl
import hashlib
import json
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from waiting import PATIENCE

from nncli.artifacts import atomic_directory, path_safety
from nncli.artifacts.atomic_directory import COPY_BYTES, NEXT
from nncli.artifacts.run_directory import RunDirectory
from nncli.errors import CorruptRun, FileFailure, RunInUse, UserError


@pytest.fixture
def run(tmp_path):
    """A sealed run of two files."""
    run = RunDirectory.create(tmp_path, "run")
    run.write("a.txt", b"alpha")
    run.write_json("deep/b.json", {"beta": 1})
    run.write_manifest()
    return run


def test_numbers_go_on_from_the_highest(tmp_path):
    for name in ("iris-001", "iris-007", "iris-2", "iris-x", "iris-old-900", "wine-050"):
        (tmp_path / name).mkdir()
    assert RunDirectory.create(tmp_path, "iris").name == "iris-008"
    assert RunDirectory.create(tmp_path, "wine").name == "wine-051"
    assert RunDirectory.create(tmp_path, "moons").name == "moons-001"


def test_numbers_go_on_beyond_three_digits(tmp_path):
    (tmp_path / "iris-999").mkdir()
    assert [RunDirectory.create(tmp_path, "iris").name for _ in range(2)] == [
        "iris-1000",
        "iris-1001",
    ]


def test_file_with_a_run_s_name_takes_its_number(tmp_path):
    (tmp_path / "iris-001").touch()
    assert RunDirectory.create(tmp_path, "iris").name == "iris-002"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("iris", "iris"),
        ("my run", "my_run"),
        ("a/b\\c", "a_b_c"),
        ("../../etc", "etc"),
        ("..", "run"),
        ("", "run"),
        ("---", "run"),
        ("a*?<>|b", "a_b"),
        ("lr=0.1+x", "lr_0.1+x"),
        ("жизнь", "жизнь"),
        ("x" * 300, "x" * 100),
        ("a\nb\0c", "a_b_c"),
    ],
)
def test_name_becomes_one_that_every_shell_and_file_system_takes(tmp_path, name, stem):
    run = RunDirectory.create(tmp_path, name)
    assert (run.name, run.path.parent) == (f"{stem}-001", tmp_path)


@pytest.mark.parametrize("letter", ["ж", "字", "a\u0301"])
def test_long_name_in_any_letters_fits_a_file_system(tmp_path, letter):
    name = RunDirectory.create(tmp_path, letter * 300).name
    assert len(name.encode()) <= 255
    assert name.endswith("-001")


def test_folder_of_runs_is_made_where_it_is_missing(tmp_path):
    assert RunDirectory.create(tmp_path / "a" / "b", "x").path.is_dir()


def test_folder_under_a_file_is_a_file_failure(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileFailure, match="file"):
        RunDirectory.create(tmp_path / "file" / "runs", "x")


def test_run_at_a_named_place_is_new_and_locked(tmp_path):
    run = RunDirectory.create_at(tmp_path / "fold-1")
    assert run.name == "fold-1"
    with pytest.raises(RunInUse):
        RunDirectory(run.path).lock()
    with pytest.raises(FileFailure, match="fold-1: File exists"):
        RunDirectory.create_at(run.path)


def test_file_in_place_of_the_folder_of_runs_is_named(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(FileFailure, match=r"runs: not a folder$"):
        RunDirectory.create(tmp_path / "runs", "x")


def test_threads_that_create_at_once_get_numbers_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: RunDirectory.create(tmp_path, "x"), range(40)))
    assert {run.name for run in runs} == {f"x-{number:03d}" for number in range(1, 41)}


def test_new_run_is_locked_for_its_maker(tmp_path):
    run = RunDirectory.create(tmp_path, "x")
    with pytest.raises(RunInUse, match="x-001"):
        RunDirectory(run.path).lock()


def test_lock_held_elsewhere_is_respected_and_ends_with_its_holder(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(RunInUse):
        RunDirectory(tmp_path).lock()
    os.close(descriptor)
    RunDirectory(tmp_path).lock()


def test_readers_share_a_lock_that_a_writer_has_to_wait_for(tmp_path):
    readers = RunDirectory(tmp_path), RunDirectory(tmp_path)
    for reader in readers:
        reader.lock(is_shared=True)
    with pytest.raises(RunInUse, match="another process is using this run"):
        RunDirectory(tmp_path).lock()
    for reader in readers:
        reader.unlock()
    RunDirectory(tmp_path).lock()


def test_unlocking_twice_is_unlocking(tmp_path):
    run = RunDirectory(tmp_path)
    run.lock()
    for _ in range(2):
        run.unlock()
    RunDirectory(tmp_path).lock()


def hold(path, ready, wait):
    RunDirectory(path).lock()
    ready.set()
    wait.wait()


def test_lock_of_a_killed_process_is_gone(tmp_path):
    fresh = multiprocessing.get_context("spawn")
    ready, wait = fresh.Event(), fresh.Event()
    process = fresh.Process(target=hold, args=(tmp_path, ready, wait))
    process.start()
    assert ready.wait(PATIENCE)
    with pytest.raises(RunInUse):
        RunDirectory(tmp_path).lock()
    process.kill()
    process.join()
    RunDirectory(tmp_path).lock()


def test_refused_lock_leaves_no_descriptor_open(tmp_path):
    holder = RunDirectory(tmp_path)
    holder.lock()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(RunInUse):
            RunDirectory(tmp_path).lock()
    assert len(os.listdir("/proc/self/fd")) == before


def test_manifest_has_every_file_but_itself(run):
    manifest = json.loads((run.path / "manifest.json").read_bytes())
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in (
            ("a.txt", b"alpha"),
            ("deep/b.json", b'{\n  "beta": 1\n}\n'),
        )
    }


def test_sealed_files_read_back(run):
    again = RunDirectory.open(run.path)
    assert again.read("a.txt") == b"alpha"
    assert again.read_json("deep/b.json") == {"beta": 1}


def test_copy_larger_than_a_piece_is_sealed_as_the_file_it_is_of(run, tmp_path):
    source = tmp_path / "table.csv"
    source.write_bytes(bytes(range(256)) * (COPY_BYTES // 256) + b"end")
    run.copy(source, "deep/table.csv")
    run.write_manifest()
    assert run.read("deep/table.csv") == source.read_bytes()
    assert run.manifest()["deep/table.csv"]["bytes"] == COPY_BYTES + 3


def test_copy_of_a_file_that_can_not_be_read_names_it(run, tmp_path):
    with pytest.raises(FileFailure, match=r"nowhere\.csv: No such file"):
        run.copy(tmp_path / "nowhere.csv", "table.csv")


def test_files_committed_together_are_sealed_and_in_their_places(run):
    run.commit({"a.txt": [b"al", b"pha 2"], "deep/c.txt": [b"gamma"]})
    assert (run.path / "a.txt").read_bytes() == run.read("a.txt") == b"alpha 2"
    assert (run.path / "deep" / "c.txt").read_bytes() == run.read("deep/c.txt") == b"gamma"
    assert run.read_json("deep/b.json") == {"beta": 1}
    assert not list(run.path.rglob(f"*{NEXT}"))


@pytest.fixture
def cut_off(run):
    """A run whose power went out after a commit was saved and before its file had its place."""
    run.commit({"deep/c.txt": [b"new"]})
    (run.path / "deep" / "c.txt").rename(run.path / "deep" / f"c.txt{NEXT}")
    (run.path / "deep" / "c.txt").write_bytes(b"old")
    return RunDirectory.open(run.path)


def test_sealed_file_that_awaits_its_place_is_the_one_that_is_read(cut_off):
    assert cut_off.read("deep/c.txt") == b"new"


def test_file_that_gets_its_place_between_two_looks_is_read(cut_off, monkeypatch):
    waiting, look = cut_off.path / "deep" / f"c.txt{NEXT}", atomic_directory.read_sized

    def look_and_rename(*arguments):
        content = look(*arguments)
        if waiting.exists():
            waiting.rename(cut_off.path / "deep" / "c.txt")
        return content

    monkeypatch.setattr(atomic_directory, "read_sized", look_and_rename)
    assert cut_off.read("deep/c.txt") == b"new"


def test_recovery_puts_sealed_files_in_place_and_drops_those_that_never_were(cut_off):
    (cut_off.path / f"a.txt{NEXT}").write_bytes(b"never sealed")
    (cut_off.path / f"z.txt{NEXT}").write_bytes(b"of no sealed name")
    cut_off.recover()
    assert (cut_off.path / "deep" / "c.txt").read_bytes() == b"new"
    assert cut_off.read("a.txt") == b"alpha"
    assert not list(cut_off.path.rglob(f"*{NEXT}"))


def test_recovered_run_still_lists_what_it_had(cut_off):
    cut_off.recover()
    cut_off.write("d.txt", b"delta")
    cut_off.write_manifest()
    assert [*cut_off.manifest()] == ["a.txt", "d.txt", "deep/b.json", "deep/c.txt"]


def test_sealing_again_takes_new_and_changed_files_in(run):
    run.write("a.txt", b"changed")
    run.write("c.txt", b"new")
    run.write_manifest()
    assert (run.read("a.txt"), run.read("c.txt")) == (b"changed", b"new")


@pytest.mark.parametrize("content", [b"", b"alphA", b"alpha ", b"Alpha"])
def test_changed_file_is_a_corrupt_run(run, content):
    (run.path / "a.txt").write_bytes(content)
    with pytest.raises(CorruptRun, match=r"a\.txt: changed"):
        run.read("a.txt")


def test_missing_file_is_a_corrupt_run(run):
    (run.path / "a.txt").unlink()
    with pytest.raises(CorruptRun, match=r"a\.txt: missing"):
        run.read("a.txt")


def test_file_that_was_never_sealed_is_not_believed(run):
    (run.path / "c.txt").write_bytes(b"smuggled")
    with pytest.raises(CorruptRun, match=r"c\.txt"):
        run.read("c.txt")


def test_folder_in_a_file_s_place_is_a_corrupt_run(run):
    (run.path / "a.txt").unlink()
    (run.path / "a.txt").mkdir()
    with pytest.raises(CorruptRun):
        run.read("a.txt")


def test_sealed_text_that_is_no_json_is_a_corrupt_run(run):
    with pytest.raises(CorruptRun, match="not JSON"):
        run.read_json("a.txt")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"{}",
        b'{"files": []}',
        b'{"files": {"a.txt": null}}',
        b'{"files": {"a.txt": "abc"}}',
        b'{"files": {"a.txt": {}}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda content: f"{len(content)} bytes",
)
def test_garbage_for_a_manifest_is_a_corrupt_run(run, content):
    (run.path / "manifest.json").write_bytes(content)
    with pytest.raises(CorruptRun):
        RunDirectory.open(run.path).read("a.txt")


def test_opening_what_is_no_run_says_what_it_is(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "it.yaml").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "config.resolved.yaml").touch()
    for name, message in (
        ("nowhere", "no such run directory"),
        ("file", "expected a run directory, found a file$"),
        ("it.yaml", r"a file; a config leaves one: nncli train .*it\.yaml$"),
        ("empty", "not a run directory"),
        ("begun", "unfinished"),
    ):
        with pytest.raises(UserError, match=f"{name}: .*{message}"):
            RunDirectory.open(tmp_path / name)


def test_opening_a_cross_validation_names_the_run_to_take(tmp_path):
    (tmp_path / "fold-1").mkdir()
    with pytest.raises(UserError, match=r"cross-validation: take .*fold-1$"):
        RunDirectory.open(tmp_path)


def test_run_without_its_manifest_is_a_corrupt_run(run):
    run.write("checkpoints/last.safetensors", b"")
    (run.path / "manifest.json").unlink()
    with pytest.raises(CorruptRun, match=r"manifest\.json: missing from the run$"):
        RunDirectory.open(run.path)


def test_run_has_its_folder_s_name_however_it_is_reached(run, monkeypatch):
    monkeypatch.chdir(run.path)
    assert RunDirectory.open(type(run.path)(".")).name == "run-001"


def test_file_that_can_not_be_written_is_a_file_failure(run):
    with pytest.raises(FileFailure):
        run.write("a.txt/b", b"under a file")


def test_new_run_that_is_left_before_its_first_seal_leaves_nothing(tmp_path):
    with RunDirectory.create(tmp_path, "x") as run:
        run.write("a.txt", b"alpha")
    assert not run.path.exists()
    with RunDirectory.create(tmp_path, "x") as run:
        run.write_manifest()
    assert (run.path / "manifest.json").exists()
    assert not run.is_locked


def test_refusal_after_the_seal_leaves_the_new_files_to_be_put_in_place(run, monkeypatch):
    def refuse(path, content):
        path.write_bytes(content)  # the manifest has its place, and its folder can't be flushed
        raise FileFailure("it may last or not")

    monkeypatch.setattr(atomic_directory, "write_atomic", refuse)
    with pytest.raises(FileFailure):
        run.commit({"a.txt": [b"new"]})
    assert (run.path / "a.txt").read_bytes() == b"alpha"
    again = RunDirectory.open(run.path)
    assert again.read("a.txt") == b"new"
    again.recover()
    assert (run.path / "a.txt").read_bytes() == b"new"


def test_outdated_files_go_with_the_commit_that_says_so(run):
    run.commit({"c.txt": [b"gamma"]}, outdated=["a.txt"])
    assert [*run.manifest()] == ["c.txt", "deep/b.json"]
    assert not (run.path / "a.txt").exists()


def test_commit_that_failed_is_forgotten_by_the_next(run):
    def refuse():
        yield b"half"
        raise OSError(28, "No space left")

    with pytest.raises(FileFailure, match=r"b\.txt\.next: No space left$"):
        run.commit({"b.txt": refuse()}, outdated=["a.txt"])
    run.commit({"c.txt": [b"gamma"]})
    assert [*run.manifest()] == ["a.txt", "c.txt", "deep/b.json"]


def test_recovery_leaves_alone_what_is_sealed_by_itself_and_what_is_a_folder(run):
    for name in ("evaluation", "x.next"):
        (run.path / name).mkdir()
    (run.path / "evaluation" / "test.json.next").touch()
    run.recover()
    assert (run.path / "evaluation" / "test.json.next").exists()
    assert (run.path / "x.next").is_dir()


def test_room_is_looked_for_once_more_the_last_commit_and_so_many_runs(run, monkeypatch):
    asked = []
    monkeypatch.setattr(
        atomic_directory, "ensure_space", lambda path, size: asked.append((path, size))
    )
    run.commit({"c.txt": [b"gam", b"ma"]})
    run.ensure_space()
    run.ensure_space(2)
    whole = sum(entry["bytes"] for entry in run.manifest().values())
    assert asked == [(run.path, 5), (run.path, 5 + 2 * whole)]


def test_refusals_name_the_run_s_folder(run, monkeypatch):
    def refuse(*arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic_directory, "sync_folder", refuse)
    run.write("a.txt", b"changed")
    with pytest.raises(FileFailure, match=f"^{run.path}: Input/output error$"):
        run.write_manifest()


def test_what_is_no_manifest_is_named(run):
    manifest = run.path / "manifest.json"
    manifest.write_bytes(b"{}")
    with pytest.raises(CorruptRun, match=f"^{manifest}: not a manifest$"):
        run.manifest()
    manifest.unlink()
    with pytest.raises(CorruptRun, match=f"^{manifest}: not a manifest$"):
        run.manifest()


def test_unfinished_run_is_told_how_to_be_trained_anew(tmp_path):
    (tmp_path / "config.resolved.yaml").touch()
    with pytest.raises(UserError, match=f"nncli train {tmp_path}/config.resolved.yaml trains"):
        RunDirectory.open(tmp_path)


def test_larger_json_than_a_run_can_have_is_a_corrupt_run(run, monkeypatch):
    monkeypatch.setattr(atomic_directory, "MAX_JSON_BYTES", 10)
    with pytest.raises(CorruptRun, match=r"b\.json: larger than 10 bytes$"):
        run.read_json("deep/b.json")
    monkeypatch.setattr(atomic_directory, "MAX_JSON_BYTES", len(run.read("deep/b.json")))
    assert run.read_json("deep/b.json") == {"beta": 1}


def test_file_beyond_the_free_memory_is_refused_before_it_is_read(run, monkeypatch):
    monkeypatch.setattr(path_safety, "MIN_LARGE_BYTES", 4)
    monkeypatch.setattr(path_safety, "available", lambda: 8)
    message = r"a\.txt: 5 bytes, and memory has room for 4 bytes of it$"
    with pytest.raises(UserError, match=message):
        run.read("a.txt")
    monkeypatch.setattr(path_safety, "available", lambda: 10)
    assert run.read("a.txt") == b"alpha"
