"""Studies: one config, many runs. Notebooks and scripts call `run` and `resume`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncli.study.api import StudyResult, resume, run

__all__ = ["StudyResult", "resume", "run"]


def __getattr__(name: str) -> Any:
    """Import an exported name on first use: the command line needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nncli.study import api

    return getattr(api, name)
