"""The run directory: numbered, never overwritten, sealed by a manifest written last."""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nncli.artifacts import manifest
from nncli.artifacts.files import Piece, replacing, reporting, sha256, to_json, write_atomic
from nncli.artifacts.inside import content_of, place_inside
from nncli.artifacts.manifest import Entry, entry
from nncli.errors import CorruptRun, FileFailure, RunInUse, UserError
from nncli.intake.opening import in_words, open_regular, read_file

MANIFEST = "manifest.json"
CONFIG = "config.yaml"
RESOLVED = "config.resolved.yaml"
WEIGHTS = "model.safetensors"
METRICS = "metrics.csv"
FINGERPRINTS = "fingerprints.csv"
SUMMARY = "metrics.json"
SPLIT = "split.npz"
PREPROCESSING = "preprocessing.json"
ENVIRONMENT = "environment.json"
CHECKPOINT = "checkpoints/last.safetensors"
EVALUATION = "evaluation"  # has a manifest of its own: a run is scored while it is trained
FOLDS = "folds.json"  # of a cross-validation, whose runs are folders beside it:
FIRST_FOLD = "fold-1"
MOST_MANIFEST = 1 << 24  # bytes
MOST_JSON = 1 << 26  # bytes: what JSON becomes takes ten times as many
PIECE = 1 << 20  # bytes copied at a time
LONGEST_NAME = 100  # bytes
NEXT = ".next"  # ends the name of a file that the manifest has, but that awaits its place


