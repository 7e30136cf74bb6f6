"""A space: its columns, what a point sets, and what it is as text."""

import pytest
from hypothesis import given, settings
from study_spaces import ALL_KINDS, EXAMPLE, points, space_of

from nncli.parts.optimizers import Sgd

SPACE = space_of(EXAMPLE)


def test_a_column_for_each_key_outer_ones_first():
    assert SPACE.columns == (
        "network.hidden.0",
        "training.batch_size",
        "optimizer",
        "optimizer.momentum",
        "optimizer.learning_rate",
    )


def test_what_a_point_sets():
    sgd = {"optimizer": 0, "optimizer[0].momentum": 0.75, "optimizer.learning_rate": 0.05}
    point = {**sgd, "network.hidden.0": 24, "training.batch_size": 2}
    keys = [key for key, _ in SPACE.assignments(point)]
    assert keys == [
        "network.hidden.0",
        "training.batch_size",
        "optimizer",
        "optimizer.learning_rate",
    ]
    made = SPACE.experiment(point)
    assert made.optimizer == Sgd(0.05, 0.75)
    assert made.network.hidden == [24]
    assert made.training.batch_size == 64
    assert made.sweep is None


def test_values_keep_their_place_in_the_config():
    point = {"optimizer": 0, "optimizer[0].momentum": 0.75, "optimizer.learning_rate": 0.05}
    nodes = dict(SPACE.assignments(point))
    assert nodes["optimizer.learning_rate"].where == "config.yaml:4:30"
    assert nodes["optimizer"].where == "config.yaml:8:9"
    assert nodes["optimizer"].value["momentum"].where == "config.yaml:8:31"


@pytest.mark.parametrize("space", [EXAMPLE, ALL_KINDS], ids=["example", "all kinds"])
def test_points_are_read_back_from_text_to_the_bit(space):
    space = space_of(space)

    @settings(max_examples=200)
    @given(points(space))
    def check(point):
        assert space.point(space.cells(point)) == point
        assert [*map(type, space.point(space.cells(point)).values())] == [
            *map(type, (point[e.name] for e in space.active(point)))
        ]

    check()
