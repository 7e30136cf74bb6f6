"""The `sweep:` block: which keys are searched, how, and by what the trials are judged.

`train` has no use for it. What its space holds is worked out by `nncli.study`.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from nncli.config.nodes import Node
from nncli.constraints import Bounds, Count, Finite, Length, Positive, PositiveInt, Seed
from nncli.frozen import frozen

Method = Literal["tpe", "sobol", "random", "grid"]


@frozen(kw_only=True)
class Range:
    """Numbers from low to high, both among them; integers if both are."""

    low: Annotated[int | Finite, "the lower bound"]
    high: Annotated[int | Finite, "the upper bound"]
    log: Annotated[bool, "logarithmic scale"] = False
    step: Annotated[PositiveInt | Positive | None, "null: any number between"] = None

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"expected low < high, found {self.low} and {self.high}")
        if math.isinf(self.high - self.low):
            raise ValueError("expected high - low to be a finite number")
        if self.log and self.low <= 0:
            raise ValueError(f"expected low > 0, for log is true, found {self.low}")
        if self.log and self.step is not None:
            raise ValueError("log and step can't go together: give one")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"expected step <= high - low, found {self.step}")

    @property
    def is_whole(self) -> bool:
        """Whether it is of integers."""
        return all(not isinstance(each, float) for each in (self.low, self.high, self.step))


Choices = Annotated[Sequence[Node], Length(1)]


@frozen(kw_only=True)
class SweepKeys:
    """Many trainings of this config, to find better values of some keys."""

    space: Annotated[
        dict[str, Range | Choices], "a range or a list of values for each key, written as in --set"
    ]
    method: Annotated[Method, "how values are chosen; tpe learns from earlier trials"] = "tpe"
    trials: Annotated[PositiveInt, "how many; the first is the config as given"] = 40
    objective: Annotated[
        str, "a val_ column of metrics.csv; auto: what early stopping monitors"
    ] = "auto"
    seeds: Annotated[PositiveInt, "runs of each trial, which is judged by their mean"] = 1
    folds: Annotated[
        Annotated[int, Bounds(ge=2)] | None, "folds of cross-validation per trial, instead of seeds"
    ] = None
    prune: Annotated[
        Literal["median"] | None, "median: stop trials worse than half of the earlier ones"
    ] = None
    ahead: Annotated[
        PositiveInt, "trials that run at once, at most; it influences which trials are tried"
    ] = 4
    seed: Annotated[Seed, "random seed of the search"] = 0
    keep: Annotated[
        Literal["best", "all", "none"],
        "whose weights and checkpoints are kept; metrics are kept of all",
    ] = "best"
    confirm: Annotated[
        Count, "new seeds with which the best trial and the given config are trained again; 0: none"
    ] = 5

    def __post_init__(self) -> None:
        if not self.space:
            raise ValueError("space: expected at least one key to search, found none")
        if self.folds is not None and self.seeds != 1:
            raise ValueError("seeds and folds can't go together: give one")
