"""The best model: which of several models is best on these rows, and whether that may be chance."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from nncli.evaluation.formatted_numbers import listed, number
from nncli.evaluation.intervals import MIN_ROWS, Resampled
from nncli.frozen import frozen
from nncli.parts.metrics import Metric

LEVEL = 0.05
NETWORK, LINEAR, TREES = "network", "linear model", "boosted trees"


@frozen
class Best:
    """Which model is best by a metric.

    values: by model.  best: the model with the best value.
    p: for each other model, that both are equally good: from the same resamples of the rows for
    both (paired bootstrap, two-sided), as are the intervals of differences.
    level: the models that aren't significantly worse.  behind: those that are.  words: a sentence.
    """

    metric: str
    values: Mapping[str, float]
    best: str
    p: Mapping[str, float]
    level: tuple[str, ...]
    behind: tuple[str, ...]
    words: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def best_of(models: Mapping[str, Resampled], metric: Metric, name: str, rows: int) -> Best | None:
    """The best model by a metric; None if there are too few rows, or no resample has a score."""
    scored = {model: each for model, each in models.items() if np.isfinite(each.values[name])}
    if len(scored) < 2 or rows < MIN_ROWS:
        return None
    sign = 1.0 if metric.is_score else -1.0
    values = {model: each.values[name] for model, each in scored.items()}
    best = max(values, key=lambda model: sign * values[model])  # the first of equal values
    others = [model for model in values if model != best]
    found = [p_value(scored[best], scored[other], name, sign) for other in others]
    p = {other: each for other, each in zip(others, found, strict=True) if each is not None}
    if len(p) < len(others):
        return None
    level = tuple(other for other in others if p[other] >= LEVEL)
    behind = tuple(other for other in others if p[other] < LEVEL)
    words = in_words(name, values, best, p, behind, rows)
    return Best(name, values, best, p, level, behind, words)


def p_value(better: Resampled, other: Resampled, name: str, sign: float) -> float | None:
    """min(1, 2 (k + 1) / (n + 1)): paired bootstrap test that two models are equally good.

    n: the resamples.  k: those in which the better model isn't better, or the metric is undefined.
    If resamples have fewer rows than there are, differences are scaled down towards that of all
    rows. None if the metric is undefined in every resample.
    """
    value = sign * (better.values[name] - other.values[name])
    draws = sign * (better.draws[name] - other.draws[name])
    if not np.isfinite(draws).any():
        return None
    draws = value + better.narrowing * (draws - value)
    ahead = np.count_nonzero(np.isfinite(draws) & (draws > 0))
    return float(min(1.0, 2 * (len(draws) - ahead + 1) / (len(draws) + 1)))


def in_words(
    metric: str,
    values: Mapping[str, float],
    best: str,
    p: Mapping[str, float],
    behind: tuple[str, ...],
    rows: int,
) -> str:
    """A sentence on which model is best, and whether that may be chance."""
    said = {model: f"{_the(model)} {number(value)}" for model, value in values.items()}
    if not behind:
        each = listed(list(said.values()))
        least = _short(min(p.values()))
        return f"No difference beyond chance: {metric} of {each} on {rows:,} rows (p {least})"
    sign = 1.0 if values[best] == max(values.values()) else -1.0
    reached = max(sign * values[model] for model in behind)
    others = [model for model in values if model != best]
    level = [m for m in others if m not in behind and sign * values[m] >= reached]
    lost = [model for model in others if model not in level]
    unsure = {model: "" if model in behind else ", which may be chance" for model in lost}
    beside = listed([f"{said[m]} (p {_short(p[m])}{unsure[m]})" for m in lost])
    verb = "are" if best == TREES else "is"
    if not level:
        surely = ", by more than chance" if len(lost) == len(behind) else ""
        of_best = number(values[best])
        return (
            f"{_capital(_the(best))} {verb} best here{surely}: {metric} {of_best}, beside {beside}"
        )
    ahead = listed([said[model] for model in (best, *level)])
    return (
        f"Best here are {listed([_the(model) for model in (best, *level)])}, with no difference "
        f"beyond chance between them: {metric} of {ahead}, beside {beside}"
    )


def _the(model: str) -> str:
    return model if model == TREES else f"the {model}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(p: float) -> str:
    """p with one digit, or as many as keep it below LEVEL if it is.

    >>> _short(0.0123), _short(0.002), _short(0.43), _short(0.0492), _short(1.0)
    ('0.01', '0.002', '0.4', '0.049', '1')
    >>> _short(50 / 1001)  # of 1,000 resamples, the largest p below 5%
    '0.04995'
    """
    texts = (f"{p:.{digits}g}" for digits in range(1, 18))
    return next(text for text in texts if (float(text) < LEVEL) == (p < LEVEL))
