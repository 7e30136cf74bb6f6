"""Markup: HTML that can't be built from a text without escaping it."""

from html import escape
from typing import Any

from nncli.errors import escaped

VOID = frozenset({"input", "wbr"})  # elements that hold nothing


class Markup(str):
    """HTML. Any other text becomes it through `text`."""

    __slots__ = ()


def text(value: object) -> Markup:
    """A text as it is read: signs that HTML or a reader would obey stand for themselves."""
    return value if isinstance(value, Markup) else Markup(escape(escaped(str(value))))


def join(*inside: object) -> Markup:
    """One after another; None is nothing."""
    return Markup("".join(text(each) for each in inside if each is not None))


def breakable(name: str) -> Markup:
    """A name that may go on in another line after each underscore."""
    return Markup(text(name).replace("_", "_<wbr>"))


def tag(name: str, *inside: object, **attributes: Any) -> Markup:
    """An element; `class_` is class, `data_x` is data-x, None and False are no attribute.

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
