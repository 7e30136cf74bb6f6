"""Studies: one config, many runs. `run` and `resume` are for notebooks and scripts."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncli.study.calls import StudyResult, resume, run

__all__ = ["StudyResult", "resume", "run"]


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is asked for: the command line does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nncli.study import calls

    return getattr(calls, name)
