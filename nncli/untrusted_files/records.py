"""Records: converts JSON values to dataclasses, and checks every type."""

import dataclasses
import types
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nncli.untrusted_files.array_headers import Malformed

MAX_INTEGER = 1 << 1023  # larger integers overflow as floats


def read_as(value: Any, hint: Any, place: str = "it") -> Any:
    """A JSON value as the type `hint`. Raises Malformed, with the place, if it has another type.

    >>> read_as([1, 2], tuple[float, ...]), read_as(None, str | None)
    ((1.0, 2.0), None)
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _as_one_of(value, arguments, place)
    if dataclasses.is_dataclass(hint):
        return _as_record(value, hint, place)
    if origin in (list, tuple) and isinstance(value, list):
        items = [read_as(item, arguments[0], f"{place}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {key: read_as(item, arguments[1], f"{place}.{key}") for key, item in value.items()}
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if hint is float and type(value) is int and abs(value) < MAX_INTEGER:
        return float(value)
    if hint is Any or type(value) is hint:
        return value
    expected = getattr(hint, "__name__", str(hint))
    raise Malformed(f"{place}: expected {expected}, found {str(value)[:40]}")


def _as_one_of(value: Any, options: tuple[Any, ...], place: str) -> Any:
    *others, last = options
    for option in others:
        with suppress(Malformed):
            return read_as(value, option, place)
    return read_as(value, last, place)


def _as_record(value: Any, cls: Any, place: str) -> Any:
    hints = get_type_hints(cls)
    names = {field.name for field in dataclasses.fields(cls)}
    if not isinstance(value, dict) or value.keys() != names:
        raise Malformed(f"{place}: expected {', '.join(sorted(names))}")
    return cls(**{name: read_as(value[name], hints[name], f"{place}.{name}") for name in names})
