"""Atomic directories: files that are committed together, listed with their SHA-256 in a manifest.

A commit has three steps; a kill or a power cut may come between any two:

1. write each new file as NAME.next, and flush it and its folder
2. replace the manifest by one that lists the new files: from here on they are committed
3. rename NAME.next to NAME

A reader that finds no NAME with the listed SHA-256 tries NAME.next. `recover` completes step 3, or
removes what step 1 left.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nncli.artifacts import manifest
from nncli.artifacts.files import (
    Piece,
    ensure_space,
    remove_stale,
    sha256,
    sync_folder,
    to_json,
    translating_os_errors,
    whole_file,
    write_atomic,
)
from nncli.artifacts.locks import acquire
from nncli.artifacts.manifest import Entry
from nncli.artifacts.path_safety import path_inside, read_sized
from nncli.errors import CorruptRun, RunInUse
from nncli.untrusted_files.opening import Unfit, open_regular, read_file, size_in_words

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 24
MAX_JSON_BYTES = 1 << 26  # the parsed value takes ten times as many
COPY_BYTES = 1 << 20  # at a time
NEXT = ".next"  # suffix of a written file that is not yet renamed


class AtomicDirectory:
    """A folder whose files are written atomically; `write_manifest` lists them.

    kind: the word for it in error messages.
    """

    kind = "run"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_committed = True  # False until the first commit of a new folder
        self._lock: int | None = None
        self._entries: dict[str, Entry] = {}  # of the next manifest
        self._committed = 0  # bytes of the last commit
        self._unsynced: set[Path] = set()  # folders whose new names a power cut may lose

    @property
    def is_locked(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock is not None

    def lock(self, *, is_shared: bool = False, waits: bool = False) -> None:
        """Keep other processes from writing here. Raises RunInUse if one holds the lock.

        is_shared: allow other shared locks.  waits: wait for the lock instead of raising.
        """
        with translating_os_errors(self.path):
            try:
                self._lock = acquire(self.path, is_shared=is_shared, waits=waits)
            except BlockingIOError:
                raise RunInUse(f"{self.path}: another process is using this {self.kind}") from None

    def is_used_elsewhere(self) -> bool:
        """Whether another process holds the lock."""
        try:
            self.lock(is_shared=True)
        except RunInUse:
            return True
        self.unlock()
        return False

    def unlock(self) -> None:
        """Let other processes write here."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """Remove the locked folder with its content. Raises FileFailure."""
        import shutil

        shutil.rmtree(self.path, ignore_errors=True)
        self.unlock()
        with translating_os_errors(self.path):
            if self.path.is_dir():  # Windows: the lock file is still there
                shutil.rmtree(self.path)

    def write(self, name: str, content: bytes) -> None:
        """Write one file atomically; the next manifest will list it."""
        self._entries[name] = self._put(name, [content])

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, to_json(value))

    def copy(self, source: Path, name: str) -> None:
        """Copy a file, which may be larger than memory."""
        with translating_os_errors(source), open_regular(source) as original:
            self._entries[name] = self._put(name, iter(lambda: original.read(COPY_BYTES), b""))

    def link(self, other: "AtomicDirectory", source: str, name: str) -> None:
        """Add a file of another directory: by a hard link if possible, else by a copy."""
        folder, _, last = name.rpartition("/")
        target = path_inside(self.path, folder) / last
        if folder:
            self._make_inside(target.parent)
        try:
            os.link(other.path / source, target)
        except OSError:
            self.copy(other.path / source, name)
            return
        self._unsynced.add(target.parent)
        self._entries[name] = other.manifest()[source]

    def _put(self, name: str, pieces: Iterable[Piece]) -> Entry:
        """Write a file in pieces; returns its manifest entry."""
        folder, _, last = name.rpartition("/")
        target, digest, size = path_inside(self.path, folder) / last, hashlib.sha256(), 0
        if folder:
            self._make_inside(target.parent)
        with whole_file(target) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        self._unsynced.add(target.parent)
        return {"sha256": digest.hexdigest(), "bytes": size}

    def _make_inside(self, folder: Path) -> None:
        """Make a subfolder, unless it exists."""
        with translating_os_errors(folder):
            if not folder.is_dir():
                folder.mkdir()
                sync_folder(self.path)

    def commit(
        self, contents: Mapping[str, Iterable[Piece]], outdated: Collection[str] = ()
    ) -> None:
        """Write and commit several files, given in pieces: after a crash all are old, or all new.

        outdated: files to remove. Raises FileFailure; uncommitted files are then removed again.
        """
        before, manifest = dict(self._entries), self._manifest_bytes()
        try:
            for name in outdated:
                self._entries.pop(name, None)
            new = {name: self._put(name + NEXT, pieces) for name, pieces in contents.items()}
            self._entries |= new
            self.write_manifest()
        except BaseException:
            self._entries = before
            if self._manifest_bytes() == manifest:
                self._remove(name + NEXT for name in contents)
            raise
        self._committed = sum(entry["bytes"] for entry in new.values())
        self._place(contents)
        self._remove(outdated)

    def _manifest_bytes(self) -> bytes | None:
        """The manifest's bytes; None if there is none."""
        path = self.path / MANIFEST
        with translating_os_errors(path):
            return path.read_bytes() if path.exists() else None

    def _remove(self, names: Iterable[str]) -> None:
        """Remove files that the manifest doesn't list. A failure is harmless."""
        for name in names:
            with suppress(OSError):
                (self.path / name).unlink()

    def _place(self, names: Iterable[str]) -> None:
        """Rename NAME.next to NAME."""
        with translating_os_errors(self.path):
            for name in names:
                (self.path / (name + NEXT)).replace(self.path / name)
            for folder in {(self.path / name).parent for name in names}:
                sync_folder(folder)

    def recover(self) -> None:
        """Complete or undo the commit of a killed writer.

        Files that the manifest lists are renamed; other uncommitted files are removed.
        """
        self._entries = dict(self.manifest())
        self._place(
            [
                name
                for name, entry in self._entries.items()
                if manifest.is_listed(self.path / (name + NEXT), entry)
            ]
        )
        with translating_os_errors(self.path):
            for stray in self.path.rglob(f"*{NEXT}"):
                if self.owns(stray.relative_to(self.path)) and (
                    stray.is_symlink() or not stray.is_dir()
                ):
                    stray.unlink()
        remove_stale(self.path)

    def owns(self, path: Path) -> bool:
        """Whether a file, by its path inside, is this directory's and not that of an inner one."""
        return True

    def write_manifest(self) -> None:
        """Write the manifest: SHA-256 and size of every file written so far."""
        with translating_os_errors(self.path):
            for folder in self._unsynced:
                sync_folder(folder)
        self._unsynced.clear()
        write_atomic(self.path / MANIFEST, manifest.encode(self._entries))
        self.is_committed = True

    def ensure_space(self, runs: int = 0) -> None:
        """Raises FileFailure if the disk lacks space for another commit as large as the last.

        runs: the number of further directories as large as this one that must fit too.
        """
        whole = sum(entry["bytes"] for entry in self._entries.values())
        ensure_space(self.path, self._committed + runs * whole)

    def read(self, name: str) -> bytes:
        """A committed file's content. Raises CorruptRun if it is missing or was changed."""
        listed, before = self.manifest().get(name), None
        path = self.path / name
        while listed is not None and listed != before:  # retry if a commit came in between
            # NAME again: it may have been renamed meanwhile
            for place in (name, name + NEXT, name):
                content = read_sized(path_inside(self.path, place), listed["bytes"])
                if content is not None and sha256(content) == listed["sha256"]:
                    return content
            listed, before = self.manifest().get(name), listed
        if listed is None or not os.path.lexists(path):
            raise CorruptRun(f"{path}: missing from the {self.kind}")
        raise CorruptRun(f"{path}: changed since the {self.kind} was saved (its SHA-256 differs)")

    def read_json(self, name: str) -> Any:
        """A JSON file's value. Raises CorruptRun as `read`, or for too large or invalid JSON."""
        content = self.read(name)
        if len(content) > MAX_JSON_BYTES:
            raise CorruptRun(f"{self.path / name}: larger than {size_in_words(MAX_JSON_BYTES)}")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CorruptRun(f"{self.path / name}: not JSON: {error}") from None

    def read_object(self, name: str) -> dict[str, Any]:
        """A JSON file's object. Raises CorruptRun as `read_json`, or for any other value."""
        value = self.read_json(name)
        if not isinstance(value, dict):
            raise CorruptRun(f"{self.path / name}: expected a JSON object")
        return value

    def manifest(self) -> Mapping[str, Entry]:
        """The committed files' entries by name.

        Raises CorruptRun if the manifest was changed, FileFailure if it can't be read.
        """
        path = path_inside(self.path, MANIFEST)
        with translating_os_errors(path):
            try:
                content = read_file(path, MAX_MANIFEST_BYTES, "a manifest")
            except (Unfit, FileNotFoundError):
                raise CorruptRun(f"{path}: not a manifest") from None
        return manifest.decode(content, path)
