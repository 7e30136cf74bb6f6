"""Ensemble keys: the `ensemble` block of a config."""

from typing import Annotated, Literal

from nncli.constraints import Auto, Bounds
from nncli.frozen import frozen

By = Literal["folds", "seeds"]
MEMBER_SEEDS = ("init", "shuffle", "dropout")  # in which members differ


@frozen(kw_only=True)
class EnsembleKeys:
    """Several networks, whose predictions are averaged: better than one, at so many times its cost.

    by: folds: train and val rows are cut into as many parts as there are members; each member stops
    by one part and learns from the others, so that every row validates once and trains all others
    (bagging: Breiman, 1996). seeds: all members have the same rows, and start from other weights.
    """

    members: Annotated[Annotated[int, Bounds(ge=2)], "how many networks"] = 8
    by: Annotated[By | Auto, "auto: folds; seeds where the split is by time"] = "auto"

    def folds(self, *, is_by_time: bool) -> int:
        """Into how many parts rows are cut; 0 where members have the same rows."""
        by_seeds = is_by_time if self.by == "auto" else self.by == "seeds"
        return 0 if by_seeds else self.members
