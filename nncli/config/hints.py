"""Hints: splits an annotated type such as `Annotated[float, "a rate", Gt(0)]` into its parts."""

import dataclasses
import types
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from nncli.config.nodes import Node
from nncli.constraints import Bounds, Length, Readable
from nncli.frozen import frozen
from nncli.registry import Part


@frozen
class Spec:
    """An annotated type, split into the bare type and what its annotations say."""

    base: Any
    bounds: Bounds | None = None
    least: int = 0
    text: str = ""
    readable: Readable | None = None


def spec(hint: Any) -> Spec:
    """Takes an annotated type apart."""
    if get_origin(hint) is Sequence:  # a list, whose items a subclass may narrow
        return Spec(types.GenericAlias(list, get_args(hint)))
    if get_origin(hint) is not Annotated:
        return Spec(hint)
    base, *notes = get_args(hint)
    inner = spec(base)
    bounds = next((note for note in notes if isinstance(note, Bounds)), inner.bounds)
    least = next((note.least for note in notes if isinstance(note, Length)), inner.least)
    text = next((note for note in notes if isinstance(note, str)), inner.text)
    readable = next((note for note in notes if isinstance(note, Readable)), inner.readable)
    return Spec(inner.base, bounds, least, text, readable)


def alternatives(hint: Any) -> list[Any]:
    """The members of a union; the type itself if it isn't one."""
    base = spec(hint).base
    if get_origin(base) in (Union, types.UnionType):
        return [member for option in get_args(base) for member in alternatives(option)]
    return [hint]


@cache
def hints_of(cls: Any) -> dict[str, Any]:
    """Field -> annotated type, of a dataclass."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def required(cls: Any) -> list[str]:
    """The fields of a dataclass without a default."""
    return [
        field.name
        for field in dataclasses.fields(cls)
        if field.init
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]


def is_family(base: Any) -> bool:
    """Whether the type is a family of parts, such as Activation."""
    return isinstance(base, type) and issubclass(base, Part) and "name" not in vars(base)


def has_shape(node: Node, base: Any) -> bool:
    """Whether a node is a scalar, list or dict as the type requires, whatever its values are."""
    value, origin = node.value, get_origin(base)
    if base is Node:
        return True
    if origin is Literal:
        return type(value) in (str, int, bool) and value in get_args(base)
    if origin in (list, tuple):
        return isinstance(value, list)
    if origin is dict:
        return isinstance(value, dict)
    if is_family(base):
        return isinstance(value, str | dict)
    if dataclasses.is_dataclass(base):
        return isinstance(value, dict) or (value is None and not required(base))
    shapes: dict[Any, tuple[type, ...]] = {
        bool: (bool,),
        int: (int,),
        float: (int, float),
        str: (str,),
        Path: (str,),
        types.NoneType: (types.NoneType,),
    }
    return type(value) in shapes[base]
