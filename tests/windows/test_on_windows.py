"""nncli where Windows' Python is: what POSIX alone has is never needed. There is no Windows here:
`as_windows.py` stands in for it.
"""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import as_windows
import pytest
import windows_names
from waiting import PATIENCE

from nncli import operating_system
from nncli.artifacts import locks, path_safety
from nncli.artifacts.atomic_directory import AtomicDirectory
from nncli.errors import RunInUse
from nncli.operating_system import (
    expand_wildcards,
    put_in_place,
    read_at,
    relative_path,
    shell_word,
    write_at,
)

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "nncli").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
    *sorted((ROOT / "docs").glob("*.py")),
]
CONFIG = """\
data: {path: tables/Größe.csv, target: Ziel}
network: {hidden: [4]}
training: {epochs: 4, batch_size: 8}
output: {plots: []}
sweep: {trials: 1, space: {optimizer.learning_rate: [0.1]}}
"""
COMMANDS = """\
init tables/Größe.csv --target Ziel -o start.yaml
!train netz.yaml
train --resume runs/netz-001
evaluate runs/netz-001 --no-plots
predict runs/netz-001 tables/Größe.csv -o aus.csv
verify runs/netz-001
sweep netz.yaml --workers 1
"""


def test_a_learner_trains_stops_resumes_and_evaluates(tmp_path, nncli):
    table = "".join(f"{i % 7},{'äb'[i % 2]},{'ja' if i % 3 else 'nein'}\n" for i in range(60))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "Größe.csv").write_text("Größe,Art,Ziel\n" + table, "utf-8")
    (tmp_path / "netz.yaml").write_text(CONFIG, "utf-8")
    session = [sys.executable, Path(__file__).with_name("session.py")]
    said = subprocess.run(
        session,
        input=COMMANDS,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert said.returncode == 0, said.stderr
    done = json.loads(said.stdout)
    failed = [it for it in done if it["code"] != (130 if it["asked"].startswith("!") else 0)]
    assert not failed
    assert "path: tables/Größe.csv" in (tmp_path / "start.yaml").read_text("utf-8")

    here = nncli("train", tmp_path / "netz.yaml", "--runs-dir", tmp_path / "here", "--quiet")
    assert here.code == 0, here.err
    weights = [tmp_path / each / "netz-001" / "model.safetensors" for each in ("runs", "here")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_nothing_that_windows_lacks_is_used_without_a_look():
    texts = {path.relative_to(ROOT): path.read_text("utf-8") for path in FILES}
    asked = {path: text for path, text in texts.items() if _imports_any(text)}
    found = {str(path): _unguarded(ast.parse(text)) for path, text in asked.items()}
    assert {path: names for path, names in found.items() if names} == {}


def _imports_any(text):
    """Whether a file imports a module that Windows lacks, or has in part. `import a, b` is none of
    ours: ruff wants a line each.
    """
    names = set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.M))
    return any(name in windows_names.PARTLY or windows_names.is_lacking(name) for name in names)


def _unguarded(node):
    """`module:line` of each POSIX-only import or name outside what looks whether it is there."""
    found = []
    for child in ast.iter_child_nodes(node):
        inside = [f"{name}:{child.lineno}" for name in _needed(child)] + _unguarded(child)
        if not (inside and isinstance(child, ast.FunctionDef) and _looks(child)):
            found += inside
    return found


def _needed(node):
    if isinstance(node, ast.Import):
        return [it.name for it in node.names if windows_names.is_lacking(it.name.split(".")[0])]
    if isinstance(node, ast.ImportFrom) and not node.level:
        module = node.module.split(".")[0]
        if windows_names.is_lacking(module):
            return [module]
        lacking = windows_names.lacking(module) if module in windows_names.PARTLY else ()
        return [f"{module}.{it.name}" for it in node.names if it.name in lacking]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = node.value.id
        if module in windows_names.PARTLY and node.attr in windows_names.lacking(module):
            return [f"{module}.{node.attr}"]
    return []


def _looks(function):
    """Whether a function asks if what it needs is there."""
    text = ast.unparse(function)
    signs = ("hasattr(os, ", "hasattr(signal, ", "except ImportError", ", AttributeError)")
    return any(it in text for it in signs)


def test_every_text_file_says_its_encoding():
    """Which Windows takes from its code page, where nothing is said."""
    ruff = [sys.executable, "-m", "ruff", "check", "--preview", "--select", "PLW1514", "-q"]
    said = subprocess.run(
        [*ruff, ROOT / "nncli", ROOT / "examples"], capture_output=True, text=True
    )
    assert said.returncode == 0, said.stdout


