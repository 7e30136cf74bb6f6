"""Importing: modules are loaded without a search for garbage, of which they make none."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """While imports go on: a tenth to a quarter of their time would look for garbage.

    What the first ones of a process made stays, and is never looked at again: 2% of a start. Later
    there may be garbage, which would stay too.
    """
    is_on, is_first = gc.isenabled(), "numpy" not in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            if is_first:
                gc.freeze()
            gc.enable()
