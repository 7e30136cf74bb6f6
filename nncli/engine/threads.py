"""Threads: how many matrix products may use."""

from contextlib import AbstractContextManager
from typing import Any

from nncli.engine.settings import Training


def limited(training: Training) -> AbstractContextManager[Any]:
    """While entered, BLAS keeps to `training.threads`."""
    import threadpoolctl

    limits: AbstractContextManager[Any] = threadpoolctl.threadpool_limits(
        training.threads, user_api="blas"
    )
    return limits
