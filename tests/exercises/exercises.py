"""The exercises of list/*.yaml: what courses and books print, and the command that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LIST = Path(__file__).parent / "list"
LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # nine times as fast
VERDICTS = ("yes", "partly", "no")


@dataclass(frozen=True)
class Claim:
    """A number, list of numbers or text that a command leaves, beside the published one.

    where, place: the kind of place and which, as `column` and `loss@300`: see readings.py.
    published: as printed; of >= 0.9 and the like any such number will do; None: seen, unpublished.
    within: how far from it will do; 0: every printed digit is equal.
    """

    what: str
    where: str
    place: str
    published: tuple[str, ...]
    within: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether nothing but the published digits will do."""
        return not self.within and not any(text[0] in "<>" for text in self.published)


@dataclass(frozen=True)
class Command:
    """A command as a reader types it in the repository's folder, and what it shows."""

    text: str
    claims: tuple[Claim, ...]
    exit_code: int = 0


@dataclass(frozen=True)
class Exercise:
    """One exercise: yes, wholly by config and commands; partly or no, with what is missing.

    configs: those that are no lessons, by file name.
    """

    number: int
    source: str
    title: str
    verdict: str
    commands: tuple[Command, ...]
    note: str = ""
    configs: Mapping[str, str] = field(default_factory=dict)


@cache
def exercises() -> tuple[Exercise, ...]:
    """All, in order."""
    read = [
        yaml.load(path.read_text(encoding="utf-8"), LOADER) for path in sorted(LIST.glob("*.yaml"))
    ]
    found = (_exercise(each) for part in read for each in part)
    return tuple(sorted(found, key=lambda it: it.number))


def _exercise(read: dict[str, Any]) -> Exercise:
    commands = tuple(_command(dict(each)) for each in read.pop("runs", []))
    read = {"source": read.pop("from"), **read}
    if read["verdict"] not in VERDICTS:
        raise ValueError(f"exercise {read['number']}: verdict {read['verdict']!r}")
    return Exercise(commands=commands, **read)


def _command(read: dict[str, Any]) -> Command:
    claims = tuple(_claim(dict(each)) for each in read.pop("claims", []))
    return Command(read.pop("command"), claims, **read)


def _claim(read: dict[str, Any]) -> Claim:
    published = read.pop("published")
    given = published if isinstance(published, list) else [published]
    if not all(isinstance(each, str) for each in given):
        raise ValueError(f"{read['what']}: published numbers stand in quotes, for their digits")
    what, within = read.pop("what"), float(read.pop("within", 0))
    (where, place), *others = read.items()
    if others:
        raise ValueError(f"{what}: read from {where} or {others[0][0]}?")
    return Claim(what, where, place, tuple(given), within)
