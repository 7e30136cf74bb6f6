"""Names and values as short as they can be and still be told apart."""

import pytest

from nncli.comparison.group_labels import short_keys, short_names, short_values

ADAM = {"type": "adam", "betas": [0.9, 0.999], "epsilon": 1e-8}
DENSE = {"type": "dense", "activation": "relu", "bias": True}
DROPOUT = {"type": "dropout", "rate": 0.1}


@pytest.mark.parametrize(
    ("names", "short", "shape"),
    [
        (["iris-001", "iris-002"], ["iris-001", "iris-002"], ""),
        (["wine-quality-001 +2", "wine-quality-012 +2"], ["001", "012"], "wine-quality-* +2"),
        (["a-sweep-001/trial-0001", "a-sweep-001/trial-0002"], ["trial-0001", "trial-0002"], None),
        (["one-long-name-of-a-run", "another-long-name-of-a-run"], ["one", "another"], None),
        (["a-long-name-001", "a-long-name-001"], ["a-long-name-001", "a-long-name-001"], ""),
    ],
)
def test_names_lose_what_all_have(names, short, shape):
    found, what = short_names(names)
    assert found == short
    assert shape is None or what == shape
    assert not what or [what.replace("*", each) for each in found] == names


def test_keys_are_their_last_words_unless_two_end_so():
    assert short_keys(["optimizer.learning_rate", "network.hidden"]) == ["learning_rate", "hidden"]
    assert short_keys(["a.type", "b.type"]) == ["a.type", "b.type"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, 0], ["1", "0"]),
        ([True, False], ["true", "false"]),
        ([None, "balanced"], ["null", "balanced"]),
        ([0.1, 0.100001], ["0.1", "0.100001"]),
        (
            [{**ADAM, "learning_rate": 0.1}, {**ADAM, "learning_rate": 0.2}, "gd"],
            ["adam (learning_rate 0.1)", "adam (learning_rate 0.2)", "gd"],
        ),
        (
            [[{**DENSE, "units": 8}, DROPOUT], [{**DENSE, "units": 4}], []],
            ["[8, dropout (rate 0.1)]", "[4]", "[]"],
        ),
        (
            [[{**DENSE, "units": 8}], [{**DENSE, "units": 8, "activation": "tanh"}, "batch_norm"]],
            [
                "[dense (activation relu, units 8)]",
                "[dense (activation tanh, units 8), batch_norm]",
            ],
        ),
    ],
)
def test_values_say_what_differs(values, said):
    assert short_values(values) == said
