"""Columns of texts in a DataFrame: categories, as in a table that the command line reads."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from nncli.sklearn import NNClassifier, NNRegressor

EMBEDDING = {"encode": "embedding", "embedding_size": 3, "min_count": 4}
TRAINING = {"epochs": 40, "batch_size": 16}


@pytest.fixture(scope="module")
def rows():
    """A number, cities of effect, and three kinds."""
    random = np.random.default_rng(0)
    effect, city = random.normal(size=12), random.integers(12, size=240)
    frame = pd.DataFrame(
        {
            "size": random.normal(size=240),
            "city": [f"city {c}" for c in city],
            "kind": pd.Categorical(random.choice(["a", "b", "c"], 240)),
        }
    )
    return frame, effect[city]


def made(kind, categorical, **keys):
    steps = {"categorical": categorical}
    return kind(preprocessing=steps, training=TRAINING, random_state=0, **keys)


@pytest.mark.parametrize("categorical", [{}, {"min_count": 4}, EMBEDDING])
def test_texts_are_learnt_from(rows, categorical):
    frame, y = rows
    kept = frame.copy()
    model = made(NNRegressor, categorical).fit(frame, y)
    assert model.score(frame, y) > 0.8
    pd.testing.assert_frame_equal(frame, kept)
    np.testing.assert_array_equal(model.feature_names_in_, ["size", "city", "kind"])
    if categorical is EMBEDDING:
        assert model.weights_["embedding/x2/W"].shape == (13, 3)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    np.testing.assert_array_equal(clone(model).fit(frame, y).predict(frame), model.predict(frame))


def test_texts_are_told_by_what_they_say_not_by_their_order(rows):
    frame, y = rows
    model = made(NNClassifier, EMBEDDING).fit(frame, y > 0)
    turned = frame.iloc[::-1]
    np.testing.assert_allclose(model.predict_proba(turned)[::-1], model.predict_proba(frame))
    one = model.predict_proba(frame.iloc[[7]])
    np.testing.assert_allclose(one, model.predict_proba(frame)[[7]])


def test_new_and_missing_texts_have_answers(rows):
    frame, y = rows
    train = frame.astype({"city": object})
    train.loc[:30, "city"] = None
    model = made(NNRegressor, {**EMBEDDING, "impute": "category"}).fit(train, y)
    new = train.iloc[:3].copy()
    new["city"] = ["nowhere", None, "elsewhere"]
    new["size"] = 0.0
    new["kind"] = "a"
    first, missing, other = model.predict(new)
    assert first == pytest.approx(other)
    assert missing != pytest.approx(other)


def test_a_new_text_is_an_error_where_that_is_asked_for(rows):
    frame, y = rows
    model = made(NNRegressor, {"handle_unknown": "error"}).fit(frame, y)
    with pytest.raises(ValueError, match="unknown category 'nowhere'"):
        model.predict(frame.iloc[:2].assign(city="nowhere"))


def test_numbers_that_were_texts_are_told_by_their_names_and_texts_for_numbers_are_refused(rows):
    frame, y = rows
    numbered = frame.assign(city=pd.Categorical(frame["city"].str[5:].astype(int)))
    model = made(NNRegressor, EMBEDDING).fit(numbered, y)
    as_numbers = frame.assign(city=frame["city"].str[5:].astype(float))
    np.testing.assert_array_equal(model.predict(as_numbers), model.predict(numbered))
    kept = vars(model).copy()
    with pytest.raises(ValueError, match="column 1 of X: expected numbers, as in fit, found texts"):
        model.predict(frame.assign(size="large"))
    assert vars(model).keys() == kept.keys()
    assert model._texts is kept["_texts"]  # rows to be answered leave nothing in it


def test_an_ensemble_takes_them(rows):
    frame, y = rows
    model = made(NNRegressor, EMBEDDING, ensemble={"members": 2}).fit(frame, y)
    assert model.score(frame, y) > 0.5


DAYS = pd.Series(pd.date_range("2025-01-01", periods=20))
DATES = {
    "dates": DAYS,
    "with a zone": DAYS.dt.tz_localize("UTC"),
    "durations": DAYS - DAYS[0],
    "periods": DAYS.dt.to_period("M"),
    "objects": DAYS.dt.date,
}


@pytest.mark.parametrize("kind", DATES)
def test_dates_are_refused_by_name(kind):
    X = pd.DataFrame({"x": range(20), "when": DATES[kind]})
    with pytest.raises(ValueError, match=r"column 'when' of X holds dates: .*\.dt\.month"):
        NNRegressor().fit(X, range(20))


def test_masked_numbers_are_missing_and_masked_targets_refused():
    X = np.ma.masked_greater(np.arange(60.0).reshape(20, 3), 50)
    y, keys = np.arange(20), {"training": {"epochs": 2}, "random_state": 0}
    model = NNRegressor(**keys).fit(X, y)
    expected = NNRegressor(**keys).fit(X.filled(np.nan), y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X.filled(np.nan)))
    with pytest.raises(ValueError, match="y has masked values"):
        model.fit(X, np.ma.masked_greater(y, 9))
    with pytest.raises(ValueError, match="sample_weight has masked values"):
        model.fit(X, y, sample_weight=np.ma.masked_greater(y, 9))
