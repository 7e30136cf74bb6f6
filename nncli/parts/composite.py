"""Composite: a kernel of many NumPy calls that goes onto a tape as one operation."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., None])


def composite(function: F) -> F:
    """Calls of `function` with a tape's arrays are recorded whole, under its name.

    Such a function is given what it reads by place, and by keyword what it writes: `out`, an array
    or several, and scratch. An exporter says in its language what the name computes; whoever runs
    the tape has it carried out call by call, as if it had never been one.
    """

    @wraps(function)
    def call(*arguments: Any, **written: Any) -> None:
        out = written["out"]
        record = getattr(out[0] if isinstance(out, tuple) else out, "record", None)
        if record is None:
            function(*arguments, **written)
        else:
            record(function, arguments, written)

    return call  # type: ignore[return-value]
