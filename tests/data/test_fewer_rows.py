"""`data.train_rows`: fewer training rows, for a learning curve; the other rows stay as they are."""

import numpy as np
import pytest

from nncli.errors import ConfigError

IRIS = "data: {dataset: iris%s}"


def rows_of(declared, more="", *lines):
    return declared(IRIS % more, *lines).built.rows


def test_validation_and_test_rows_stay_and_fewer_rows_are_among_more(declared):
    whole = rows_of(declared)
    few, more = (rows_of(declared, f", train_rows: {count}") for count in (10, 40))
    assert [len(each.train) for each in (few, more, whole)] == [10, 40, 105]
    assert set(few.train) < set(more.train) < set(whole.train)
    for each in (few, more):
        assert each.val.tolist() == whole.val.tolist()
        assert each.test.tolist() == whole.test.tolist()
        assert each.train.tolist() == sorted(each.train)


@pytest.mark.parametrize("count", [3, 10, 30, 104])
def test_classes_keep_their_proportions(declared, count):
    built = declared(IRIS % f", train_rows: {count}").built
    counts = np.bincount(built.table.y[built.rows.train], minlength=3)
    assert counts.max() - counts.min() <= 1


def test_another_split_seed_draws_others(declared):
    first = rows_of(declared, ", train_rows: 10, split: none")
    other = rows_of(declared, ", train_rows: 10, split: none", "seed: 1")
    assert first.train.tolist() != other.train.tolist()


def test_numbers_have_no_classes_to_keep(declared):
    data = "data: {dataset: {type: linear_regression, samples: 50}, train_rows: 7, split: none}"
    assert len(declared(data).built.rows.train) == 7


def test_preprocessing_is_fitted_on_these_rows_alone(declared):
    built = declared(IRIS % ", train_rows: 10").built
    x = built.table.x[built.rows.train]
    assert built.job.train.x.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert x.shape == (10, 4)


def test_more_than_there_are_is_named_at_its_place(declared):
    with pytest.raises(ConfigError) as error:
        declared(IRIS % ", train_rows: 106")
    (problem,) = error.value.problems
    assert (problem.path, problem.message) == (
        "data.train_rows",
        "expected at most 105, the training rows, found 106",
    )


def test_each_fold_has_as_many(declared):
    from nncli.assembly.split_table import split_table
    from nncli.config.load import load

    path = declared(IRIS % ", train_rows: 20").path
    whole = split_table(*load(path), n_folds=4)
    without = split_table(*load(path, ["data.train_rows=null"]), n_folds=4)
    assert [len(fold.rows.train) for fold in whole.folds] == [20] * 4
    for fold, other in zip(whole.folds, without.folds, strict=True):
        assert set(fold.rows.train) < set(other.rows.train)
        assert fold.rows.test.tolist() == other.rows.test.tolist()


def test_the_config_in_force_names_it_only_where_it_is_given(nncli, write):
    path = write("it.yaml", IRIS % "")
    assert "train_rows" not in nncli("config", path).out
    assert "train_rows: 10" in nncli("config", path, "--set", "data.train_rows=10").out
