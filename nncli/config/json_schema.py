"""JSON Schema: the schema of a config for editors, from the types that decode it."""

import dataclasses
import types
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from nncli.config.dump import plain
from nncli.config.experiment import Experiment
from nncli.config.hints import Spec, alternatives, hints_of, is_family, required, spec
from nncli.config.nodes import Node
from nncli.registry import Part, aliases_of, members

Schema = dict[str, Any]
SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}


def config_schema() -> Schema:
    """The schema of a whole config file (JSON Schema, draft 2020-12)."""
    schemas = _Schemas()
    root = schemas.block(Experiment)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nncli config",
        **root,
        "$defs": schemas.definitions,
    }


class _Schemas:
    """Builds schemas; each family of parts becomes one shared definition."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        """The schema of an annotated type, unions included."""
        options = alternatives(hint)
        text = spec(hint).text
        if len(options) == 1:
            schema = self._single(spec(hint))
        else:
            schema = {"anyOf": [self._single(spec(option)) for option in options]}
        return {"description": text, **schema} if text else schema

    def _single(self, spec_: Spec) -> Schema:
        base, origin = spec_.base, get_origin(spec_.base)
        if base is Node:
            return {}
        if origin is Literal:
            return {"enum": list(get_args(base))}
        if origin is list:
            return {"type": "array", "items": self.of(get_args(base)[0]), "minItems": spec_.least}
        if origin is tuple:
            items = [self.of(argument) for argument in get_args(base)]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(base)[1])}
        if is_family(base):
            return self._family(base)
        if dataclasses.is_dataclass(base):
            return self.block(base)
        if base is types.NoneType:
            return {"type": "null"}
        return {"type": SCALARS[base], **_limits(spec_)}

    def _family(self, family: type[Part]) -> Schema:
        """A reference to the schema of a family: a part's name, or its block."""
        if family.kind not in self.definitions:
            self.definitions[family.kind] = {}  # a placeholder, since a family may contain itself
            classes = [c for c in members(family.kind).values() if issubclass(c, family)]
            bare = [
                name
                for cls in classes
                if not required(cls)
                for name in (cls.name, *aliases_of(cls))
            ]
            blocks = [self.block(cls) for cls in classes]
            self.definitions[family.kind] = {"anyOf": [{"enum": bare}, *blocks]}
        return {"$ref": f"#/$defs/{family.kind}"}

    def block(self, cls: Any) -> Schema:
        """The schema of a dataclass: an object without further keys."""
        properties: dict[str, Schema] = {}
        hints = hints_of(cls)
        for field in dataclasses.fields(cls):
            schema = self.of(hints[field.name])
            properties[field.name] = {**schema, **_default(field)}
        needed = required(cls)
        if issubclass(cls, Part):
            for alias, name in cls.key_aliases.items():
                if name in properties:
                    properties[alias] = {
                        **properties[name],
                        "description": f"another name of {name}",
                    }
            names = [cls.name, *aliases_of(cls)]
            properties = {"type": {"enum": names}, **properties}
            if cls.name not in ("input", "output"):  # whose key determines the type
                needed = ["type", *needed]
        text = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
        may_be_empty = not needed and not issubclass(cls, Part)
        return {
            "type": ["object", "null"] if may_be_empty else "object",
            "description": text,
            "properties": properties,
            "required": needed,
            "additionalProperties": False,
        }


def _default(field: Any) -> Schema:
    if field.default is not dataclasses.MISSING:
        return {"default": plain(field.default)}
    if field.default_factory is not dataclasses.MISSING:
        return {"default": plain(field.default_factory())}
    return {}


def _limits(spec_: Spec) -> Schema:
    if spec_.bounds is None:
        return {}
    named = {
        "exclusiveMinimum": spec_.bounds.gt,
        "minimum": spec_.bounds.ge,
        "exclusiveMaximum": spec_.bounds.lt,
        "maximum": spec_.bounds.le,
    }
    return {name: limit for name, limit in named.items() if limit is not None}
