"""Integrity: check that a run has exactly the files that its manifests list, unchanged."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST, NEXT, AtomicDirectory
from nncli.artifacts.files import TEMPORARY, translating_os_errors
from nncli.artifacts.locks import LOCK_FILE
from nncli.artifacts.manifest import Entry, is_listed
from nncli.artifacts.run_directory import EVALUATION, SUMMARY
from nncli.errors import CorruptRun, printable
from nncli.frozen import frozen

TEMPORARY_NAME = ".*".join(map(re.escape, TEMPORARY))
LEFTOVER = re.compile(rf"(.*/)?({TEMPORARY_NAME}|.*{re.escape(NEXT)})", re.DOTALL)


@frozen
class Files:
    """count: of listed files.  leftovers: files of interrupted writes, which a resume removes."""

    count: int
    leftovers: tuple[str, ...] = ()


def check_files(run: AtomicDirectory, apart: Collection[str] = ()) -> Files:
    """Check the files of a run, and of its evaluation, against their manifests.

    apart: folders in it that are separate runs.  Raises CorruptRun with a line for every file that
    was changed, is missing, or isn't listed.
    """
    evaluation = run.path / EVALUATION
    directories = [(run, {EVALUATION, *apart} if evaluation.is_dir() else set(apart))]
    if evaluation.is_dir():
        directories.append((AtomicDirectory(evaluation), set()))
    troubles, leftovers, count = list[str](), list[str](), 0
    for folder, others in directories:
        try:
            listed = folder.manifest()
        except CorruptRun as error:
            troubles.append(str(error))
            continue
        count += len(listed) + 1
        found = set(_files(folder.path, others)) - {MANIFEST}
        unfinished = {name for name in found if LEFTOVER.fullmatch(name)}
        unfinished |= (found - listed.keys()) & {SUMMARY}  # a resume removes it from the manifest
        leftovers += [os.fspath(folder.path / name) for name in sorted(unfinished)]
        for name in sorted((found - unfinished) | listed.keys()):
            if trouble := _trouble(folder.path, name, listed):
                troubles.append(f"{folder.path}/{printable(name, 300)}: {trouble}")
    if troubles:
        raise CorruptRun("\n".join(troubles))
    return Files(count, tuple(leftovers))


def _files(folder: Path, apart: Collection[str]) -> Iterator[str]:
    """The relative paths of all files; a link counts as a file, also one to a folder."""

    def refuse(error: OSError) -> None:
        with translating_os_errors(folder):
            raise error

    for place, folders, files in os.walk(folder, onerror=refuse):
        inside = Path(place).relative_to(folder)
        files += [name for name in folders if (Path(place) / name).is_symlink()]
        if place == os.fspath(folder):
            folders[:] = [name for name in folders if name not in apart]
        yield from ((inside / name).as_posix() for name in files if name != LOCK_FILE)


def _trouble(folder: Path, name: str, listed: Mapping[str, Entry]) -> str:
    """The problem of a file; empty if there is none."""
    if name not in listed:
        return "not in the manifest: the run has not written it"
    places = [folder / name, folder / (name + NEXT)]  # after a crash before the rename
    if any(is_listed(place, listed[name]) for place in places):
        return ""
    if not os.path.lexists(places[0]):
        return "missing from the run"
    if places[0].is_symlink() or not places[0].is_file():
        return "not a regular file"
    return "changed since the run was saved (its SHA-256 differs)"
