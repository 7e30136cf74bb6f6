"""Equivalents: what another library is told in place of a part, and where it still differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from nncli.registry import Part


@dataclass(frozen=True)
class Equivalent:
    """code: lines to paste; empty where there is no equivalent.  notes: a sentence each."""

    code: str = ""
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Equivalent") -> "Equivalent":
        """Both, one after the other; no note twice."""
        code = "\n".join(text for text in (self.code, other.code) if text)
        return Equivalent(code, tuple(dict.fromkeys(self.notes + other.notes)))


Answers = Mapping[str, Mapping[str, Equivalent]]  # by kind and name


def says(code: str, *notes: str) -> Equivalent:
    """An answer. Code and notes may name the part's own keys, such as {rate}."""
    return Equivalent(code, notes)


def lacks(what: str) -> Equivalent:
    """There is no equivalent of `what`."""
    return Equivalent("", (f"no equivalent: {what}",))


def answer(answers: Answers, part: Part, **names: object) -> Equivalent:
    """What a library answers to a part, its keys (and `names`) filled in."""
    found = answers[part.kind].get(part.name)
    if found is None:
        return Equivalent("", (f"no equivalent known: {part.kind} {part.name}",))
    keys = {**vars(part), **names}
    return Equivalent(found.code.format(**keys), tuple(note.format(**keys) for note in found.notes))


def indented(code: str, depth: int = 1) -> str:
    """Code inside a block."""
    return "\n".join("    " * depth + line for line in code.splitlines())


def folded(code: str, width: int = 90) -> str:
    """Code with long calls on several lines, broken after a comma."""
    lines: list[str] = []
    for line in code.splitlines():
        inside = " " * (len(line) - len(line.lstrip()) + 4)
        while len(line) > width and (end := line.rfind(", ", len(inside), width)) > 0:
            lines.append(line[: end + 1])
            line = inside + line[end + 2 :]
        lines.append(line)
    return "\n".join(lines)
