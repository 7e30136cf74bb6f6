"""The `sweep:` block: its defaults, and that it is no part of a run."""

from pathlib import Path

import jsonschema
import pytest

from nncli.assembly.build import build
from nncli.config.changes import changes
from nncli.config.dump import plain, to_yaml
from nncli.config.json_schema import config_schema
from nncli.config.load import load_text
from nncli.config.sweep_keys import Range, SweepKeys

PATH = Path("x.yaml")
PLAIN = "data: {dataset: iris}\ntraining: {epochs: 2}\n"
SEARCHED = f"""{PLAIN}sweep:
  space:
    optimizer.learning_rate: {{low: 1e-4, high: 0.1, log: true}}
    training.batch_size: [16, 32]
    optimizer: [{{type: sgd, momentum: {{low: 0.5, high: 0.9}}}}, adam]
"""


def test_defaults():
    sweep = load_text(SEARCHED, PATH)[0].sweep
    assert sweep == SweepKeys(space=sweep.space)
    assert sweep.space["optimizer.learning_rate"] == Range(low=1e-4, high=0.1, log=True)
    assert (sweep.method, sweep.trials, sweep.objective, sweep.seeds) == ("tpe", 40, "auto", 1)
    assert (sweep.folds, sweep.prune, sweep.ahead, sweep.seed) == (None, None, 4, 0)
    assert (sweep.keep, sweep.confirm) == ("best", 5)
    assert load_text(PLAIN, PATH)[0].sweep is None


def test_keys_of_a_search_can_be_set():
    sweep = load_text(SEARCHED, PATH, ["sweep.method=random", "sweep.trials=7"])[0].sweep
    assert (sweep.method, sweep.trials) == ("random", 7)


def test_the_config_of_a_run_is_without_its_search():
    searched, alone = (build(*load_text(text, PATH)).experiment for text in (SEARCHED, PLAIN))
    assert to_yaml(searched) == to_yaml(alone)
    assert "sweep" not in plain(searched)


def test_another_search_is_no_change_of_the_config():
    searched, alone = (load_text(text, PATH)[0] for text in (SEARCHED, PLAIN))
    assert searched == alone
    assert list(changes(searched, alone)) == []
    other = load_text(SEARCHED, PATH, ["seed=3", "sweep.trials=7"])[0]
    assert [change.key for change in changes(searched, other)] == ["seed"]


def test_a_dump_reads_back_as_the_same_search():
    searched = load_text(SEARCHED, PATH)[0]
    again = load_text(to_yaml(searched), PATH)[0]
    assert plain(again) == plain(searched)
    assert plain(again)["sweep"]["space"]["training.batch_size"] == [16, 32]


@pytest.mark.parametrize(
    ("keys", "is_whole"),
    [
        ({"low": 1, "high": 3}, True),
        ({"low": 1, "high": 9, "step": 2}, True),
        ({"low": 1.0, "high": 3}, False),
        ({"low": 1, "high": 3.0}, False),
        ({"low": 1, "high": 3, "step": 0.5}, False),
    ],
)
def test_a_range_is_of_integers_if_all_its_numbers_are(keys, is_whole):
    assert Range(**keys).is_whole is is_whole


def test_editors_know_the_block():
    schema = config_schema()
    block = {"data": {"dataset": "iris"}, "sweep": {"space": {"training.epochs": [1, 2]}}}
    jsonschema.validate(block, schema)
    block["sweep"]["space"]["optimizer.learning_rate"] = {"low": 0.1, "high": 0.5, "log": True}
    jsonschema.validate(block, schema)
    for wrong in ({"low": 0.1}, [], 3, {"low": 0.1, "hihg": 0.5}):
        block["sweep"]["space"]["optimizer.learning_rate"] = wrong
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(block, schema)
