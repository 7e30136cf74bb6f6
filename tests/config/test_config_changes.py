"""Changes: the keys of two configs that differ, each with both values."""

from pathlib import Path

import pytest

from nncli.config.changes import changes
from nncli.config.load import load_text

CONFIG = """\
data: {dataset: iris}
network: {hidden: [8, {type: dropout, rate: 0.1}]}
optimizer: {type: adam, learning_rate: 0.1}
training: {class_weight: {setosa: 2}}
"""


def found(*assignments):
    before, after = (load_text(CONFIG, Path("x.yaml"), sets)[0] for sets in ((), assignments))
    return [(change.key, change.recorded, change.asked) for change in changes(before, after)]


def test_equal_configs_have_no_changes():
    assert found() == []


def test_value_that_is_the_default_anyway_is_no_change():
    assert found("training.epochs=200", "output.plots=[loss]") == []


@pytest.mark.parametrize(
    ("assignment", "change"),
    [
        ("seed=7", ("seed", "0", "7")),
        ("optimizer.learning_rate=0.2", ("optimizer.learning_rate", "0.1", "0.2")),
        ("network.hidden.1.rate=0.2", ("network.hidden[1].rate", "0.1", "0.2")),
        ("network.hidden.0=9", ("network.hidden[0]", "8", "9")),
        ("network.hidden=[8]", ("network.hidden", "[8, dropout (rate 0.1)]", "[8]")),
        ("training.clip_grad_norm=1", ("training.clip_grad_norm", "null", "1.0")),
        ("data.split=none", ("data.split", "auto", "none")),
        ("loss=mse", ("loss", "auto", "mse")),
        (
            "training.class_weight.setosa=3",
            ("training.class_weight", '{"setosa": 2.0}', '{"setosa": 3.0}'),
        ),
    ],
)
def test_change_names_the_deepest_key_and_both_values(assignment, change):
    assert found(assignment) == [change]


def test_parts_of_two_kinds_are_one_change_with_their_keys():
    ((key, recorded, asked),) = found("optimizer={type: sgd, momentum: 0.5}")
    assert key == "optimizer"
    assert recorded.startswith("adam (learning_rate 0.1, ")
    assert asked.startswith("sgd (learning_rate ")


def test_changes_come_in_the_order_of_the_config_reference():
    keys = [key for key, _, _ in found("training.epochs=1", "seed=1", "data.dataset=wine")]
    assert keys == ["seed", "data.dataset", "training.epochs"]
