"""Power cuts: what a disk may be left with, worked out from the system calls of a command.

A disk has kept of a file what it had when it was flushed last, and of a folder the names that it
had then. Of what came later it may have kept anything: a part of a file's bytes, zeros in place of
them, some of a folder's changes and not others. File systems promise more than that; a run must not
need it.
"""

import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

HEX = r"((?:\\x[0-9a-f]{2})*)"
Entries = dict[str, "File | Folder"]
Change = dict[str, "File | Folder | None"]  # None: a name that went


@dataclass(frozen=True)
class Call:
    """A system call that did what it was asked: its texts in quotes, and its first open file."""

    name: str
    texts: list[bytes]
    file: Path | None
    flags: str

    @property
    def path(self) -> Path:
        return Path(os.fsdecode(self.texts[0]))

    def __str__(self) -> str:
        about = self.file or " -> ".join(map(os.fsdecode, self.texts))
        return f"{self.name} {about}"


def read_calls(trace: str) -> list[Call]:
    """The calls in a trace that strace has written with -xx and -y."""
    calls = []
    for line in trace.splitlines():
        if found := re.fullmatch(r"(?:\d+ +)?(\w+)\((.*)\) += \d+.*", line):
            name, arguments = found.groups()
            texts = [_decoded(text) for text in re.findall(f'"{HEX}"', arguments)]
            opened = re.match(rf"\d+<{HEX}>", arguments)
            file = Path(os.fsdecode(_decoded(opened[1]))) if opened else None
            calls.append(Call(name, texts, file, re.sub('"[^"]*"|<[^>]*>', "", arguments)))
    return calls


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace(r"\x", ""))


@dataclass
class File:
    """content: what every process reads. flushed: what a power cut leaves for certain."""

    content: bytes = b""
    flushed: bytes = b""

    def flush(self) -> None:
        self.flushed = self.content

    def leave(self, path: Path, chance: random.Random) -> None:
        """Write what the disk may have kept."""
        start, added = self.flushed, self.content[len(self.flushed) :]
        some = added[: chance.randrange(len(added) + 1)]
        path.write_bytes(start + chance.choice([b"", some, bytes(len(added)), added]))


@dataclass
class Folder:
    """entries, flushed: as content and flushed of a file. since: the changes after that."""

    entries: Entries = field(default_factory=dict)
    flushed: Entries = field(default_factory=dict)
    since: list[Change] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> "Folder":
        """A folder that was flushed long ago, with all that is in it."""
        entries: Entries = {
            each.name: cls.of(each) if each.is_dir() else File(*[each.read_bytes()] * 2)
            for each in path.iterdir()
        }
        return cls(entries, dict(entries))

    def flush(self) -> None:
        self.flushed, self.since = dict(self.entries), []

    def change(self, names: Change) -> None:
        self.since.append(names)
        _apply(names, self.entries)

    def leave(self, path: Path, chance: random.Random) -> None:
        """Write what the disk may have kept, here and below."""
        path.mkdir(exist_ok=True)
        entries, likely = dict(self.flushed), chance.choice([0.0, 0.5, 1.0])
        for names in self.since:
            if chance.random() < likely:
                _apply(names, entries)
        for name, entry in entries.items():
            entry.leave(path / name, chance)


def _apply(names: Change, entries: Entries) -> None:
    for name, entry in names.items():
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry


class Disk:
    """What lies in a folder, as each call leaves it. before: what it was, if it wasn't empty."""

    def __init__(self, place: Path, before: Path | None) -> None:
        self.place, self.root = place, Folder.of(before) if before else Folder()

    def find(self, path: Path, *, is_certain: bool = False) -> File | Folder | None:
        """What lies there, or is certain to after a power cut; None: nothing."""
        if not path.is_relative_to(self.place):
            return None
        here: File | Folder | None = self.root
        for name in path.relative_to(self.place).parts:
            if not isinstance(here, Folder):
                return None
            here = (here.flushed if is_certain else here.entries).get(name)
        return here

    def play(self, call: Call) -> None:
        """Do what a call did; those elsewhere, and those that change nothing, are passed over."""
        if call.name in ("write", "fsync"):
            entry = self.find(call.file) if call.file else None
            if call.name == "fsync" and entry is not None:
                entry.flush()
            elif isinstance(entry, File):
                entry.content += call.texts[0]
            return
        folder = self.find(call.path.parent) if call.texts else None
        if not isinstance(folder, Folder):
            return
        name = call.path.name
        if call.name.startswith("rename"):
            to = Path(os.fsdecode(call.texts[1]))
            assert to.parent == call.path.parent, call
            folder.change({name: None, to.name: folder.entries[name]})
        elif call.name.startswith("unlink"):
            folder.change({name: None})
        elif call.name.startswith("mkdir"):
            folder.change({name: Folder()})
        elif call.name == "openat" and "O_CREAT" in call.flags:
            assert "O_EXCL" in call.flags, call
            folder.change({name: File()})
