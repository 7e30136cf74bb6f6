"""Memory: what operations leave behind, with the garbage collector off.

It comes by for many objects, not for large ones: a circle of references can keep a table for long.
"""

import gc
import tracemalloc
from collections.abc import Callable


def kept_by(operation: Callable[[], object], times: int = 2) -> int:
    """Bytes that stay allocated after the operation has been done so often, once before."""
    operation()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(times):
            operation()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
