"""Types -> what a node may be: unions, bounds, parts, aliases, and where everything stands."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest

from nncli.config.decode import FAILED, Decoder
from nncli.config.experiment import Experiment
from nncli.config.nodes import parse
from nncli.config.wording import describe
from nncli.constraints import Auto, Bounds, Length, PositiveInt
from nncli.engine.training_settings import EarlyStoppingKeys
from nncli.parts.activations import Activation, LeakyRelu, Relu
from nncli.parts.layers import Dense, Layer, Output
from nncli.parts.optimizers import Adam, Optimizer, Sgd
from nncli.registry import MODULES, aliases_of, members


def decode(text, hint):
    """(value, problems) of a YAML text."""
    decoder = Decoder(Path("folder"))
    value = decoder.decode(parse(text, "c.yaml"), hint, "key")
    return value, [str(problem) for problem in decoder.problems]


def value_of(text, hint):
    value, problems = decode(text, hint)
    assert problems == []
    return value


def problem_of(text, hint):
    value, (problem,) = decode(text, hint)
    assert value is FAILED
    return problem


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("3", int, 3),
        ("3", float, 3.0),
        ("1e-3", float, 0.001),
        ("9223372036854775807", int, 2**63 - 1),
        ("-9223372036854775807", int, 1 - 2**63),
        (repr(sys.float_info.max), float, sys.float_info.max),
        ("true", bool, True),
        ("no", str, "no"),
        ("auto", PositiveInt | Auto, "auto"),
        ("3", PositiveInt | Auto, 3),
        ("auto", str | Auto, "auto"),
        ("null", EarlyStoppingKeys | None, None),
        ("{}", EarlyStoppingKeys | None, EarlyStoppingKeys()),
        ("", EarlyStoppingKeys, EarlyStoppingKeys()),
        ("[0.9, 1]", tuple[float, float], (0.9, 1.0)),
        ("[1, 2]", list[int], [1, 2]),
        ("[]", list[int], []),
        ("{a: 1, b: 2}", dict[str, float], {"a": 1.0, "b": 2.0}),
        ("a/b.npz", Path, Path("folder/a/b.npz")),
        ("/a/b.npz", Path, Path("/a/b.npz")),
        ("relu", Activation, Relu()),
        ("{type: leaky_relu, negative_slope: 0.2}", Activation, LeakyRelu(0.2)),
        ("none", Activation | Literal["none"], "none"),
        ("{units: 3}", Output, Output(3)),
        ("{type: output, units: 3}", Output, Output(3)),
        ("{type: adam, lr: 0.5}", Optimizer, Adam(0.5)),
        ("{type: fully_connected, units: 3, use_bias: false}", Layer, Dense(3, bias=False)),
    ],
)
def test_values_take_the_type_of_their_key(text, hint, value):
    found = value_of(text, hint)
    assert found == value
    assert type(found) is type(value)


def test_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert value_of("~/w.npz", Path) == Path("/home/me/w.npz")


@pytest.mark.parametrize(
    ("text", "hint", "message"),
    [
        ("true", int, "expected an integer, found true"),
        ("1.5", int, "expected an integer, found 1.5"),
        ("1", bool, "expected true or false, found 1"),
        ("1.0", bool, "expected true or false, found 1.0"),
        ("'inf'", float, "expected a number, found 'inf'"),
        ("3", str, "expected text, found 3 (did you mean '3', in quotes?)"),
        ("off", bool, "expected true or false, found 'off' (did you mean false?)"),
        ("", int, "expected an integer, found nothing"),
        ("{}", int, "expected an integer, found an empty block"),
        ("[]", int, "expected an integer, found an empty list"),
        ("7", list[int], "expected a list, each item an integer, found 7 (did you mean [7]?)"),
        ("[1, 2, 3]", tuple[float, float], "expected 2 values, found 3"),
        ("[]", Annotated[list[int], Length(1)], "expected at least one item, found an empty list"),
        ("5", Annotated[int, Bounds(ge=1, le=4)], "expected an integer >= 1 and <= 4, found 5"),
        (".nan", Annotated[float, Bounds()], "expected a finite number, found .nan"),
        (".nan", float, "expected a finite number, found .nan"),
        ("-.inf", Annotated[float, Bounds()], "expected a finite number, found -.inf"),
        ("9223372036854775808", int, "expected an integer below 2^63, found 9223372036854775808"),
        ("1" * 400, float, f"expected a finite number, found {'1' * 57}..."),
        ("0", PositiveInt | Auto, "expected an integer >= 1, found 0"),
        ("atuo", PositiveInt | Auto, "expected an integer >= 1 or auto, found 'atuo'"),
    ],
)
def test_misfits_are_explained(text, hint, message):
    assert problem_of(text, hint).startswith(f"c.yaml:1:1: key: {message}")


def test_every_problem_of_a_block_is_found():
    _, problems = decode("{type: sgd, lr: -1, momentum: 2, nesterow: true, x: 1}", Optimizer)
    assert problems == [
        "c.yaml:1:17: key.lr: expected a number > 0, found -1",
        "c.yaml:1:31: key.momentum: expected a number >= 0 and < 1, found 2",
        "c.yaml:1:34: key.nesterow: unknown key for sgd (did you mean 'nesterov'?)",
        "c.yaml:1:50: key.x: unknown key for sgd; "
        "known keys: learning_rate, momentum, nesterov, initial_velocity, weight_decay, "
        "initial_state",
    ]


def test_places_are_kept_under_the_canonical_name():
    decoder = Decoder(Path())
    decoder.decode(parse("{type: sgd, lr: 1}", "c.yaml"), Optimizer, "optimizer")
    assert decoder.places["optimizer.learning_rate"] == "c.yaml:1:17"
    assert decoder.places["optimizer"] == "c.yaml:1:1"


def test_a_value_under_a_name_of_the_user_s_own_is_located_there():
    assert problem_of("{a: 1, b: x}", dict[str, int]) == (
        "c.yaml:1:11: key.b: expected an integer, found 'x'"
    )


@dataclass(frozen=True)
class Pair:
    """Two numbers, one of them needed."""

    first: int
    second: int = 2


def test_missing_keys_are_named_at_the_block():
    assert problem_of("{second: 1}", Pair) == "c.yaml:1:1: key: missing key 'first': an integer"
    assert value_of("{first: 1}", Pair) == Pair(1)
    assert problem_of("", Pair) == (
        "c.yaml:1:1: key: expected a block of keys (first, second), found nothing"
    )


def test_checks_across_keys_are_located_at_the_block():
    assert problem_of("{type: sgd, nesterov: true}", Optimizer) == (
        "c.yaml:1:1: key: nesterov needs a momentum > 0"
    )


@pytest.mark.parametrize("kind", MODULES)
def test_every_alias_names_the_same_part(kind):
    for name, cls in members(kind).items():
        family = next(base for base in cls.__mro__ if vars(base).get("kind") == kind)
        if not issubclass(cls, family) or name in ("input", "output"):
            continue
        for alias in aliases_of(cls):
            decoded = decode(alias, family)
            assert str(decoded) == str(decode(name, family))


def test_sgd_aliases_agree():
    assert value_of("{type: sgd, lr: 1}", Optimizer) == Sgd(learning_rate=1.0)


def test_descriptions_read_as_sentences():
    assert describe(PositiveInt | Literal["full", "auto"]) == "an integer >= 1, full or auto"
    assert describe(list[int] | Auto) == "auto or a list, each item an integer"
    assert describe(Activation) == "an activation (its name or a block)"
    assert describe(EarlyStoppingKeys | None) == "a block of keys (monitor, patience, ...) or null"


def test_whole_experiment_reports_problems_of_every_block():
    _, problems = decode("{data: 1, network: 2, training: 3, seed: x, loss: 4}", Experiment)
    assert len(problems) == 5
