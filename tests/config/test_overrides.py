"""--set: what it changes, and what it says when it can't."""

import pytest

from nncli.config.dump import plain
from nncli.config.load import load
from nncli.errors import ConfigError, printable
from nncli.parts.activations import Tanh
from nncli.parts.layers import Dense, Dropout
from nncli.parts.optimizers import Adam, Sgd

BASE = """\
data: {dataset: iris}
network:
  hidden: [8, {type: dense, units: 4, activation: tanh}, dropout]
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.5}
loss: cross_entropy
"""


@pytest.fixture
def changed(tmp_path):
    """The experiment of BASE after some assignments."""
    path = tmp_path / "base.yaml"
    path.write_text(BASE, encoding="utf-8")
    return lambda *assignments: load(path, assignments)[0]


def problem(changed, *assignments):
    with pytest.raises(ConfigError) as caught:
        changed(*assignments)
    (line,) = caught.value.lines()
    return line


def test_nested_key_is_replaced(changed):
    assert changed("optimizer.learning_rate=0.7").optimizer == Sgd(0.7, 0.5)


def test_missing_blocks_are_made(changed):
    found = changed("training.early_stopping.patience=3", "output.dir=elsewhere")
    assert found.training.early_stopping.patience == 3
    assert found.output.dir == "elsewhere"


def test_values_are_yaml(changed):
    found = changed("network.hidden=[3, {type: dropout, rate: 1e-1}]", "seed={split: 1, init: 2, "
                    "shuffle: 3, dropout: 4}")  # fmt: skip
    assert found.network.hidden == [3, Dropout(0.1)]
    assert found.seed.shuffle == 3


@pytest.mark.parametrize("path", ["network.hidden.1.units", "network.hidden[1].units"])
def test_list_items_are_reached_by_index(path, changed):
    assert changed(f"{path}=6").network.hidden[1] == Dense(6, Tanh())


def test_list_item_is_replaced_whole(changed):
    assert changed("network.hidden[0]=dropout").network.hidden[0] == Dropout()


def test_empty_list_has_no_index(changed):
    line = problem(changed, "network.hidden=[]", "network.hidden.0=4")
    assert line.endswith("network.hidden: expected no index: the list is empty, found '0'")


def test_bare_name_becomes_a_block(changed):
    assert changed("network.hidden[2].rate=0.25").network.hidden[2] == Dropout(0.25)
    with_slope = changed(
        "network.hidden[1].activation=leaky_relu", "network.hidden[1].activation.negative_slope=0.5"
    )
    assert with_slope.network.hidden[1].activation.negative_slope == 0.5
    assert changed("loss.type=mse").loss.name == "mse"


def test_whole_part_is_replaced(changed):
    assert changed("optimizer=adam").optimizer == Adam()
    assert changed("optimizer={type: adam, lr: 0.5}").optimizer == Adam(0.5)


def test_alias_replaces_the_canonical_key(changed):
    assert changed("optimizer.lr=0.7").optimizer == Sgd(0.7, 0.5)


def test_last_of_several_wins_whatever_its_spelling(changed):
    lr, full = "optimizer.lr=0.2", "optimizer.learning_rate=0.3"
    assert changed(lr, full).optimizer.learning_rate == 0.3
    assert changed(full, lr).optimizer.learning_rate == 0.2
    assert changed(lr, full, lr).optimizer.learning_rate == 0.2


def test_override_mends_a_bad_value_under_either_name(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("data: {dataset: iris}\noptimizer: {type: sgd, lr: -1}\n", encoding="utf-8")
    for key in ("lr", "learning_rate"):
        assert load(path, [f"optimizer.{key}=0.5"])[0].optimizer == Sgd(0.5)


def test_nothing_after_the_equals_sign_is_null(changed):
    assert changed("training.early_stopping=").training.early_stopping is None
    assert changed("training.early_stopping=null").training.early_stopping is None


def test_equals_signs_in_the_value_belong_to_it(changed):
    assert changed("name=a=b").name == "a=b"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training.epochs", "expected key.path=value"),
        ("=3", "expected key.path=value"),
        ("training..epochs=3", "expected key.path=value"),
        (".epochs=3", "expected key.path=value"),
        ("", "expected key.path=value"),
        ("seed=-1", "seed: expected an integer >= 0, found -1"),
        ("training.epoch=3", "training.epoch: unknown key (did you mean 'epochs'?)"),
        ("trainin.epochs=3", "trainin: unknown key (did you mean 'training'?)"),
        ("optimizer.type=sdg", "optimizer.type: unknown optimizer 'sdg' (did you mean 'sgd'?)"),
        ("network.hidden.3=4", "network.hidden: expected an index from 0 to 2, found '3'"),
        ("network.hidden.-1=4", "network.hidden: expected an index from 0 to 2, found '-1'"),
        ("network.hidden.²=4", "network.hidden: expected an index from 0 to 2, found '²'"),
        (
            "optimizer.learning_rate.x=4",
            "optimizer.learning_rate: expected a block to set a key in, found 0.1",
        ),
        ("network.hidden=[1", "the bracket that opens here is never closed by ']'"),
        (
            "name=a\nb: c",
            "a ':' can't stand here: check the indentation, or put quotes around the text",
        ),
        ("name=!!python/name:os.system x", "YAML tags are refused, found !!python/name:os.system"),
        ("data.dataset={a: 1, a: 2}", "a: the key is given twice"),
        ("name=\x1b[31m", "the character U+001B can't stand in YAML"),
        ("name=\udcff", "the character U+DCFF can't stand in YAML"),
    ],
)
def test_bad_assignment_is_located_at_the_option(assignment, message, changed):
    line = problem(changed, assignment)
    assert line.isprintable()
    assert line == f"--set {printable(assignment, 200)}: {message}"