class RunDirectory:
    """A run on disk. Files are written whole; `seal` lists them with their SHA-256."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None
        self._entries: dict[str, Entry] = {}  # what the next manifest says

    @property
    def name(self) -> str:
        return Path(os.path.abspath(self.path)).name  # "." has none

    @classmethod
    def create(cls, runs: Path, name: str) -> "RunDirectory":
        """The next free `<name>-001`, `<name>-002`, ... in `runs`, locked for this process.

        Raises FileFailure if the operating system refuses.
        """
        stem = re.sub(r"[^\w.+-]+", "_", name).strip("._-")
        stem = stem.encode()[:LONGEST_NAME].decode(errors="ignore") or "run"
        if runs.exists() and not runs.is_dir():
            raise FileFailure(f"{runs}: not a folder")
        with reporting(runs):
            runs.mkdir(parents=True, exist_ok=True)
            taken = [
                int(found[1])
                for entry in os.listdir(runs)
                if (found := re.fullmatch(re.escape(stem) + r"-(\d+)", entry))
            ]
            number = max(taken, default=0) + 1
            while True:
                run = cls(runs / f"{stem}-{number:03d}")
                try:
                    run.path.mkdir()  # fails if another process was quicker
                except FileExistsError:
                    number += 1
                    continue
                run.lock()
                return run

    @classmethod
    def create_at(cls, path: Path) -> "RunDirectory":
        """A new run at this very place, locked for this process."""
        with reporting(path):
            path.mkdir(parents=True)
        run = cls(path)
        run.lock()
        return run

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """A run that was trained before. Raises UserError if there is none at `path`."""
        run = cls(path)
        if not path.is_dir():
            raise UserError(f"{path}: no such run directory")
        if (path / FIRST_FOLD).is_dir():
            raise UserError(
                f"{path}: holds the runs of a cross-validation: take {path / FIRST_FOLD}"
            )
        if not (path / MANIFEST).is_file():
            if (path / CHECKPOINT).is_file():  # which takes its place after the manifest
                raise CorruptRun(f"{path / MANIFEST}: missing from the run")
            kind = "an unfinished run" if (path / RESOLVED).is_file() else "not a run directory"
            raise UserError(f"{path}: {kind}: it has no {MANIFEST}")
        return run

    def lock(self, *, is_shared: bool = False, waits: bool = False) -> None:
        """Keep other processes from writing here. Raises RunInUse if one does, or waits for it.

        is_shared: let others read here under a lock of their own.
        """
        with reporting(self.path):
            descriptor = os.open(self.path, os.O_RDONLY)
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if waits else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RunInUse(f"{self.path}: another process is using this run") from None
        self._lock = descriptor

    def write(self, name: str, content: bytes) -> None:
        """Write one file, whole."""
        self._entries[name] = self._put(name, [content])

    def copy(self, source: Path, name: str) -> None:
        """Write a copy of a file, a piece at a time, so that it may be larger than memory."""
        with reporting(source), open_regular(source) as original:
            self._entries[name] = self._put(name, iter(lambda: original.read(PIECE), b""))

    def _put(self, name: str, pieces: Iterable[Piece]) -> Entry:
        """Write the pieces of a file; what the manifest is to say of it."""
        folder, _, last = name.rpartition("/")
        target, digest, size = place_inside(self.path, folder) / last, hashlib.sha256(), 0
        with reporting(target):
            target.parent.mkdir(exist_ok=True)
        with replacing(target) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        return {"sha256": digest.hexdigest(), "bytes": size}

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, to_json(value))

    def discard(self) -> None:
        """Remove a run that never began."""
        self.unlock()
        shutil.rmtree(self.path, ignore_errors=True)

    def unlock(self) -> None:
        """Let other processes write here."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def commit(self, contents: Mapping[str, Iterable[Piece]]) -> None:
        """Write several files, given in pieces, and seal: after a crash all are old, or all new."""
        for name, pieces in contents.items():
            self._entries[name] = self._put(name + NEXT, pieces)
        self.seal()
        with reporting(self.path):
            for name in contents:
                (self.path / (name + NEXT)).replace(self.path / name)

    def recover(self) -> None:
        """After a crash: put files that the manifest has in place, and drop half-written ones."""
        entries = self.manifest()
        self._entries = dict(entries)
        with reporting(self.path):
            for waiting in self.path.rglob(f"*{NEXT}"):
                name = waiting.relative_to(self.path).as_posix().removesuffix(NEXT)
                if sha256(waiting.read_bytes()) == entries.get(name, {}).get("sha256"):
                    waiting.replace(self.path / name)
                else:
                    waiting.unlink()
            for temporary in self.path.rglob(".*.tmp"):
                temporary.unlink()

    def adopt(self, name: str) -> None:
        """Take in a file that another program has written here, as it is now."""
        path = self.path / name
        with reporting(path):
            self._entries[name] = entry(path.read_bytes())

    def seal(self) -> None:
        """Write the manifest: SHA-256 and size of every file written or adopted, then or before."""
        write_atomic(self.path / MANIFEST, manifest.encode(self._entries))

    def read(self, name: str) -> bytes:
        """A file's content, as sealed. Raises CorruptRun if it is missing or was changed."""
        listed, before = self.manifest().get(name), None
        path = self.path / name
        while listed is not None and listed != before:  # again, if it was sealed anew meanwhile
            for place in (name, name + NEXT, name):  # the last for a file renamed between two looks
                content = content_of(place_inside(self.path, place), listed["bytes"])
                if content is not None and sha256(content) == listed["sha256"]:
                    return content
            listed, before = self.manifest().get(name), listed
        if listed is None or not os.path.lexists(path):
            raise CorruptRun(f"{path}: missing from the run")
        raise CorruptRun(f"{path}: changed since the run was sealed (its SHA-256 differs)")

    def read_json(self, name: str) -> Any:
        """A JSON file's value. Raises CorruptRun as `read`, and if it is too large or no JSON."""
        content = self.read(name)
        if len(content) > MOST_JSON:
            raise CorruptRun(f"{self.path / name}: larger than {in_words(MOST_JSON)}")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CorruptRun(f"{self.path / name}: not JSON: {error}") from None

    def manifest(self) -> Mapping[str, Entry]:
        """The sealed files. Raises CorruptRun if the manifest isn't as it was written."""
        path = place_inside(self.path, MANIFEST)
        try:
            content = read_file(path, MOST_MANIFEST, "a manifest")
        except OSError:
            raise CorruptRun(f"{path}: not a manifest") from None
        return manifest.decode(content, path)
