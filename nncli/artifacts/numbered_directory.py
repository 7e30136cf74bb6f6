"""Numbered directories: `name-001`, `name-002`, ...; none is ever overwritten."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from nncli.artifacts.atomic_directory import AtomicDirectory
from nncli.artifacts.files import make_folder, sync_folder, translating_os_errors
from nncli.errors import FileFailure
from nncli.operating_system import shell_word

FILES = "files"  # copies of what the config names
CONFIG_SUFFIXES = (".yaml", ".yml")
MAX_NAME_BYTES = 100
MAX_COPY_BYTES = 1 << 28  # larger tables are not copied into a run or a study


class NumberedDirectory(AtomicDirectory):
    """An atomic directory with a number in its name; a process locks it while it writes there."""

    @property
    def name(self) -> str:
        return Path(os.path.abspath(self.path)).name  # "." has none

    @classmethod
    def create(cls, runs: Path, name: str) -> Self:
        """Create and lock the next free `<name>-001`, `<name>-002`, ... in `runs`.

        Raises FileFailure if the operating system refuses.
        """
        letters = name.encode(sys.getfilesystemencoding(), "replace").decode()
        stem = re.sub(r"[^\w.+-]+", "_", letters).strip("._-")
        stem = stem.encode()[:MAX_NAME_BYTES].decode(errors="ignore") or "run"
        if runs.exists() and not runs.is_dir():
            raise FileFailure(f"{runs}: not a folder")
        with translating_os_errors(runs):
            make_folder(runs)
            taken = [
                int(found[1])
                for entry in os.listdir(runs)
                if (found := re.fullmatch(re.escape(stem) + r"-(\d+)", entry))
            ]
            number = max(taken, default=0) + 1
            while True:
                new = cls(runs / f"{stem}-{number:03d}")
                try:
                    new.path.mkdir()  # fails if another process was quicker
                except FileExistsError:
                    number += 1
                    continue
                return new._begun()

    @classmethod
    def create_at(cls, path: Path) -> Self:
        """Create and lock a directory at `path`."""
        with translating_os_errors(path):
            path.mkdir()
            return cls(path)._begun()

    def _begun(self) -> Self:
        self.is_committed = False
        self.lock()
        sync_folder(self.path.parent)
        return self

    def __enter__(self) -> Self:
        """Lock while entered; on exit a new one without a commit is removed."""
        if not self.is_locked:
            self.lock()
        return self

    def __exit__(self, *error: object) -> None:
        if not self.is_committed:
            with suppress(FileFailure):
                self.remove()
        self.unlock()


def no_run_at(path: Path) -> str:
    """The error for a path that is not a folder, where a run is expected."""
    if not path.is_file():
        return "no such run directory"
    leaves = f"; a config leaves one: nncli train {shell_word(path)}" * (
        path.suffix in CONFIG_SUFFIXES
    )
    return f"expected a run directory, found a file{leaves}"
