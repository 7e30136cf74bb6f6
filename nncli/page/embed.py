"""Embed: puts style, script and data into the page itself."""

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

THEME, SHELL = "theme.css", "shell.html"
INLINE = "'unsafe-inline'"  # all inline scripts


def asset(package: str, name: str) -> str:
    """The text of a file in the folder `page` of a package."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def theme() -> str:
    """The colours and fonts of every page, in light and dark mode."""
    return (files(__package__) / THEME).read_text(encoding="utf-8")


def whole_page(package: str, style: str, *, title: str, body: str, scripts: str) -> str:
    """A complete page that makes no request.

    style: a file in the package's folder `page`, added to the theme.  title: as markup.
    scripts: the Content-Security-Policy source of the allowed scripts.
    """
    return Template((files(__package__) / SHELL).read_text(encoding="utf-8")).substitute(
        title=title, style=f"{theme()}\n{asset(package, style)}", body=body, scripts=scripts
    )


def json_block(value: Any) -> str:
    """JSON for a script element; a text such as </script> in it can't end the element."""
    data = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return data.replace("<", "\\u003c")


def script_hash(script: str) -> str:
    """The Content-Security-Policy source that allows this script."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
