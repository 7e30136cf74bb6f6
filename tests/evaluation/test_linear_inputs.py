"""What a linear model gets of rows whose categories a network looks up."""

import numpy as np

from nncli.engine.evaluator import EvaluationSet
from nncli.evaluation.linear_inputs import LinearInputs
from nncli.evaluation.linear_model import linear_model


def rows_of(codes, effect, x=None):
    codes = np.array(codes)
    y = np.array([effect[code] for code in codes])[:, None]
    x = np.zeros((len(codes), 0)) if x is None else np.array(x, float)
    return EvaluationSet({"x": x, "category/c": codes}, y, truth=y)


def test_each_category_of_a_training_row_is_an_input_behind_the_numbers():
    effect = {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0}
    train = rows_of([2, 0, 2], effect, [[5], [6], [7]])
    given = LinearInputs.of(train)
    [(start, block)] = given.blocks()
    assert start == 0
    assert block.tolist() == [[5, 0, 0, 1], [6, 1, 0, 0], [7, 0, 0, 1]]
    [(_, block)] = given.like(rows_of([3, 1], effect, [[8], [9]])).blocks()
    assert block.tolist() == [[8, 0, 0, 0], [9, 0, 1, 0]]  # the first is none of them


def test_it_learns_what_categories_alone_tell():
    random = np.random.default_rng(0)
    effect = random.normal(size=12)
    train, other = (rows_of(random.integers(12, size=n), effect) for n in (200, 50))
    found = linear_model(train, other, 0, seed=0)
    np.testing.assert_allclose(found.predictions, other.truth, atol=0.01)
