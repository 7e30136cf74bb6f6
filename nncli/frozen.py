"""`@frozen`: as `@dataclass(frozen=True)`, without compiling methods for each class.

The standard decorator writes and compiles the source of five methods for each class, which takes
0.6 ms: for 180 classes, longer than importing NumPy. Here all classes share methods that read the
fields when they are called. `fields`, `replace`, `asdict` and `is_dataclass` work as usual, and
either kind of class may derive from the other.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from reprlib import recursive_repr
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, dataclass_transform, overload

KEYWORD, ANYHOW = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
C = TypeVar("C", bound=type)
_lock = Lock()


@overload
def frozen(cls: C, /) -> C: ...
@overload
def frozen(*, kw_only: bool = False, eq: bool = True) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: Any = None, /, *, kw_only: bool = False, eq: bool = True) -> Any:
    """Make the class a frozen dataclass; methods that it defines itself stay.

    >>> @frozen
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(2), Point(2) == Point(2, 0), len({Point(2), Point(y=0, x=2)})
    (Point(x=2, y=0), True, 1)
    """
    if cls is None:
        return lambda cls: _freeze(cls, kw_only, eq)
    return _freeze(cls, kw_only, eq)


def _freeze(cls: Any, kw_only: bool, eq: bool) -> type:
    own = set(vars(cls))
    cls.__doc__ = cls.__doc__ or cls.__name__  # else dataclass computes a signature for it
    with _thawed_bases(cls):
        dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
    cls.__dataclass_params__.frozen = True
    cls.__frozen_fields__ = fields(cls)
    cls.__frozen_arguments__ = _Arguments.of(cls.__frozen_fields__)
    for name, method in (METHODS | COMPARISONS if eq else METHODS).items():
        if name not in own or (name == "__hash__" and vars(cls)[name] is None):
            setattr(cls, name, method)
    return cls  # type: ignore[no-any-return]


@contextmanager
def _thawed_bases(cls: type) -> Iterator[None]:
    """While entered, frozen bases count as unfrozen, or dataclass would refuse the class."""
    found = [vars(base).get("__dataclass_params__") for base in cls.__mro__[1:]]
    bases = [each for each in found if each is not None and each.frozen]
    with _lock:
        for each in bases:
            each.frozen = False
        try:
            yield
        finally:
            for each in bases:
                each.frozen = True


class _Arguments(NamedTuple):
    """What `__init__` needs to know of a class.

    positional: the positional arguments.  names: all arguments.  required: those without a default.
    defaults: by field; MISSING: required, or made by a factory.
    """

    positional: tuple[str, ...]
    names: frozenset[str]
    required: tuple[str, ...]
    defaults: dict[str, Any]
    factories: tuple[tuple[str, Callable[[], Any]], ...]

    @classmethod
    def of(cls, fields: Sequence[Field[Any]]) -> "_Arguments":
        given = [each for each in fields if each.init]
        made = {each.name: each.default_factory for each in fields}
        factories = {name: make for name, make in made.items() if make is not MISSING}
        return cls(
            tuple(each.name for each in given if not each.kw_only),
            frozenset(each.name for each in given),
            tuple(e.name for e in given if e.default is MISSING and e.name not in factories),
            {each.name: each.default for each in fields if each.init or each.name in factories},
            tuple(factories.items()),
        )


def _init(self: Any, /, *values: Any, **named: Any) -> None:
    """Set each field from its positional or keyword argument, its default or its factory."""
    arguments, attributes = type(self).__frozen_arguments__, vars(self)
    attributes.update(arguments.defaults)
    if values:
        attributes.update(zip(arguments.positional, values, strict=False))
    attributes.update(named)
    if len(values) > len(arguments.positional) or not named.keys() <= arguments.names:
        raise _argument_error(self, values, named)
    if values and named and any(name in named for name in arguments.positional[: len(values)]):
        raise _argument_error(self, values, named)
    for name in arguments.required:
        if attributes[name] is MISSING:
            raise _argument_error(self, values, named)
    for name, make in arguments.factories:
        if attributes[name] is MISSING:
            attributes[name] = make()
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _argument_error(self: Any, values: tuple[Any, ...], named: dict[str, Any]) -> TypeError:
    """The TypeError for wrong arguments."""
    arguments, name = type(self).__frozen_arguments__, type(self).__qualname__
    placed = arguments.positional[: len(values)]
    if len(values) > len(arguments.positional):
        said = f"expected {len(arguments.positional)} values by place at most, found {len(values)}"
    elif unknown := sorted(named.keys() - arguments.names):
        said = f"no field is called {', '.join(unknown)}"
    elif twice := [each for each in placed if each in named]:
        said = f"given twice: {', '.join(twice)}"
    else:
        missing = [each for each in arguments.required if each not in {*placed, *named}]
        said = f"missing: {', '.join(missing)}"
    return TypeError(f"{name}(): {said}")


@recursive_repr("...")
def _repr(self: Any) -> str:
    shown = (field.name for field in self.__frozen_fields__ if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"


def _compared(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, field.name) for field in self.__frozen_fields__ if field.compare])


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _is_frozen(cls: Any, name: str) -> bool:
    """Whether an attribute is frozen: all are; of a subclass without `@frozen`, only the fields."""
    return "__frozen_fields__" in vars(cls) or name in (
        field.name for field in cls.__frozen_fields__
    )


def _setattr(self: Any, name: str, value: Any) -> None:
    if _is_frozen(type(self), name):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delattr(self: Any, name: str) -> None:
    if _is_frozen(type(self), name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


class _Signature:
    """The signature of `__init__` for `help` and editors, made on request."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        init = [field for field in fields(owner) if field.init]
        init.sort(key=lambda field: field.kw_only is True)
        return inspect.Signature([_parameter(field) for field in init])


def _parameter(field: Field[Any]) -> inspect.Parameter:
    kind = KEYWORD if field.kw_only else ANYHOW
    default: Any = inspect.Parameter.empty
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = ...
    return inspect.Parameter(field.name, kind, default=default, annotation=field.type)


METHODS = MappingProxyType(
    {
        "__init__": _init,
        "__repr__": _repr,
        "__setattr__": _setattr,
        "__delattr__": _delattr,
        "__signature__": _Signature(),
    }
)
COMPARISONS = MappingProxyType({"__eq__": _eq, "__hash__": _hash})
