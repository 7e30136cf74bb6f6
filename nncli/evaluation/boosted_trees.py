"""Boosted trees: gradient boosting on the raw columns, for comparison.

scikit-learn's HistGradientBoosting with its defaults, but the best iteration of those it makes:
numbers, categories and missing cells as they are. On many tables nothing is better, and it takes a
second.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from itertools import islice
from typing import Any

import numpy as np

from nncli.engine.threads import pools
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.table import Table

ITERATIONS = 100  # scikit-learn's default
MAX_TREES = 600  # an iteration grows one per class, label or target; 4 ms each
MIN_ITERATIONS = 20  # with fewer, boosted trees are left out
MAX_CELLS = 300_000_000  # rows x columns x trees: two seconds
MAX_PREDICTIONS = 200_000_000  # predicted rows x trees: some seconds
MIN_ROWS = 1_000  # of a sample, for any number of columns and classes
MAX_ROWS_TO_FIT, HELD_OUT_SHARE = 10_000, 0.1  # scikit-learn's, of its early stopping
MAX_CATEGORIES = 255  # of a column; if there are more, the rarest share a code
BLOCK_VALUES = 2**22  # cells predicted at a time


@frozen
class Trees:
    """Predictions of boosted trees.

    predictions: shaped as the linear model's; None if there are none, and `note` says why.
    fitted_rows: the number of training rows they were fitted to.
    note: why there are none, or what was reduced to keep the fit quick; else empty.
    """

    predictions: Array | None
    fitted_rows: int = 0
    note: str = ""


@frozen
class Rows:
    """Some rows of a table, as scikit-learn's input.

    new_codes: by column index, a new code for each category; the last one is for categories that
    were added later.
    """

    table: Table
    index: Array
    new_codes: Mapping[int, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def columns(self) -> int:
        return len(self.table.features)

    def x(self, some: Any = slice(None)) -> Array:
        x = np.asarray(self.table.x[self.index[some]], float)
        for place, new in self.new_codes.items():
            known = np.isfinite(x[:, place])
            own = x[known, place].astype(int)
            x[known, place] = new[np.minimum(own, len(new) - 1)]
        return x

    @property
    def y(self) -> Array:
        return np.asarray(self.table.y[self.index])


def boosted_trees(train: Rows, rows: Rows, weights: Array | None, seed: int) -> Trees:
    """Fit to training rows, and predict other rows.

    weights: of the training rows. Uses one thread, because sums by several have other last digits.
    """
    outputs = _outputs(train.table)
    iterations = min(ITERATIONS, MAX_TREES // outputs)
    if iterations < MIN_ITERATIONS:
        return Trees(None, note=f"left out, as {outputs:,} trees an iteration would take minutes")
    if len(rows) * outputs * iterations > MAX_PREDICTIONS:
        return Trees(None, note=f"left out, as {len(rows):,} rows would take them minutes")
    affordable = MAX_CELLS // (max(train.columns, 1) * outputs * iterations)
    count = min(len(train), max(affordable, MIN_ROWS))
    chosen = np.arange(len(train))
    if count < len(train):
        chosen = np.sort(np.random.default_rng(seed).choice(len(train), count, replace=False))
    weights = None if weights is None else np.asarray(weights[chosen], float)
    sample = Rows(train.table, train.index[chosen])
    new_codes = _merged_codes(sample)
    sample, rows = replace(sample, new_codes=new_codes), replace(rows, new_codes=new_codes)
    try:
        import sklearn.ensemble  # noqa: F401  # before its threads can be limited

        with pools().limit(limits=1, user_api="openmp"), np.errstate(all="ignore"):
            predictions = _fit_and_predict(sample, rows, weights, iterations, seed)
    except ValueError as error:  # what scikit-learn refuses, such as weights that are all 0
        return Trees(None, note=f"left out: {str(error).splitlines()[0]}")
    return Trees(predictions, count, _note(train, count, iterations))


def _note(train: Rows, count: int, iterations: int) -> str:
    """What was reduced to keep the fit quick."""
    less = []
    if count < len(train):
        less.append(f"fitted on a random sample of {count:,} of {len(train):,} training rows")
    if iterations < ITERATIONS:
        less.append(f"{iterations} iterations, of the usual {ITERATIONS}")
    return ", ".join(less)


def _outputs(table: Table) -> int:
    """The number of trees per iteration."""
    if table.classes:
        return len(table.classes) if len(table.classes) > 2 else 1
    return len(table.targets)


def _fit_and_predict(
    sample: Rows, rows: Rows, weights: Array | None, iterations: int, seed: int
) -> Array:
    """Fit one model to classes, or one per label or target, and predict rows."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    settings: Mapping[str, Any] = {
        "max_iter": iterations,
        "categorical_features": _categorical(sample.table),
        "random_state": seed,
    }
    x, y, table = sample.x(), sample.y, sample.table
    if table.classes:
        made = np.zeros((len(rows), len(table.classes)))
        seen = np.unique(y)
        if len(seen) == 1:
            made[:, seen] = 1.0
            return made
        made[:, seen] = _probabilities(settings, x, y, weights, rows)
        return made
    columns = []
    for target in y.T:
        if table.labels and len(np.unique(target)) == 1:
            columns.append(np.full(len(rows), target[0]))
        elif table.labels:
            label = target.astype(int)
            columns.append(_probabilities(settings, x, label, weights, rows)[:, 1])
        else:
            largest = float(np.abs(target).max()) or 1.0  # so that no square overflows
            numbers = HistGradientBoostingRegressor(**settings, early_stopping=False)
            numbers.fit(x, target / largest, weights)
            columns.append(_in_blocks(numbers.predict, rows) * largest)
    return np.column_stack(columns)


