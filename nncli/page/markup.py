"""Markup: builds HTML in which every text is escaped."""

from html import escape
from typing import Any

from nncli.errors import escaped

VOID = frozenset({"input", "wbr"})  # elements without content


class Markup(str):
    """HTML; `text` makes it from any other text."""

    __slots__ = ()


def text(value: object) -> Markup:
    """A text as HTML, with special and control characters escaped."""
    return value if isinstance(value, Markup) else Markup(escape(escaped(str(value))))


def join(*inside: object) -> Markup:
    """The concatenation of parts; None is left out."""
    return Markup("".join(text(each) for each in inside if each is not None))


def breakable(name: str) -> Markup:
    """A name that may be broken after each underscore."""
    return Markup(text(name).replace("_", "_<wbr>"))


def tag(name: str, *inside: object, **attributes: Any) -> Markup:
    """An element. `class_` means class, `data_x` data-x; an attribute of None or False is left out.

    >>> tag("td", "<a>", class_="x")
    '<td class="x">&lt;a&gt;</td>'
    """
    given = [
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    if name in VOID:
        return Markup(f"<{name}{''.join(given)}>")
    return Markup(f"<{name}{''.join(given)}>{join(*inside)}</{name}>")
