"""Confirmation: what the best and the config as given are worth with seeds unseen so far."""

import math
from types import SimpleNamespace

import pytest

from nncli.artifacts.trial_records import TrialRecord
from nncli.cli.commands.sweep import _confirmed
from nncli.study.confirmation import confirmed

FACTS = SimpleNamespace(higher_is_better=False, objective="val_loss")


def again(*values):
    """Records of (trial, seed, value); None: it diverged."""
    return [
        TrialRecord(
            number,
            f"confirm-{trial:04d}/seed-{seed}",
            {"trial": str(trial)},
            "diverged" if value is None else "completed",
            9.0 if value is None else value,
        )
        for number, (trial, seed, value) in enumerate(values)
    ]


def test_differences_are_of_the_same_seed_also_where_runs_diverged():
    records = again(
        (0, 1, None), (0, 2, 20.0), (0, 3, 30.0), (4, 1, 1.0), (4, 2, None), (4, 3, 3.0)
    )

    assert confirmed(records, FACTS)["better_by"] == {"mean": 27.0, "interval": None}


def test_without_a_common_seed_there_is_no_difference():
    records = again((0, 1, None), (0, 2, 20.0), (4, 1, 1.0), (4, 2, None))

    assert confirmed(records, FACTS)["better_by"] is None


def test_that_no_run_came_to_its_end_is_said():
    found = confirmed(again((0, 1, None), (4, 1, None)), FACTS)

    assert _confirmed(found, "trial-0000") == "trained again with new seeds: no run completed"


def test_one_value_has_no_deviation_and_no_interval():
    found = confirmed(again((0, 1, 2.0), (4, 1, 1.5)), FACTS)
    said = _confirmed(found, "trial-0000")

    assert found["trials"]["trial-0000"]["std"] is None
    assert "nan" not in said
    assert said.endswith("better by 0.5")


def test_means_are_of_the_runs_that_came_to_their_end():
    found = confirmed(again((0, 1, 2.0), (0, 2, None), (0, 3, 4.0)), FACTS)["trials"]["trial-0000"]

    assert (found["mean"], found["n"]) == (3.0, 2)
    assert found["std"] == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize(
    ("better", "said"),
    [
        ({"mean": 0.5, "interval": [0.25, 0.75]}, "the best is better by 0.5 (0.25 to 0.75)"),
        (
            {"mean": -0.5, "interval": [-0.75, 0.25]},
            "with these seeds the config as given is better by 0.5 (-0.25 to 0.75)",
        ),
        ({"mean": -0.5, "interval": None}, "with these seeds the config as given is better by 0.5"),
        ({"mean": 0.0, "interval": None}, "with these seeds the config as given is as good"),
    ],
)
def test_which_is_better_is_said_of_the_one_that_is(better, said):
    found = confirmed(again((0, 1, 2.0), (4, 1, 1.5)), FACTS)
    assert _confirmed(found | {"better_by": better}, "trial-0000").endswith(f"\n{said}")
