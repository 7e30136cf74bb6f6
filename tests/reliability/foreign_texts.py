"""Foreign texts: what a name in a config, a table or a run may hold to be taken for something else.

`MARK` stands in each: whoever looks for it finds where a text has got to.
"""

import io
import json
import shutil
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts.files import sha256
from nncli.artifacts.manifest import encode

MARK = "PWNED"
LINE_ENDS = ("\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
CONTROL = (
    *("\x00", "\x07", "\x08", "\t", "\x1b[31m", "\x1b]0;", "\x7f", "\x90", "\x9b31m", "\x9d"),
    *("\u200b", "\u200e", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff"),
)
QUOTES = ('"', "'", '"""', "'''", "`", "\\", '\\"', "\\'", '""""', '"""""')
MARKUP = (
    *("</script><script>", "<!--", "-->", "]]>", "&lt;", "<img src=x onerror=", "](javascript:"),
    *("$", "$$", "$\\frac$", "_", "^", "{", "}", "%s", "{0}", "#", "|", "*", "~", ": ", "- ", "? "),
)
ENDS = (*QUOTES, *LINE_ENDS, *CONTROL, *MARKUP)


def around(end: str) -> str:
    """A text that is code, if `end` ends what it stands in."""
    return f"{end}+{MARK}()+{end}"


def all_at_once(ends: Sequence[str] = ENDS) -> str:
    """Every sign in one text."""
    return "".join(map(around, ends))


def assert_is_text_only(code: str) -> None:
    """The mark is within texts and comments of Python code that can be read, and nowhere else."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type not in (tokenize.STRING, tokenize.COMMENT):
            assert MARK not in token.string, token
    compile(code, "code", "exec")


def text_leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a JSON value are, keys of objects left out."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from text_leaves(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], text: Any) -> Any:
    """The JSON value with `text` at one place."""
    if not path:
        return text
    first, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = replaced(value[first], tuple(rest), text)
    return copy


def made_up(run: Path, at: Path, name: str, content: bytes) -> Path:
    """A copy of a run whose file `name` says something else, and whose manifest agrees."""
    shutil.copytree(run, at)
    (at / name).write_bytes(content)
    sign(at)
    return at


def sign(run: Path) -> None:
    """Make a run's manifest say of every file what it is now."""
    files = [path for path in run.rglob("*") if path.is_file() and path.name != "manifest.json"]
    entries = {
        path.relative_to(run).as_posix(): {
            "sha256": sha256(path.read_bytes()),
            "bytes": path.stat().st_size,
        }
        for path in files
    }
    (run / "manifest.json").write_bytes(encode(entries))


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
