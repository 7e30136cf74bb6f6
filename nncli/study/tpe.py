"""TPE: Optuna's tree-structured Parzen estimator, used as a sampler only.

Bergstra, Bardenet, Bengio and Kegl (2011), Algorithms for Hyper-Parameter Optimization. Each
suggestion rebuilds Optuna's study from the history, so that no Optuna state is stored.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.errors import UserError
from nncli.study.dimensions import Choice, Dimension, Numeric
from nncli.study.ended_trial import Direction, EndedTrial, Point
from nncli.study.space import Space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

ADVICE = "pip install 'nncli-yaml[sweep]', or --set sweep.method=random"


class TpeSampler:
    """Draws values that are frequent in the better trials and rare in the others.

    Raises UserError where Optuna isn't installed.
    """

    count = None

    def __init__(self, space: Space, seed: int, direction: Direction) -> None:
        self.space, self.seed, self.direction = space, seed, direction
        try:
            with _silent():
                import optuna  # noqa: F401
        except ImportError:
            raise UserError(f"sweep.method: tpe needs Optuna: {ADVICE}") from None

    def suggest(self, number: int, history: Sequence[EndedTrial]) -> Point:
        """The suggestion of a fresh Optuna sampler, given the history."""
        import optuna

        state = np.random.SeedSequence([self.seed, number]).generate_state(1)
        with _silent():
            # dimensions that are active together are drawn jointly, also conditional ones
            sampler = optuna.samplers.TPESampler(multivariate=True, group=True, seed=int(state[0]))
            study = optuna.create_study(sampler=sampler, direction=self.direction)
            study.add_trials([self._frozen(each) for each in history])
            return self._ask(study.ask())

    def _ask(self, trial: "Trial") -> Point:
        """Draw each active dimension; a choice before those that depend on it."""
        point: dict[str, int | float] = {}
        for each in self.space.dimensions:
            on = each.condition
            if on is None or point[on.choice] == on.option:
                found = _drawn(trial, each, self._distributions[each.name])
                point[each.name] = each.value(int(found)) if _is_by_index(each) else found
        return point

    def _frozen(self, ended: EndedTrial) -> "FrozenTrial":
        """An ended trial as Optuna's FrozenTrial."""
        from optuna.trial import TrialState, create_trial

        known = [each for each in self.space.active(ended.point) if each.name in ended.point]
        value = ended.value if ended.value is not None and np.isfinite(ended.value) else None
        state, last = TrialState.COMPLETE, {}
        if ended.state == "pruned" and ended.reports:
            state, value = TrialState.PRUNED, None
            epoch = max(ended.reports)
            last = {epoch: ended.reports[epoch]}
        elif ended.state != "completed" or value is None:
            state, value = TrialState.PRUNED, None  # without a report: worst. FAIL would be ignored
        return create_trial(
            state=state,
            value=value,
            params={each.name: _encoded(each, ended.point[each.name]) for each in known},
            distributions={each.name: self._distributions[each.name] for each in known},
            intermediate_values=last,
        )

    @cached_property
    def _distributions(self) -> dict[str, Any]:
        """Optuna's distribution of each dimension."""
        return {each.name: _distribution(each) for each in self.space.dimensions}


# ---- a dimension as Optuna's distribution: discrete ones, unless logarithmic, by index


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(dimension, Choice):
        return CategoricalDistribution(range(dimension.count))
    it = dimension.range
    if it.log and it.is_whole:
        return IntDistribution(int(it.low), int(it.high), log=True)
    if dimension.count is not None:
        return IntDistribution(0, dimension.count - 1)
    return FloatDistribution(float(it.low), float(it.high), log=it.log)


def _is_by_index(dimension: Dimension) -> bool:
    is_log = isinstance(dimension, Numeric) and dimension.range.log
    return dimension.count is not None and not is_log


def _drawn(trial: "Trial", dimension: Dimension, it: Any) -> int | float:
    """Draw from a dimension's distribution."""
    name = dimension.name
    if isinstance(dimension, Choice):
        return int(trial.suggest_categorical(name, it.choices))
    if isinstance(it.low, int):
        return int(trial.suggest_int(name, it.low, it.high, log=it.log))
    return float(trial.suggest_float(name, it.low, it.high, log=it.log))


def _encoded(dimension: Dimension, value: int | float) -> int | float:
    """A value in Optuna's encoding."""
    return dimension.index_of(value) if _is_by_index(dimension) else value


@contextmanager
def _silent() -> Iterator[None]:
    """Silence Optuna's log and warnings."""
    logger = logging.getLogger("optuna")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)
