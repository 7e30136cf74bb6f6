"""TPE: a tree-structured Parzen estimator chooses, Optuna's, as a sampler and nothing else of it.

Bergstra, Bardenet, Bengio and Kegl (2011), Algorithms for Hyper-Parameter Optimization. The study
that Optuna wants is made anew of the trials told, so that nothing of it need be kept.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.errors import UserError
from nncli.study.dimensions import Choice, Dimension, Numbers
from nncli.study.space import Space
from nncli.study.trials import Direction, EndedTrial, Point

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

ADVICE = "pip install 'nncli-yaml[sweep]', or --set sweep.method=random"


class TpeSampler:
    """Draws values that were frequent in the better trials and rare in the others.

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

    def suggest(self, number: int, told: Sequence[EndedTrial]) -> Point:
        """What a fresh sampler makes of the trials told."""
        import optuna

        state = np.random.SeedSequence([self.seed, number]).generate_state(1)
        with _silent():
            # keys that are there together are drawn together, be they conditional
            sampler = optuna.samplers.TPESampler(multivariate=True, group=True, seed=int(state[0]))
            study = optuna.create_study(sampler=sampler, direction=self.direction)
            study.add_trials([self._frozen(each) for each in told])
            return self._ask(study.ask())

    def _ask(self, trial: "Trial") -> Point:
        """A value of each dimension that is there once its choice is made."""
        point: dict[str, int | float] = {}
        for each in self.space.dimensions:
            on = each.condition
            if on is None or point[on.choice] == on.option:
                found = _drawn(trial, each, self._distributions[each.name])
                point[each.name] = each.value(int(found)) if _is_by_place(each) else found
        return point

    def _frozen(self, told: EndedTrial) -> "FrozenTrial":
        """A trial that has ended, as Optuna knows it."""
        from optuna.trial import TrialState, create_trial

        known = [each for each in self.space.active(told.point) if each.name in told.point]
        value = told.value if told.value is not None and np.isfinite(told.value) else None
        state, last = TrialState.COMPLETE, {}
        if told.state == "pruned" and told.reports:
            state, value = TrialState.PRUNED, None
            epoch = max(told.reports)
            last = {epoch: told.reports[epoch]}
        elif told.state != "completed" or value is None:
            state, value = TrialState.FAIL, None
        return create_trial(
            state=state,
            value=value,
            params={each.name: _inner(each, told.point[each.name]) for each in known},
            distributions={each.name: self._distributions[each.name] for each in known},
            intermediate_values=last,
        )

    @cached_property
    def _distributions(self) -> dict[str, Any]:
        """What Optuna has for each dimension."""
        return {each.name: _distribution(each) for each in self.space.dimensions}


# ---- a dimension in Optuna's words: a choice, and whatever is counted, by its place


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


def _is_by_place(dimension: Dimension) -> bool:
    is_log = isinstance(dimension, Numbers) and dimension.range.log
    return dimension.count is not None and not is_log


def _drawn(trial: "Trial", dimension: Dimension, it: Any) -> int | float:
    """What the sampler makes of a dimension's distribution."""
    name = dimension.name
    if isinstance(dimension, Choice):
        return int(trial.suggest_categorical(name, it.choices))
    if isinstance(it.low, int):
        return int(trial.suggest_int(name, it.low, it.high, log=it.log))
    return float(trial.suggest_float(name, it.low, it.high, log=it.log))


def _inner(dimension: Dimension, value: int | float) -> int | float:
    """A value as Optuna is told it."""
    return dimension.place(value) if _is_by_place(dimension) else value


@contextmanager
def _silent() -> Iterator[None]:
    """Without what Optuna logs and warns of."""
    logger = logging.getLogger("optuna")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)
