"""A batch in shards: the gradient of the whole batch, added by one tree."""

from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, run_job
from sharded_jobs import ENGINES, jobs

from nncli.engine.ranks import Ranks
from nncli.engine.sharded_plan import ShardedPlan
from nncli.engine.shards import Shards, additions, slot_of
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.optimizers import Sgd

MIXED = (Dense(8), BatchNorm(), Dropout(0.3))


@pytest.mark.parametrize("shards", [1, 2, 4, 16])
def test_sums_go_up_the_tree(shards):
    """Each slot holds a tree in brackets; the last one is the balanced tree of all shards."""
    slots = [""] * Shards(0, shards, shards).slots
    for place in range(shards):
        slots[slot_of(place)] = str(place)
        for slot, other in additions(place):
            slots[slot] = f"({slots[slot]}+{slots[other]})"

    def tree(first, count):
        if count == 1:
            return str(first)
        half = count // 2
        return f"({tree(first, half)}+{tree(first + half, half)})"

    assert slots[0] == tree(0, shards)


@pytest.mark.parametrize("rows", [0, 1, 3, 8, 50])
def test_shards_take_every_row_once_and_alike(rows):
    class Second(Ranks):
        number, count = 1, 2

    pieces = Shards.of(8, Ranks()).pieces(rows)
    sizes = [piece.stop - piece.start for piece in pieces]
    assert [place for piece in pieces for place in range(rows)[piece]] == [*range(rows)]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == Shards.of(8, Ranks()).most_rows(rows)
    assert Shards.of(8, Second()).pieces(rows) == pieces[4:]


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        *((name, "numpy") for name in ("small", "penalties", "weights and metrics", "wide")),
        *(("all rows in place", engine) for engine in ENGINES),
    ],
)
def test_shards_only_round_otherwise(name, engine):
    job = jobs()[name]
    job = replace(job, training=replace(job.training, engine=engine))
    whole, cut = run_job(job.of_whole_batches), run_job(job)
    np.testing.assert_allclose(cut.state.theta, whole.state.theta, rtol=1e-9, atol=1e-12)


def test_shards_change_bits_so_they_are_a_setting():
    job = jobs()["wide"]
    assert (run_job(job).state.theta != run_job(job.of_whole_batches).state.theta).any()


def test_statistics_are_those_of_each_shard_and_the_running_ones_their_mean():
    job = make_job((BatchNorm(momentum=0.5),), rows=8, epochs=1, shards=2, optimizer=Sgd(0.0))
    state = run_job(job).state
    views = job.network.layout.views(state.theta)
    halves = np.split(job.train.x, 2)
    for name, moment, start in (("mean", np.mean, 0.0), ("variance", np.var, 1.0)):
        expected = np.mean([0.5 * start + 0.5 * moment(half, axis=0) for half in halves], axis=0)
        np.testing.assert_allclose(views[f"hidden_1/moving_{name}"], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("steps", "engine"), [(1, "numpy"), (6, "numpy"), *((5, engine) for engine in ENGINES)]
)
def test_a_stopped_run_draws_as_if_it_had_never_stopped(steps, engine):
    job = make_job(MIXED, rows=50, batch_size=16, shards=4, engine=engine)
    whole, state = run_job(job), job.start()
    run_job(job, state, StopAfter(steps))
    run_job(job, state)
    np.testing.assert_array_equal(state.theta, whole.state.theta)


def test_masks_depend_on_seed_step_and_shard_alone():
    job = make_job((Dropout(0.5),), rows=12, inputs=6, batch_size=8, shards=2)

    def masks(state):
        plan = ShardedPlan(job, state, Ranks(), gather=True)
        plan.record_gradient(8)()
        return [shard.buffers[0].saved["mask"].copy() for shard in plan._shards[8]]

    first, again, later = job.start(), job.start(), job.start()
    again.dropout.random(100)  # which shards don't draw from
    later.step = 1
    np.testing.assert_array_equal(masks(first), masks(again))
    assert (np.array(masks(first)) != masks(later)).any()
    assert len({mask.tobytes() for mask in masks(first)}) == 1  # one buffer, filled in turn


def test_what_left_the_finite_numbers_is_found_among_shards():
    for job in (jobs()["diverging"], jobs()["diverging"].of_whole_batches):
        with pytest.raises(Diverged, match=r"epoch 1 at step 2: output/a is not finite"):
            list(train(job))
