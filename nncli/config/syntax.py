"""Syntax: rewords the YAML parser's errors, with what to change."""

import re
from typing import Any

import yaml

_HERE, _START = "problem_mark", "context_mark"

# (pattern of PyYAML's message, mark to point at: the problem's or its container's, our message);
# {0}, {1}: the pattern's groups; {start}: the position where the container starts
_RULES: list[tuple[str, str, str]] = [
    (r"found character '\\t'", _HERE, "a tab can't stand here: use spaces"),
    (
        r"found character (.+) that cannot start",
        _HERE,
        "a value can't start with {0}: put quotes around it",
    ),
    (
        r"mapping values are not allowed",
        _HERE,
        "a ':' can't stand here: check the indentation, or put quotes around the text",
    ),
    (r"mapping keys are not allowed", _HERE, "a '?' can't stand here: put quotes around the text"),
    (r"sequence entries are not allowed", _HERE, "a list of '-' starts on a line of its own"),
    (r"could not find expected ':'", _START, "expected 'key: value', found no ':' after the key"),
    (
        r"found unexpected (?:end of stream|document separator)",
        _START,
        "the quote that opens here is never closed",
    ),
    (
        r"found unknown escape character '(.+)'",
        _HERE,
        r"unknown escape \{0}: write \\ for a backslash, or use single quotes",
    ),
    (r"expected escape sequence of (\d+)", _HERE, "expected {0} hexadecimal digits in the escape"),
    (
        r"expected ',' or '(.)', but got '<stream end>'",
        _START,
        "the bracket that opens here is never closed by '{0}'",
    ),
    (
        r"expected ',' or '(.)', but got (.+)",
        _HERE,
        "expected ',' or '{0}' for the bracket that opens at {start}, found {1}",
    ),
    (r"expected <block end>, but found ':'", _HERE, "expected a key before the ':'"),
    (
        r"expected (?:<block end>|'<document start>'), but found '([]}])'",
        _HERE,
        "found a '{0}' without the bracket it closes",
    ),
    (
        r"expected <block end>, but found (.+)",
        _HERE,
        "found {0} that doesn't line up with the block that starts at {start}: "
        "check the indentation",
    ),
    (r"expected the node content, but found (.+)", _HERE, "expected a value, found {0}"),
    (r"found undefined alias '(.+)'", _HERE, "the alias *{0} has no anchor &{0} before it"),
    (r"found duplicate anchor '(.+)'", _HERE, "a second anchor &{0}: give it another name"),
    (r"found undefined tag handle '(.+)'", _HERE, "YAML tags are refused, found {0}"),
    (
        r"but found another document",
        _HERE,
        "expected one config in the file, found a second after '---'",
    ),
    (
        r"expected '<document start>', but found (.+)",
        _HERE,
        "expected the end of the config, found {0}: check the indentation",
    ),
    (
        r"expected (?:chomping or|indentation|a comment or)",
        _HERE,
        "only an indented text may follow '|' or '>': put quotes around the value",
    ),
    (r"((?:nested deeper|more than) .+)", _HERE, "{0}"),
]
_ALIAS = "a name has to follow '*' or '&': put quotes around the text"
_TOKENS = {
    "'<stream end>'": "the end of the file",
    "'<block mapping start>'": "a key",
    "'<block sequence start>'": "a '-'",
    "'<block end>'": "the end of a block",
    "'<scalar>'": "text",
    "'?'": "a key",
    "'<alias>'": "an alias",
    "'<anchor>'": "an anchor",
    "'<tag>'": "a tag",
}


def syntax_error_in_words(error: yaml.MarkedYAMLError) -> tuple[Any, str]:
    """The mark to point at, and the message."""
    context = f"{error.context}: " if error.context else ""
    text = " ".join(f"{context}{error.problem}".split())
    if context.endswith(("scanning an alias: ", "scanning an anchor: ")):
        return error.problem_mark, _ALIAS
    for pattern, which, message in _RULES:
        if found := re.search(pattern, text):
            mark = getattr(error, which) or error.problem_mark
            start = error.context_mark
            words = [_TOKENS.get(group, group) for group in found.groups()]
            opened = start and f"{start.line + 1}:{start.column + 1}"
            return mark, message.format(*words, start=opened)
    return error.problem_mark, f"not YAML: {text}"
