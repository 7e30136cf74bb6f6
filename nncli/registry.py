"""Registry: finds the class of every part that a config can name.

A part registers itself with `@part("relu")`; its kind is that of its base class. Other packages add
parts through the entry-point group `nncli.parts`, whose entries are modules to import. They are
looked up only for a name that isn't built in, so that they don't slow the start.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from nncli.equivalent import Equivalent
from nncli.errors import NncliError, UserError, did_you_mean
from nncli.frozen import frozen

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "nncli.parts"
MODULES = MappingProxyType(
    {
        "layer": "nncli.parts.layers",
        "activation": "nncli.parts.activations",
        "loss": "nncli.parts.losses",
        "optimizer": "nncli.parts.optimizers",
        "schedule": "nncli.parts.schedules",
        "initializer": "nncli.parts.initializers",
        "regularizer": "nncli.parts.regularizers",
        "metric": "nncli.parts.metrics",
        "dataset": "nncli.parts.datasets",
        "split": "nncli.parts.splits",
    }
)


@frozen
class Part:
    """The base of everything that a config can name: it has hyperparameters, and never an array.

    kind: its family, set by the family's base class.
    name: in a config, set by `@part`.
    key_aliases: other spellings of its keys, rewritten on reading.
    libraries: packages besides NumPy that its numbers depend on, recorded in environment.json.
    equivalents: by library, the equivalent code, with {keys} of the part; a plain string is exactly
    equivalent. Each kind's base class says what the code is.
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    key_aliases: ClassVar[Mapping[str, str]] = MappingProxyType({})
    libraries: ClassVar[tuple[str, ...]] = ()
    equivalents: ClassVar[Mapping[str, Equivalent | str]] = MappingProxyType({})

    def equivalent(self, library: str, **names: object) -> Equivalent:
        """The equivalent in a library, with the part's keys and `names` filled in.

        A subclass is another part: it inherits only the equivalents of the whole kind.
        """
        family = next(vars(cls) for cls in type(self).__mro__ if "kind" in vars(cls))
        stated = {**family.get("equivalents", {}), **vars(type(self)).get("equivalents", {})}
        if library not in stated:
            return Equivalent("", f"no equivalent known: {self.kind} {self.name}")
        found = stated[library]
        found = Equivalent(found) if isinstance(found, str) else found
        return found.filled({"name": self.name, **vars(self), **names})

    @property
    def summary(self) -> str:
        """The first line of its docstring, without the full stop."""
        return (self.__doc__ or self.name).strip().partition("\n")[0].rstrip(".")

    def fill(self, template: str) -> str:
        """A formula with this part's keys, such as {rate}, as numbers; other names are kept.

        >>> Part().fill("{a} - {t}")
        '{a} - {t}'
        """

        def number(found: re.Match[str]) -> str:
            value = vars(self).get(found[1])
            is_number = isinstance(value, int | float)
            return f"{value!r}".removesuffix(".0") if is_number else found[0]

        return re.sub(r"\{(\w+)\}", number, template)


@dataclass
class _Family:
    classes: dict[str, type[Part]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)


_families: dict[str, _Family] = {kind: _Family() for kind in MODULES}
_plugged_in: dict[str, str] = {}  # top module -> the package that installed it
P = TypeVar("P", bound=type[Part])


@dataclass_transform(frozen_default=True)
def part(name: str, *aliases: str) -> Callable[[P], P]:
    """Make the class a frozen dataclass, and register it under `name` and `aliases`.

    Raises NncliError if a name is already taken in the kind.
    """

    def register(cls: P) -> P:
        if "__annotations__" in vars(cls):  # else it is frozen already, by its base
            frozen(cls)
        family = _families[cls.kind]
        for taken in {name, *aliases} & (family.classes.keys() | family.aliases.keys()):
            raise NncliError(f"two {cls.kind} parts are called '{taken}': {cls.__module__}")
        cls.name = name
        family.classes[name] = cls
        family.aliases.update(dict.fromkeys(aliases, name))
        return cls

    return register


@cache
def load_plugins() -> None:
    """Import every module of the entry-point group `nncli.parts`."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS):
        load_entry(entry)
        if entry.dist is not None:
            _plugged_in[_top(entry.module)] = entry.dist.name


def load_entry(entry: "EntryPoint") -> Any:
    """Load an entry point. Raises UserError if that fails."""
    try:
        return entry.load()
    except Exception as error:
        raise UserError(f"plugin '{entry.name}' ({entry.value}) failed: {error}") from error


def _top(module: str) -> str:
    return module.partition(".")[0]


def libraries_of(part: Part) -> set[str]:
    """The packages besides nncli and NumPy that a part's numbers depend on."""
    plugin = _plugged_in.get(_top(type(part).__module__))
    return {*part.libraries, *([plugin] if plugin else [])}


def find(kind: str, name: str) -> type[Part]:
    """The class of a name or alias.

    Raises UserError, with the nearest known name, if there is none.
    """
    import_module(MODULES[kind])
    family = _families[kind]
    if family.aliases.get(name, name) not in family.classes:
        load_plugins()
    if (canonical := family.aliases.get(name, name)) in family.classes:
        return family.classes[canonical]
    known = [*family.classes, *family.aliases]
    raise UserError(
        f"unknown {kind} '{name}'{did_you_mean(name, known)}; "
        f"known: {', '.join(sorted(family.classes))}"
    )


def members(kind: str) -> dict[str, type[Part]]:
    """All parts of a kind, built-in and of plug-ins, in the order of definition."""
    import_module(MODULES[kind])
    load_plugins()
    return dict(_families[kind].classes)


def aliases_of(cls: type[Part]) -> list[str]:
    """The aliases of a part."""
    return [alias for alias, name in _families[cls.kind].aliases.items() if name == cls.name]