def _probabilities(
    settings: Mapping[str, Any], x: Array, y: Array, weights: Array | None, rows: Rows
) -> Array:
    """(rows, classes) probabilities after the iteration with the lowest loss.

    With many rows it is the loss of held-out rows, as by default in scikit-learn; else that of the
    training rows, which may jump from almost 0 to far above that of guessing.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    has_pairs = np.unique(y, return_counts=True)[1].min() > 1  # or scikit-learn can't split it
    share = HELD_OUT_SHARE if len(x) > MAX_ROWS_TO_FIT and has_pairs else None
    stopping = {"early_stopping": True, "validation_fraction": share, "tol": 0.0}
    model = HistGradientBoostingClassifier(**settings, **stopping).fit(x, y, weights)
    scores = model.train_score_ if share is None else model.validation_score_
    best = max(int(np.nanargmax(scores)), 1)  # the first score is without trees
    if best == model.n_iter_:
        return _in_blocks(model.predict_proba, rows)
    return _in_blocks(lambda x: next(islice(model.staged_predict_proba(x), best - 1, None)), rows)


def _in_blocks(predict: Any, rows: Rows) -> Array:
    """The predictions, a block of rows at a time."""
    step = max(BLOCK_VALUES // max(rows.columns, 1), 1)
    blocks = [slice(start, start + step) for start in range(0, len(rows), step)]
    return np.concatenate([predict(rows.x(block)) for block in blocks])


def _categorical(table: Table) -> list[int] | None:
    """The indices of the columns that hold categories."""
    names = enumerate(table.features)
    return [place for place, name in names if name in table.categories] or None


def _merged_codes(sample: Rows) -> dict[int, Array]:
    """New codes for columns with too many categories: the most frequent keep codes of their own.

    All other categories share one code. Otherwise such a column would be taken as numbers, and
    since categories are numbered in the order of the table, would tell where in the table a row is.
    """
    found = {}
    for place, name in enumerate(sample.table.features):
        count = len(sample.table.categories.get(name, ()))
        if count > MAX_CATEGORIES:
            codes = sample.table.column(name).values[sample.index]
            counts = np.bincount(codes[np.isfinite(codes)].astype(int), minlength=count)
            kept = np.argsort(-counts, kind="stable")[: MAX_CATEGORIES - 1]
            found[place] = np.full(count + 1, float(len(kept)))
            found[place][kept] = np.arange(len(kept))
    return found
