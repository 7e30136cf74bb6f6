"""Formatting: a script in lines of at most 100 columns, in the style of ruff format."""

import io
import re
import textwrap
import tokenize
from collections.abc import Iterable, Sequence

from nncli.errors import escaped

WIDTH = 100
ENDS, ENDS_LAST = re.compile('"{3,}'), re.compile('"{3,}|"+$')  # what would end a docstring
INNER = WIDTH - 4  # columns of a line that will be indented into a function


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, one level deeper."""
    return [f"    {line}" if line else "" for line in lines]


def _wrapped(words: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        words,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def comment(words: str, width: int = WIDTH) -> list[str]:
    """A comment of as many lines as necessary, with any control characters escaped."""
    return _wrapped(escaped(words), "# ", width)


def heading(title: str) -> list[str]:
    """The heading of a chapter of the page."""
    return ["", "", f"# {title} ".ljust(WIDTH, "-"), ""]


def docstring(words: str) -> list[str]:
    """A docstring of these words, whose first line is wrapped to the page.

    Quotes in them are escaped: names come from configs and runs, which anybody may have made.
    """
    first, *rest = words.split("\n")
    lines = [*textwrap.wrap(first, INNER - 6), *rest]  # six quotes
    *lines, last = [escaped(line).replace("\\", "\\\\") for line in lines]
    lines = [*(ENDS.sub(_as_letters, line) for line in lines), ENDS_LAST.sub(_as_letters, last)]
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']


def _as_letters(quotes: re.Match[str]) -> str:
    return quotes[0].replace('"', r"\"")


def listed(head: str, items: Sequence[str], tail: str, width: int = WIDTH) -> list[str]:
    """`head item, item tail` in one line, or with the items below, as many to a line as fit."""
    short = f"{head}{', '.join(items)}{tail}"
    if len(short) <= width:
        return [short]
    unbroken = ", ".join(item.replace(" ", "\0") for item in items)
    body = [line.replace("\0", " ") for line in _wrapped(unbroken, "    ", width)]
    comma = "," if len(body) > 1 else ""
    return [head, *body[:-1], body[-1] + comma, tail]


def function(name: str, arguments: Sequence[str], words: str, body: Sequence[str]) -> list[str]:
    """A function with a docstring of these words."""
    return [*listed(f"def {name}(", arguments, "):"), *indented([*docstring(words), *body])]


def quoted(code: str) -> str:
    """The code with its strings in double quotes."""
    tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    lines = code.splitlines(keepends=True)
    for token in reversed(tokens):
        if token.type != tokenize.STRING or token.start[0] != token.end[0]:
            continue
        body = token.string
        if body[0] == "'" and body[:3] != "'''" and '"' not in body and "\\" not in body:
            row, start, end = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = f'{lines[row][:start]}"{body[1:-1]}"{lines[row][end:]}'
    return "".join(lines)
