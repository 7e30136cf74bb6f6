"""Embed: a page's style, script and data inside the page itself."""

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

THEME, SHELL = "theme.css", "shell.html"
INLINE = "'unsafe-inline'"  # every script that stands in the page


def asset(package: str, name: str) -> str:
    """A text file in the folder `page` of a package."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def theme() -> str:
    """The colours and fonts of every page, light and dark."""
    return (files(__package__) / THEME).read_text(encoding="utf-8")


def whole_page(package: str, style: str, *, title: str, body: str, scripts: str) -> str:
    """A page that loads nothing, and sends nothing.

    style: a file in the folder `page` of the package, after the theme.  title: as markup.
    scripts: what a Content-Security-Policy calls those that may run.
    """
    return Template((files(__package__) / SHELL).read_text(encoding="utf-8")).substitute(
        title=title, style=f"{theme()}\n{asset(package, style)}", body=body, scripts=scripts
    )


def json_block(value: Any) -> str:
    """JSON inside a script element, which no name such as </script> can end."""
    data = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return data.replace("<", "\\u003c")


def script_hash(script: str) -> str:
    """What a Content-Security-Policy calls a script that may run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
