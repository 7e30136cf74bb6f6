"""Importing: speeds up imports by pausing the garbage collector."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """While entered, the garbage collector is off: it would take 10% to 25% of the import time.

    After a process's first imports, their objects are also excluded from later collections, which
    saves 2% of a start; later imports don't do so, as there may be garbage by then.
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
