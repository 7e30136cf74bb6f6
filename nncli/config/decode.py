"""Decode: a node -> a typed value, with every problem on the way.

The types are the single source: a dataclass's fields are its YAML keys, and `Annotated` carries
bounds. A part (an activation, a loss ...) is written as its name or as a block with `type`.
"""

import dataclasses
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from nncli.config.nodes import Node
from nncli.constraints import Bounds, Length
from nncli.errors import Problem, UserError, did_you_mean
from nncli.registry import Part, find, members


@dataclasses.dataclass(frozen=True)
class Spec:
    """A type without its annotations, and what they said."""

    base: Any
    bounds: Bounds | None = None
    least: int = 0
    text: str = ""


def spec(hint: Any) -> Spec:
    """Take an annotation apart."""
    if get_origin(hint) is not Annotated:
        return Spec(hint)
    base, *notes = get_args(hint)
    inner = spec(base)
    bounds = next((note for note in notes if isinstance(note, Bounds)), inner.bounds)
    least = next((note.least for note in notes if isinstance(note, Length)), inner.least)
    text = next((note for note in notes if isinstance(note, str)), inner.text)
    return Spec(inner.base, bounds, least, text)


def alternatives(hint: Any) -> list[Any]:
    """The members of a union; the type itself if it isn't one."""
    base = spec(hint).base
    if get_origin(base) in (Union, types.UnionType):
        return [member for option in get_args(base) for member in alternatives(option)]
    return [hint]


def hints_of(cls: type) -> dict[str, Any]:
    """The fields of a dataclass and their annotated types."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def is_family(base: Any) -> bool:
    """Whether the type is a family of parts, such as Activation."""
    return isinstance(base, type) and issubclass(base, Part) and "name" not in vars(base)


def describe(hint: Any) -> str:
    """What a value may be, for `expected ...`."""
    options = alternatives(hint)
    if len(options) > 1:
        return " or ".join(dict.fromkeys(describe(option) for option in options))
    it = spec(hint)
    limits = f" {it.bounds}" if it.bounds and str(it.bounds) else ""
    origin = get_origin(it.base)
    if origin is Literal:
        return ", ".join(map(str, get_args(it.base)))
    if origin is list:
        return f"a list of {describe(get_args(it.base)[0])}"
    if origin is tuple:
        return f"a list of {len(get_args(it.base))} values"
    if is_family(it.base):
        return f"the name of {_article(it.base.kind)} or a block with its type"
    names = {
        bool: "true or false",
        int: "an integer" + limits,
        float: "a number" + limits,
        str: "text",
        Path: "a path",
        types.NoneType: "null",
    }
    return names.get(it.base, "a block of keys")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def show(node: Node) -> str:
    """A node's value, for `found ...`."""
    value = node.value
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


class Failed:
    """Stands for a value whose problems are already noted."""


FAILED = Failed()


