"""Reference models: a linear model and boosted trees, fitted to the network's training rows."""

import numpy as np

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.threads import pools
from nncli.evaluation.boosted_trees import Rows, Trees, boosted_trees
from nncli.evaluation.linear_model import Linear, linear_model
from nncli.frozen import frozen

MAX_SENT_NUMBERS = 2_000_000  # with more, fitting takes longer than the import that it saves


@frozen
class ReferenceTask:
    """What to fit and to predict.

    train, rows: the network's inputs of training rows and of scored rows, for the linear model.
    raw_train, raw_rows: the raw columns of the same rows, for boosted trees.
    classes: their number; 0 for numbers and labels.  threads: for matrix products.
    """

    train: EvaluationSet
    rows: EvaluationSet
    raw_train: Rows
    raw_rows: Rows
    classes: int
    has_labels: bool
    seed: int
    threads: int

    @property
    def is_small(self) -> bool:
        """Whether it can be sent to another process at once."""
        tables = self.raw_train.table, self.raw_rows.table
        if any(table.is_on_disk for table in tables):
            return False
        sets = [block for rows in (self.train, self.rows) for block in rows.inputs.values()]
        arrays = [*(table.x for table in tables), *sets]
        are_there = all(isinstance(each, np.ndarray) for each in arrays)
        return are_there and sum(each.size for each in arrays) <= MAX_SENT_NUMBERS

    def fit(self) -> tuple[Linear, Trees]:
        with pools().limit(limits=self.threads, user_api="blas"):
            linear = linear_model(
                self.train, self.rows, self.classes, has_labels=self.has_labels, seed=self.seed
            )
            trees = boosted_trees(self.raw_train, self.raw_rows, self.train.weights, self.seed)
            return linear, trees
