"""Stop reason: why a training ended, as metrics.json records it (`stopped`), and in words."""

from collections.abc import Mapping
from typing import Literal

StopReason = Literal["epochs", "early_stopping", "converged", "pruned", "diverged", "interrupted"]
FINISHED: tuple[StopReason, ...] = ("epochs", "early_stopping", "converged")  # by its own rules

IN_WORDS: Mapping[str, str] = {
    "epochs": "all epochs are done",
    "early_stopping": "early stopping ended it",
    "converged": "converged",
    "pruned": "pruned",
    "diverged": "diverged",
    "interrupted": "interrupted",
}


def why_unfinished(stopped: str | None) -> str:
    """The words after `training` in a warning, as `was interrupted`; empty if it ended by itself.

    stopped: None for a run without a summary, which still trains or was killed.
    """
    if stopped is None:
        return "has not ended"
    return {"interrupted": "was interrupted", "diverged": "has diverged"}.get(stopped, "")
