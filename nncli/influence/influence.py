"""Influence: importance of every column, dependence on the first ones, and correlations."""

import numpy as np

from nncli.frozen import frozen
from nncli.influence.correlation import CorrelatedPair, correlated_pairs
from nncli.influence.importance import Importance, Predict, permutation_importance
from nncli.influence.partial_dependence import PartialDependence, partial_dependence
from nncli.parts.arrays import Array
from nncli.parts.table import Table

CURVES = 4  # columns with partial dependence


@frozen
class Influence:
    """outputs: what each column of a prediction is: a class, a label or a target."""

    importance: Importance
    dependence: tuple[PartialDependence, ...]
    outputs: tuple[str, ...]
    correlated: tuple[CorrelatedPair, ...]


def influence_of(
    predict: Predict, table: Table, scored: Array, train: Array, *, seed: int, work: int = 1
) -> Influence:
    """Influence on `predict`: importance on the rows `scored`, dependence over the rows `train`."""
    with np.errstate(all="ignore"):
        importance = permutation_importance(predict, table, scored, seed=seed, work=work)
    names = [column.name for column in importance.columns]
    dependence = partial_dependence(predict, table, train, names[:CURVES])
    pairs = correlated_pairs(table, train, names)
    return Influence(importance, tuple(dependence), table.classes or table.targets, tuple(pairs))
