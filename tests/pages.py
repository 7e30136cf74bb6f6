"""The pages of the documentation: the blocks, commands and code of their Markdown."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGES = sorted(path for where in (ROOT, ROOT / "docs") for path in where.glob("*.md"))
PAGES += sorted((ROOT / "docs" / "tutorials").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

_BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


class Block(NamedTuple):
    """A fenced block; a title is the file that a reader is to write it into."""

    kind: str
    title: str
    text: str


def name_of(page: Path) -> str:
    """The name of a page in the repository, as a test's id."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page."""
    yield from map(Block._make, _BLOCK.findall(text_of(page)))


def spans(page: Path) -> list[str]:
    """Every `code span` of a page, in one line each; in tables `\\|` stands for `|`."""
    found = _SPAN.findall(without_blocks(text_of(page)))
    return [" ".join(span.replace("\\|", "|").split()) for span in found]


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def shown_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each `$ command` of a console block, and the lines that it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        line, _, shown = re.sub(r"\\\n *", "", part).partition("\n")
        yield line, shown.splitlines()


class Command(NamedTuple):
    """The words of a command after `nncli`; a mention in a sentence may leave arguments out."""

    words: list[str]
    is_mention: bool


def commands(page: Path) -> Iterator[Command]:
    """Every nncli command of a page."""
    for block in blocks(page):
        if block.kind == "console":
            lines = [line for line, _ in shown_commands(block.text)]
        else:
            lines = block.text.splitlines() if block.kind in ("", "bash", "sh") else []
        for line in [each for each in lines if "nncli" in each]:
            yield from (Command(words, False) for words in _commands_in(line))
    for span in [each for each in spans(page) if "nncli " in each]:
        synopsis = re.sub(r" \[(-\w [A-Z]+|[A-Z]+)\]", r" \1", span)  # optional words
        synopsis = re.sub(r"\b([A-Z]+)(\|[A-Z]+|\.\.\.)+", r"\1", synopsis)
        yield from (Command(words, True) for words in _commands_in(synopsis))


def _commands_in(line: str) -> Iterator[list[str]]:
    """The words after `nncli` of each command in a line of shell, also behind a pipe or quoted."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("|&;<>()"):
            words.append(word)
            continue
        if "nncli" in words:
            yield words[words.index("nncli") + 1 :]
        for quoted in [each for each in words if " nncli " in each]:
            yield from _commands_in(quoted)
        words = []