class Decoder:
    """Decodes nodes of one config; `problems` gathers what is wrong, `places` where each key is.

    folder: what paths in the config are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.places: dict[str, str] = {}

    def note(self, where: str, path: str, message: str) -> Failed:
        """Write a problem down."""
        self.problems.append(Problem(where, path, message))
        return FAILED

    def decode(self, node: Node, hint: Any, path: str) -> Any:
        """The value of `node` as `hint`; FAILED after noting why it isn't one."""
        self.places[path] = node.where
        options = alternatives(hint)
        fitting = [option for option in options if _has_shape(node, spec(option).base)]
        fitting.sort(key=lambda option: get_origin(spec(option).base) is not Literal)
        if not fitting:
            return self._unfit(node, hint, path)
        chosen = spec(fitting[0])
        if len(options) == 1:
            chosen = dataclasses.replace(chosen, bounds=spec(hint).bounds, least=spec(hint).least)
        base, origin = chosen.base, get_origin(chosen.base)
        if origin in (list, tuple):
            return self._list(node, chosen, path)
        if is_family(base):
            return self._part(node, base, path)
        if dataclasses.is_dataclass(base):
            return self._block(node, base, path)
        if base is Path:
            return self.folder / Path(str(node.value)).expanduser()
        if base is float or base is int:
            return self._number(node, base, chosen, path)
        return node.value

    def _unfit(self, node: Node, hint: Any, path: str) -> Failed:
        words = [
            str(word)
            for option in alternatives(hint)
            if get_origin(spec(option).base) is Literal
            for word in get_args(spec(option).base)
        ]
        guess = did_you_mean(node.value, words) if isinstance(node.value, str) else ""
        one_of = "one of " if len(words) > 1 and len(alternatives(hint)) == 1 else ""
        message = f"expected {one_of}{describe(hint)}, found {show(node)}{guess}"
        return self.note(node.where, path, message)

    def _number(self, node: Node, base: type, it: Spec, path: str) -> Any:
        value: Any = node.value
        try:
            value = base(value)
        except OverflowError:
            return self.note(node.where, path, "expected a number that fits in 64 bits")
        if it.bounds is not None and value not in it.bounds:
            return self.note(node.where, path, f"expected {_bounded(base, it)}, found {show(node)}")
        return value

    def _list(self, node: Node, it: Spec, path: str) -> Any:
        assert isinstance(node.value, list)
        items, arguments = node.value, get_args(it.base)
        if get_origin(it.base) is tuple:
            if len(items) != len(arguments):
                message = f"expected {len(arguments)} values, found {len(items)}"
                return self.note(node.where, path, message)
        else:
            arguments = (arguments[0],) * len(items)
            if len(items) < it.least:
                return self.note(
                    node.where, path, "expected at least one item, found an empty list"
                )
        values = [
            self.decode(item, hint, f"{path}[{i}]")
            for i, (item, hint) in enumerate(zip(items, arguments, strict=True))
        ]
        if any(value is FAILED for value in values):
            return FAILED
        return tuple(values) if get_origin(it.base) is tuple else values

    def _part(self, node: Node, family: type[Part], path: str) -> Any:
        """A part of a family, from its name or its block."""
        block = node if isinstance(node.value, dict) else Node({"type": node}, node.where)
        assert isinstance(block.value, dict)
        name = block.value.get("type")
        if name is None:
            known = ", ".join(
                part for part, cls in members(family.kind).items() if issubclass(cls, family)
            )
            message = f"missing key 'type'; known types: {known}"
            return self.note(node.where, path, message)
        if not isinstance(name.value, str):
            message = f"expected the name of {_article(family.kind)}, found {show(name)}"
            return self.note(name.where, f"{path}.type" if block is node else path, message)
        try:
            cls = find(family.kind, name.value)
            if not issubclass(cls, family):
                raise UserError(
                    f"'{name.value}' can't stand here: expected a {family.__name__.lower()}"
                )
        except UserError as error:
            return self.note(name.where, f"{path}.type" if block is node else path, str(error))
        return self._block(block, cls, path)

    def _block(self, node: Node, cls: Any, path: str) -> Any:
        """A dataclass from a block of keys; every key is checked, whatever the others are."""
        given: dict[str, Node] = {} if node.value is None else dict(node.value)  # type: ignore[arg-type]
        hints = hints_of(cls)
        is_part = issubclass(cls, Part)
        if is_part:
            self._take_type(given, cls, path)
        values: dict[str, Any] = {}
        for key, child in given.items():
            name = cls.key_aliases.get(key, key) if is_part else key
            full = f"{path}.{key}" if path else key
            if name not in hints:
                label = f"unknown key for {cls.name}" if is_part else "unknown key"
                known = f"; known keys: {', '.join(hints)}" if hints else "; it has no keys"
                guess = did_you_mean(key, hints) or known
                self.note(node.place_of(key), full, label + guess)
            elif name in values and not node.place_of(key).startswith("--set"):
                self.note(
                    node.place_of(key), full, f"'{key}' is another name of '{name}': give one"
                )
            else:
                values[name] = self.decode(child, hints[name], full)
                self.places[f"{path}.{name}" if path else name] = child.where
        missing = [
            field.name
            for field in dataclasses.fields(cls)
            if field.init
            and field.name not in values
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        for name in missing:
            label = f" of {cls.name}" if is_part else ""
            message = f"missing key '{name}'{label}: {describe(hints[name])}"
            self.note(node.where, path, message)
        if missing or any(value is FAILED for value in values.values()):
            return FAILED
        try:
            return cls(**values)
        except ValueError as error:
            return self.note(node.where, path, str(error))

    def _take_type(self, given: dict[str, Node], cls: type[Part], path: str) -> None:
        """Drop the key `type`; where the place allows one part, it has to be that part's name."""
        name = given.pop("type", None)
        if name is None:
            return
        try:
            fits = isinstance(name.value, str) and find(cls.kind, name.value) is cls
        except UserError:
            fits = False
        if not fits:
            self.note(name.where, f"{path}.type", f"expected {cls.name}, found {show(name)}")


def _bounded(base: type, it: Spec) -> str:
    text = describe(Annotated[base, it.bounds])
    return text if str(it.bounds) else "a finite number"


def _has_shape(node: Node, base: Any) -> bool:
    """Whether a node is of the YAML shape a type is written in, whatever its value."""
    value, origin = node.value, get_origin(base)
    if origin is Literal:
        return type(value) in (str, int, bool) and value in get_args(base)
    if origin in (list, tuple):
        return isinstance(value, list)
    if is_family(base):
        return isinstance(value, str | dict)
    if dataclasses.is_dataclass(base):
        return isinstance(value, dict) or (value is None and _has_defaults(base))
    shapes: dict[Any, tuple[type, ...]] = {
        bool: (bool,),
        int: (int,),
        float: (int, float),
        str: (str,),
        Path: (str,),
        types.NoneType: (types.NoneType,),
    }
    return type(value) in shapes[base]


def _has_defaults(cls: Any) -> bool:
    """Whether a block may be left empty."""
    return all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        for field in dataclasses.fields(cls)
    )
