"""The same tables through scikit-learn's ColumnTransformer: the same inputs, to rounding."""

import numpy as np
import pytest

from nncli.data.fitted_categories import MISSING_CATEGORY
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.rare_categories import RARE_CATEGORY, RareRule
from nncli.parts.table import Table

SCALES = {"standard": "StandardScaler", "minmax": "MinMaxScaler", "robust": "RobustScaler"}


def random_cells(seed, rows):
    """(numbers, texts) with gaps and ties, columns of very different sizes, and a constant one."""
    random = np.random.default_rng(seed)
    numbers = random.normal([0, 1e6, -1e-6, 5], [1, 10, 1e-9, 0], (rows, 4))
    numbers[:, 0] = numbers[:, 0].round(1)
    numbers[random.random(numbers.shape) < 0.15] = np.nan
    texts = random.choice(np.array(["p", "q", "r", "Zürich", "a b"], object), (rows, 2))
    texts[random.random(texts.shape) < 0.15] = np.nan
    return numbers, texts


def as_table(numbers, texts):
    """What a file with these cells is read as."""
    codes, categories = [], {}
    for j, column in enumerate(texts.T):
        known = tuple(dict.fromkeys(text for text in column if isinstance(text, str)))
        categories[f"t{j}"] = known
        codes.append([known.index(t) if isinstance(t, str) else np.nan for t in column])
    names = (*(f"x{j}" for j in range(numbers.shape[1])), *categories)
    x = np.column_stack([numbers, np.array(codes, dtype=float).T])
    return Table(x, np.zeros((len(x), 1)), names, categories=categories)


def transformer(steps, numbers, texts):
    """The pipeline that does the same."""
    from sklearn import preprocessing
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    scaler = "passthrough"
    if steps.scale != "none":
        scaler = getattr(preprocessing, SCALES[steps.scale])()
    fill = {"strategy": "most_frequent"}
    if steps.impute_category == "category":
        fill = {"strategy": "constant", "fill_value": MISSING_CATEGORY}
    one_hot = preprocessing.OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        min_frequency=steps.rare.min_count,
        max_categories=steps.rare.max_categories,
    )
    return ColumnTransformer(
        [
            ("n", make_pipeline(SimpleImputer(strategy=steps.impute), scaler), slice(0, numbers)),
            ("t", make_pipeline(SimpleImputer(**fill), one_hot), slice(numbers, numbers + texts)),
        ]
    )


def encoded(steps, train, test):
    """What scikit-learn makes of the cells, and the name of each of its columns."""
    numbers, texts = train[0].shape[1], train[1].shape[1]
    made = transformer(steps, numbers, texts)
    made.fit(np.hstack([train[0].astype(object), train[1]]))
    x = made.transform(np.hstack([test[0].astype(object), test[1]])).astype(float)
    one_hot = made.named_transformers_["t"][-1]
    names = [f"x{j}" for j in range(numbers)]
    columns = zip(one_hot.categories_, one_hot.infrequent_categories_, strict=True)
    for j, (known, rare) in enumerate(columns):
        merged = () if rare is None else rare
        names += [f"t{j}={c}" for c in known if c not in merged]
        names += [f"t{j}={RARE_CATEGORY}"] if len(merged) else []
    return x, names


def assert_equals_scikit_learn(steps, seed):
    train, test = random_cells(seed, 40), random_cells(seed + 100, 25)
    test[1][:3, 0] = "unseen"
    fitted = Preprocessing.fit(as_table(*train), np.arange(40), steps, "none")
    table = as_table(*test)
    mine = fitted.apply(table, np.arange(25))
    theirs, names = encoded(steps, train, test)
    assert sorted(names) == sorted(fitted.inputs)
    order = [fitted.inputs.index(name) for name in names]
    np.testing.assert_allclose(mine[:, order], theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("impute_category", ["most_frequent", "category"])
@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
@pytest.mark.parametrize("scale", [*SCALES, "none"])
def test_inputs_equal_those_of_scikit_learn(scale, impute, impute_category, seed):
    assert_equals_scikit_learn(PreprocessingSteps(scale, impute, impute_category, "ignore"), seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("impute_category", ["most_frequent", "category"])
@pytest.mark.parametrize(
    "rare",
    [RareRule(7), RareRule(40), RareRule(1, 3), RareRule(1, 2), RareRule(6, 4), RareRule(1, 9)],
)
def test_rare_categories_are_those_of_scikit_learn(rare, impute_category, seed):
    steps = PreprocessingSteps("standard", "mean", impute_category, "ignore", rare=rare)
    assert_equals_scikit_learn(steps, seed)
