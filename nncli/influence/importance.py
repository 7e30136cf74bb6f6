"""Permutation importance: the increase of the loss when a column's values are shuffled."""

from collections.abc import Callable

import numpy as np

from nncli.frozen import frozen
from nncli.influence.loss_per_row import loss_of
from nncli.parts.arrays import Array, evenly_spaced
from nncli.parts.table import Table

Predict = Callable[[Array], Array]  # raw rows (rows, features) -> predictions

REPEATS = 10
MAX_ROWS = 2_000
SHOWN = 30  # columns measured with all repeats
BLOCK_VALUES = 1 << 21  # of the rows predicted at a time: 16 MB
MIN_ROWS = 30  # rows for the rough measurement of very many columns


@frozen
class ColumnImportance:
    """loss with the column permuted - loss: mean and standard deviation over permutations."""

    name: str
    mean: float
    deviation: float

    @property
    def is_clear(self) -> bool:
        """Whether the mean is more than two standard deviations."""
        return self.mean > 2 * self.deviation


@frozen
class Importance:
    """Columns, the most important first.

    measure: the loss in words.  base: the loss without permutation.
    rows, of_rows: the number of rows used, out of those scored.  repeats: permutations per column.
    of_columns: the number of all columns; the others were measured roughly, and matter less.
    """

    measure: str
    base: float
    columns: tuple[ColumnImportance, ...]
    rows: int
    of_rows: int
    repeats: int
    of_columns: int


def permutation_importance(
    predict: Predict, table: Table, rows: Array, *, seed: int, work: int = 1
) -> Importance:
    """The importance of every feature of a table, on the given rows.

    work: multiplications per predicted row; the larger, the fewer rows are used.
    """
    random = np.random.default_rng(seed)
    measure, loss = loss_of(table.task, len(table.targets))
    most = min(MAX_ROWS, max(_affordable(work, len(table.features)), MIN_ROWS))
    chosen = rows[evenly_spaced(len(rows), most)]
    x, truth = np.asarray(table.x[chosen], float), table.y[chosen]
    base = loss(predict(x), truth)
    places = [*range(len(table.features))]
    if len(places) > SHOWN:
        few = slice(MIN_ROWS)
        at_once = (predict, x[few], truth[few], loss, random, 1)
        found = np.array([_losses(place, *at_once)[0] for place in places])
        places = sorted(np.argsort(-found, kind="stable")[:SHOWN].tolist())
    columns = []
    for place in places:
        more = _losses(place, predict, x, truth, loss, random, REPEATS) - base
        name = table.features[place]
        columns.append(ColumnImportance(name, float(more.mean()), float(more.std(ddof=1))))
    columns.sort(key=lambda column: -column.mean)
    of_columns = len(table.features)
    return Importance(measure, base, tuple(columns), len(x), len(rows), REPEATS, of_columns)


def _loss(loss: Callable[[Array, Array], float], answers: Array, truth: Array) -> float:
    """The loss over the rows with a prediction: for a permuted row, a formula may be undefined."""
    is_known = ~np.isnan(answers).any(axis=1)
    if is_known.all() or not is_known.any():
        return loss(answers, truth)
    return loss(answers[is_known], truth[is_known])


def _affordable(work: int, columns: int) -> int:
    """The number of rows whose permutations take a second or two."""
    return 4_000_000_000 // (work * REPEATS * min(columns, SHOWN))


def _losses(
    place: int,
    predict: Predict,
    x: Array,
    truth: Array,
    loss: Callable[[Array, Array], float],
    random: np.random.Generator,
    repeats: int,
) -> Array:
    """(repeats,) losses with one column permuted, computed together as far as memory allows."""
    size = len(x)
    together = max(min(BLOCK_VALUES // max(x.size, 1), repeats), 1)
    losses: list[float] = []
    while len(losses) < repeats:
        count = min(together, repeats - len(losses))
        moved = np.tile(x, (count, 1))
        for start in range(0, count * size, size):
            moved[start : start + size, place] = random.permutation(x[:, place])
        answers = predict(moved)
        starts = range(0, count * size, size)
        losses += [_loss(loss, answers[start : start + size], truth) for start in starts]
    return np.array(losses)
