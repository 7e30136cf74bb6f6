"""Atomic directories: files that change together, listed with their SHA-256 in a manifest.

A process may be killed, or lose its power, between any two of these steps:

1. each new file is written beside its place, as NAME.next, and flushed with its folder
2. a manifest that lists them takes the place of the last one: from here on they are the folder's
3. they take their places

Readers look for a file that isn't in its place, or not the one meant, under its other name; whoever
takes the folder up again completes what was left of 3, or removes what was left of 1.
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
    ensure_room,
    reporting,
    sha256,
    sweep,
    sync_folder,
    to_json,
    whole_file,
    write_atomic,
)
from nncli.artifacts.locks import hold
from nncli.artifacts.manifest import Entry
from nncli.artifacts.path_safety import content_of, place_inside
from nncli.errors import CorruptRun, RunInUse
from nncli.untrusted_files.opening import Unfit, open_regular, read_file, size_in_words

MANIFEST = "manifest.json"
MOST_MANIFEST = 1 << 24  # bytes
MOST_JSON = 1 << 26  # bytes: what JSON becomes takes ten times as many
PIECE = 1 << 20  # bytes copied at a time
NEXT = ".next"  # ends the name of a file that the manifest has, but that awaits its place


class AtomicDirectory:
    """A folder on disk. Files are written whole; `write_manifest` lists them.

    kind: what its users call it.
    """

    kind = "run"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_committed = True  # but for one that this process has made and not committed yet
        self._lock: int | None = None
        self._entries: dict[str, Entry] = {}  # what the next manifest says
        self._committed = 0  # bytes of the last commit
        self._unsynced: set[Path] = set()  # folders with names that a power cut would take away

    @property
    def is_locked(self) -> bool:
        """Whether this process keeps others from writing here."""
        return self._lock is not None

    def lock(self, *, is_shared: bool = False, waits: bool = False) -> None:
        """Keep other processes from writing here. Raises RunInUse if one does, or waits for it.

        is_shared: let others read here under a lock of their own.
        """
        with reporting(self.path):
            try:
                self._lock = hold(self.path, is_shared=is_shared, waits=waits)
            except BlockingIOError:
                raise RunInUse(f"{self.path}: another process is using this {self.kind}") from None

    def is_used_elsewhere(self) -> bool:
        """Whether another process keeps this one from writing here."""
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
        """Remove a locked folder with all that is in it. Raises FileFailure."""
        import shutil

        shutil.rmtree(self.path, ignore_errors=True)
        self.unlock()
        with reporting(self.path):
            if self.path.is_dir():  # a file that it was locked by has stayed
                shutil.rmtree(self.path)

    def write(self, name: str, content: bytes) -> None:
        """Write one file, whole, which the next manifest will list."""
        self._entries[name] = self._put(name, [content])

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, to_json(value))

    def copy(self, source: Path, name: str) -> None:
        """Write a copy of a file, a piece at a time, so that it may be larger than memory."""
        with reporting(source), open_regular(source) as original:
            self._entries[name] = self._put(name, iter(lambda: original.read(PIECE), b""))

    def link(self, other: "AtomicDirectory", source: str, name: str) -> None:
        """A file that another one lists, here too: another name of the same bytes, where file
        systems allow that, so that many copies take the room of one.
        """
        folder, _, last = name.rpartition("/")
        target = place_inside(self.path, folder) / last
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
        """Write the pieces of a file; what the manifest is to say of it."""
        folder, _, last = name.rpartition("/")
        target, digest, size = place_inside(self.path, folder) / last, hashlib.sha256(), 0
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
        """A folder in this one, unless that is gone."""
        with reporting(folder):
            if not folder.is_dir():
                folder.mkdir()
                sync_folder(self.path)

    def commit(
        self, contents: Mapping[str, Iterable[Piece]], outdated: Collection[str] = ()
    ) -> None:
        """Write several files, given in pieces, and commit: after a crash all are old, or all new.

        outdated: files that no longer belong to it. Raises FileFailure; what was written is then
        removed again, unless it was committed.
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
        """The manifest as it is; None if there is none."""
        path = self.path / MANIFEST
        with reporting(path):
            return path.read_bytes() if path.exists() else None

    def _remove(self, names: Iterable[str]) -> None:
        """Remove files that the manifest doesn't list; one that stays is only in the way."""
        for name in names:
            with suppress(OSError):
                (self.path / name).unlink()

    def _place(self, names: Iterable[str]) -> None:
        """Put files that the manifest lists where they belong."""
        with reporting(self.path):
            for name in names:
                (self.path / (name + NEXT)).replace(self.path / name)
            for folder in {(self.path / name).parent for name in names}:
                sync_folder(folder)

    def recover(self) -> None:
        """Take up a folder whose writer may have been killed: put what its manifest lists in place,
        remove what never came so far.
        """
        self._entries = dict(self.manifest())
        self._place(
            [
                name
                for name, entry in self._entries.items()
                if manifest.is_listed(self.path / (name + NEXT), entry)
            ]
        )
        with reporting(self.path):
            for stray in self.path.rglob(f"*{NEXT}"):
                if self.owns(stray.relative_to(self.path)) and (
                    stray.is_symlink() or not stray.is_dir()
                ):
                    stray.unlink()
        sweep(self.path)

    def owns(self, path: Path) -> bool:
        """Whether a file in it is its own, and not of a folder in it with a manifest of its own."""
        return True

    def write_manifest(self) -> None:
        """Write the manifest: SHA-256 and size of every file written, now or before."""
        with reporting(self.path):
            for folder in self._unsynced:
                sync_folder(folder)
        self._unsynced.clear()
        write_atomic(self.path / MANIFEST, manifest.encode(self._entries))
        self.is_committed = True

    def ensure_room(self, runs: int = 0) -> None:
        """Raises FileFailure if the disk lacks room for the last commit once more, as the next one
        needs, and for so many runs like this one.
        """
        whole = sum(entry["bytes"] for entry in self._entries.values())
        ensure_room(self.path, self._committed + runs * whole)

    def read(self, name: str) -> bytes:
        """A file's content, as committed. Raises CorruptRun if it is missing or was changed."""
        listed, before = self.manifest().get(name), None
        path = self.path / name
        while listed is not None and listed != before:  # again, if it was committed anew meanwhile
            for place in (name, name + NEXT, name):  # the last for a file renamed between two looks
                content = content_of(place_inside(self.path, place), listed["bytes"])
                if content is not None and sha256(content) == listed["sha256"]:
                    return content
            listed, before = self.manifest().get(name), listed
        if listed is None or not os.path.lexists(path):
            raise CorruptRun(f"{path}: missing from the {self.kind}")
        raise CorruptRun(f"{path}: changed since the {self.kind} was sealed (its SHA-256 differs)")

    def read_json(self, name: str) -> Any:
        """A JSON file's value. Raises CorruptRun as `read`, and if it is too large or no JSON."""
        content = self.read(name)
        if len(content) > MOST_JSON:
            raise CorruptRun(f"{self.path / name}: larger than {size_in_words(MOST_JSON)}")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CorruptRun(f"{self.path / name}: not JSON: {error}") from None

    def manifest(self) -> Mapping[str, Entry]:
        """The committed files.

        Raises CorruptRun if the manifest isn't as it was written, FileFailure if the operating
        system refuses to read it.
        """
        path = place_inside(self.path, MANIFEST)
        with reporting(path):
            try:
                content = read_file(path, MOST_MANIFEST, "a manifest")
            except (Unfit, FileNotFoundError):
                raise CorruptRun(f"{path}: not a manifest") from None
        return manifest.decode(content, path)