def test_unguarded_uses_are_found():
    text = "import fcntl\nimport os\ndef f():\n    os.fork()\n"
    text += "def g():\n    hasattr(os, 'fork') and os.fork()\n"
    assert _unguarded(ast.parse(text)) == ["fcntl:1", "os.fork:4"]


@pytest.fixture
def without_fcntl(monkeypatch):
    """Locks as Windows has them, by a stand-in for portalocker."""
    library = ModuleType("portalocker")
    for name, it in vars(as_windows).items():
        if name in ("AlreadyLocked", "LockFlags", "lock"):
            setattr(library, name, it)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "portalocker", library)


@pytest.mark.usefixtures("without_fcntl")
def test_a_lock_file_keeps_others_out_until_it_is_closed(tmp_path):
    first, second = AtomicDirectory(tmp_path), AtomicDirectory(tmp_path)
    first.lock()
    with pytest.raises(RunInUse):
        second.lock()
    with pytest.raises(RunInUse):
        second.lock(is_shared=True)
    first.unlock()
    first.lock(is_shared=True)
    second.lock(is_shared=True)
    second.unlock()
    with pytest.raises(RunInUse):
        second.lock()
    first.unlock()
    second.lock(waits=True)
    second.remove()
    assert not tmp_path.exists()


@pytest.mark.usefixtures("without_fcntl")
def test_whoever_may_only_read_a_folder_reads_it_under_no_lock(tmp_path, monkeypatch):
    opened = locks.os.open

    def refuse(path, flags, *mode):
        if flags & locks.os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *mode)

    monkeypatch.setattr(locks.os, "open", refuse)
    locks.os.close(locks.acquire(tmp_path, is_shared=True))
    with pytest.raises(PermissionError):
        locks.acquire(tmp_path)


@pytest.fixture
def on_windows(monkeypatch):
    """What asks which system it is, of these modules, hears Windows."""
    seen = as_windows.seen("os")
    seen.name = "nt"
    for module in (operating_system, path_safety):
        monkeypatch.setattr(module, "os", seen)


@pytest.mark.usefixtures("on_windows")
def test_files_are_read_and_written_at_a_place_without_posix_calls(tmp_path):
    into = bytearray(4)
    with (tmp_path / "file").open("w+b") as file:
        assert write_at(file.fileno(), memoryview(b"0123"), 0) == 4
        assert write_at(file.fileno(), memoryview(b"45"), 4) == 2
        assert read_at(file.fileno(), memoryview(into), 1) == 4
        assert read_at(file.fileno(), memoryview(into)[:3], 4) == 2
    assert into == b"4534"


@pytest.mark.usefixtures("on_windows")
def test_a_file_is_closed_before_it_is_renamed(tmp_path):
    with (tmp_path / "new").open("wb") as file:
        file.write(b"content")
        put_in_place(file, tmp_path / "file")
        assert file.closed
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize(
    ("word", "typed"),
    [
        (r"runs\iris-001", r"runs\iris-001"),
        (r"C:\my runs\iris-001", r'"C:\my runs\iris-001"'),
        ("a&b", '"a&b"'),
    ],
)
def test_what_is_to_be_typed_is_quoted_as_its_shells_read_it(word, typed):
    assert shell_word(word) == typed


@pytest.mark.usefixtures("on_windows")
def test_a_star_stands_for_paths_as_shells_elsewhere_have_it(folder):
    for name in ("b-2", "b-1", "c"):
        (folder / name).mkdir()
    asked = ["compare", "b-*", "no-*", "-*", "--set", "c=*"]
    assert expand_wildcards(asked) == ["compare", "b-1", "b-2", "no-*", "-*", "--set", "c=*"]


@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize("name", [r"..\model", r"plots\loss.png", "C:model", "model:stream"])
def test_no_name_in_a_manifest_leads_to_another_folder_drive_or_stream(name):
    assert not path_safety.is_name(name)


def test_a_path_on_another_drive_is_whole(tmp_path, monkeypatch):
    def refuse(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    assert relative_path(tmp_path / "a" / "b", tmp_path / "c") == "../a/b"
    monkeypatch.setattr(operating_system.os.path, "relpath", refuse)
    assert relative_path(tmp_path / "a", tmp_path) == (tmp_path / "a").as_posix()


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("cp437", r"Größe ≥ \u00c3 \ud83d\ude00"), ("cp1252", r"Größe \u2265 Ã \ud83d\ude00")],
)
def test_letters_that_a_code_page_lacks_are_escapes_that_json_has_too(encoding, said):
    script = "from nncli.cli.streams import echo, write_all_or_fail as whole; whole(); echo("
    done = subprocess.run(
        [sys.executable, "-c", f"{script}'Größe ≥ Ã 😀')"],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).rstrip() == said
