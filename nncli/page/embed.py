"""Embed: a page's style, script and data inside the page itself."""

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

THEME = "theme.css"


def asset(package: str, name: str) -> str:
    """A text file in the folder `page` of a package."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def theme() -> str:
    """The colours and fonts of every page, light and dark."""
    return (files(__package__) / THEME).read_text(encoding="utf-8")


def json_block(value: Any) -> str:
    """JSON inside a script element, which no name such as </script> can end."""
    data = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return data.replace("<", "\\u003c")


def script_hash(script: str) -> str:
    """What a Content-Security-Policy calls a script that may run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
