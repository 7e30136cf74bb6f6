"""Composite: a kernel of many NumPy calls that is recorded on a tape as one operation."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., None])


def composite(function: F) -> F:
    """Decorate a kernel whose calls are recorded on a tape as one operation, under its name.

    Its positional arguments are what it reads; its keyword arguments are the arrays it writes:
    `out`, one array or several, and scratch. An exporter translates the operation as a whole; a
    replay makes its NumPy calls one by one, as if they had been recorded so.
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