def test_index_of_thousands_of_digits_is_refused(changed):
    line = problem(changed, f"network.hidden.{'9' * 5000}=4")
    assert "network.hidden: expected an index from 0 to 2, found '999" in line


def test_value_that_looks_like_a_place_is_no_trouble(changed):
    assert "expected an integer >= 1" in problem(changed, "training.epochs=x:²:3")


def test_problems_of_options_come_before_those_of_the_file(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("data: {dataset: iris}\nseed: x\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, ["training.epochs=0", "name=3"])
    assert [line.split(":")[0] for line in caught.value.lines()] == [
        "--set training.epochs=0",
        "--set name=3",
        str(path),
    ]


def test_key_of_a_missing_part_says_that_its_type_is_missing(tmp_path):
    path = tmp_path / "least.yaml"
    path.write_text("data: {dataset: iris}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="loss: missing key 'type'"):
        load(path, ["loss.delta=1"])


def test_empty_config_can_be_filled_by_options_alone(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("", encoding="utf-8")
    assert load(path, ["data.dataset=iris"])[0].data.dataset.name == "iris"


def test_override_reaches_into_the_default_optimizer_of_a_file_that_names_none(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: and_gate}")
    experiment, _ = load(path, ["optimizer.learning_rate=0.5"])
    assert plain(experiment.optimizer) == {**plain(Adam()), "learning_rate": 0.5}


def test_default_parts_and_lists_are_reached_into(tmp_path):
    path = tmp_path / "bare.yaml"
    path.write_text("data: {dataset: iris}\n", encoding="utf-8")
    found = load(path, ["optimizer.lr=0.5", "network.hidden.0=4", "output.plots.0=loss"])[0]
    assert found.optimizer == Adam(0.5)
    assert found.network.hidden == [4]
    assert found.output.plots == ["loss"]
    path.write_text("data: {dataset: iris}\nnetwork:\n", encoding="utf-8")
    assert load(path, ["network.hidden.0=4"])[0].network.hidden == [4]
    line = problem(lambda *sets: load(path, sets), "training.epochs.x=4")
    assert line.endswith("training.epochs: expected an integer >= 1, found a block of keys")
    line = problem(lambda *sets: load(path, sets), "network.hidden.1=4")
    assert line.endswith("network.hidden: expected an index from 0 to 0, found '1'")


def test_an_override_wins_over_another_spelling_of_its_key(changed):
    assert changed("optimizer={type: adam, lr: 0.3}", "optimizer.learning_rate=0.1").optimizer == (
        Adam(0.1)
    )


def test_a_layer_that_is_its_units_takes_a_key_inside_it(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("data: {dataset: iris}\nnetwork: {hidden: [8, 4]}\n")
    wider = load(path, ["network.hidden.1.activation=tanh", "network.hidden[0].units=3"])[0]
    assert [(each.units, each.activation.name) for each in wider.network.hidden] == [
        (3, "relu"),
        (4, "tanh"),
    ]
    default = load(path, ["network=null", "network.hidden.0.activation=tanh"])[0]
    assert default.network.hidden[0].units == 16
    for wrong, said in (
        ("network.hidden.2.units=3", "expected an index from 0 to 1, found '2'"),
        ("network.hidden.0.unit=3", "unknown key for dense (did you mean 'units'?)"),
        ("seed.init.x=3", "expected a block to set a key in"),
    ):
        with pytest.raises(ConfigError) as error:
            load(path, ["seed.init=3", wrong])
        assert said in str(error.value)
