"""Which rows each step takes."""

from itertools import pairwise

import numpy as np
import pytest

from nncli.engine.batches import Batches


def draw_epoch(batches, steps):
    """The rows of so many steps, a list each."""
    index = np.full(batches.batch, -1)
    return [index[: batches.draw(step, index)].tolist() for step in range(steps)]


def make(sampling, rows=10, batch=4, seed=0):
    return Batches(rows, batch, sampling, np.random.default_rng(seed))


def test_shuffle_deals_every_row_once_and_ends_with_the_remainder():
    dealt = draw_epoch(make("shuffle"), steps=3)
    assert [len(rows) for rows in dealt] == [4, 4, 2]
    assert sorted(np.concatenate(dealt)) == list(range(10))


def test_shuffle_deals_anew_each_epoch():
    batches = make("shuffle")
    assert draw_epoch(batches, steps=3) != draw_epoch(batches, steps=3)


def test_an_epoch_longer_than_a_pass_shuffles_again_for_each_pass():
    dealt = draw_epoch(make("shuffle"), steps=7)  # 3 + 3 + 1
    assert [len(rows) for rows in dealt] == [4, 4, 2, 4, 4, 2, 4]
    for one_pass in (dealt[:3], dealt[3:6]):
        assert sorted(np.concatenate(one_pass)) == list(range(10))
    assert dealt[:3] != dealt[3:6]


def test_an_epoch_shorter_than_a_pass_takes_different_rows_in_each_step():
    first, second = draw_epoch(make("shuffle"), steps=2)
    assert not set(first) & set(second)


def test_without_replacement_draws_distinct_rows_afresh_for_each_step():
    steps = draw_epoch(make("without_replacement"), steps=200)
    assert all(len(set(rows)) == 4 for rows in steps)
    counts = np.bincount(np.ravel(steps), minlength=10)
    assert counts.min() > 50  # 200 * 4 / 10 = 80 on average, standard deviation 7
    assert any(set(a) & set(b) for a, b in pairwise(steps))


def test_with_replacement_may_draw_a_row_twice_in_a_step():
    steps = draw_epoch(make("with_replacement"), steps=100)
    assert {len(rows) for rows in steps} == {4}
    assert any(len(set(rows)) < 4 for rows in steps)
    assert set(np.ravel(steps)) == set(range(10))


@pytest.mark.parametrize("sampling", ["shuffle", "without_replacement"])
def test_a_batch_of_all_rows_stays_in_place_and_draws_nothing(sampling):
    batches = make(sampling, rows=6, batch=6)
    before = batches.random.bit_generator.state
    assert batches.in_place
    assert batches.draw(0, np.zeros(6, dtype=int)) == 6
    assert batches.random.bit_generator.state == before


def test_all_rows_with_replacement_are_drawn():
    assert not make("with_replacement", rows=6, batch=6).in_place


@pytest.mark.parametrize(
    ("sampling", "rows", "batch", "sizes"),
    [
        ("shuffle", 10, 4, {4, 2}),
        ("shuffle", 8, 4, {4}),
        ("shuffle", 4, 4, {4}),
        ("without_replacement", 10, 4, {4}),
        ("with_replacement", 10, 4, {4}),
    ],
)
def test_sizes_are_those_that_steps_can_have(sampling, rows, batch, sizes):
    batches = make(sampling, rows, batch)
    assert batches.sizes() == sizes
    assert {len(chosen) for chosen in draw_epoch(batches, steps=6)} == sizes


@pytest.mark.parametrize("sampling", ["shuffle", "without_replacement", "with_replacement"])
def test_the_same_seed_draws_the_same_rows(sampling):
    assert draw_epoch(make(sampling), 6) == draw_epoch(make(sampling), 6)
    assert draw_epoch(make(sampling), 6) != draw_epoch(make(sampling, seed=1), 6)
