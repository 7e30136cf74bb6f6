"""Importing: modules are loaded without a search for garbage, of which they make none."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """While imports go on. What they made stays, and is never looked at again: 2% of a start.

    Only the first ones of a process: later there may be garbage, which would stay too.
    """
    is_first = gc.isenabled() and "numpy" not in sys.modules
    if is_first:
        gc.disable()
    try:
        yield
    finally:
        if is_first:
            gc.freeze()
            gc.enable()
