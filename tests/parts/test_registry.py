"""Registry: names, aliases, and what happens to a name that is taken or unknown."""

import importlib.metadata
from dataclasses import FrozenInstanceError, fields, is_dataclass
from types import SimpleNamespace

import pytest

from nncli import registry
from nncli.errors import NncliError, UserError
from nncli.parts.activations import Activation, Identity, Relu, Sigmoid
from nncli.registry import MODULES, aliases_of, find, libraries_of, load_plugins, members, part

PARTS = [cls for kind in MODULES for cls in members(kind).values()]
every_part = pytest.mark.parametrize("cls", PARTS, ids=lambda cls: f"{cls.kind}-{cls.name}")
every_kind = pytest.mark.parametrize("kind", MODULES)


@pytest.fixture
def family(monkeypatch):
    """The activations, forgotten again after the test."""
    known = registry._families["activation"]
    copy = registry._Family(dict(known.classes), dict(known.aliases))
    monkeypatch.setitem(registry._families, "activation", copy)
    return copy


@every_part
def test_a_part_is_found_by_its_name_and_its_aliases(cls):
    for name in (cls.name, *aliases_of(cls)):
        assert find(cls.kind, name) is cls


@every_part
def test_a_part_is_a_documented_frozen_dataclass_of_plain_keys(cls):
    assert is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert cls.__doc__.strip()
    assert not cls.__doc__.startswith(f"{cls.__name__}(")
    keys = {field.name for field in fields(cls)}
    assert set(cls.key_aliases.values()) <= keys
    assert not set(cls.key_aliases) & keys


@pytest.mark.parametrize(
    ("kind", "alias", "name"),
    [
        ("layer", "fully_connected", "dense"),
        ("layer", "fullyconn", "dense"),
        ("activation", "linear", "identity"),
        ("activation", "logistic", "sigmoid"),
        ("loss", "neg_log_likelihood", "cross_entropy"),
        ("loss", "log_loss", "binary_cross_entropy"),
    ],
)
def test_promised_aliases_are_kept(kind, alias, name):
    assert find(kind, alias).name == name


def test_aliases_are_listed():
    assert aliases_of(Sigmoid) == ["logistic"]
    assert aliases_of(Relu) == []


@every_kind
def test_members_are_of_their_kind_and_named(kind):
    assert members(kind)
    for name, cls in members(kind).items():
        assert (cls.kind, cls.name) == (kind, name)


@every_kind
def test_an_unknown_name_is_refused_with_all_known_ones(kind):
    with pytest.raises(UserError, match=f"^unknown {kind} 'qqqq'; known: ") as error:
        find(kind, "qqqq")
    assert all(name in str(error.value) for name in members(kind))


@pytest.mark.parametrize(
    ("kind", "typo", "meant"),
    [
        ("activation", "rleu", "relu"),
        ("activation", "ReLU", "relu"),
        ("loss", "crossentropy", "cross_entropy"),
        ("optimizer", "adm", "adam"),
        ("activation", "logistc", "logistic"),
    ],
)
def test_a_near_miss_is_corrected(kind, typo, meant):
    with pytest.raises(UserError, match=rf"unknown {kind} '{typo}' \(did you mean '{meant}'\?\)"):
        find(kind, typo)


def test_a_new_part_is_found_once_registered(family):
    @part("square", "power_2")
    class Square(Activation):
        """a = z^2."""

        factor: float = 1.0

    assert find("activation", "square") is find("activation", "power_2") is Square
    assert aliases_of(Square) == ["power_2"]
    assert Square(2.0) == Square(factor=2.0)
    with pytest.raises(FrozenInstanceError):
        Square().factor = 3.0


@pytest.mark.parametrize("names", [("relu",), ("linear",), ("mine", "relu"), ("mine", "linear")])
def test_a_taken_name_or_alias_is_refused_and_nothing_changes(family, names):
    before = dict(family.classes), dict(family.aliases)
    with pytest.raises(NncliError, match=f"two activation parts are called '{names[-1]}'"):

        @part(*names)
        class Mine(Activation):
            """a = mine."""

    assert (family.classes, family.aliases) == before
    assert find("activation", "linear") is Identity


class Plugin:
    """What an installed package declares as an entry point."""

    name, value, module = "more", "more.parts", "more.parts"

    def __init__(self, load, dist=None):
        self.load, self.dist = load, dist


def test_a_plugin_is_loaded_when_a_name_is_not_built_in(family, monkeypatch):
    def load():
        @part("square")
        class Square(Activation):
            """a = z^2."""

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Plugin(load)])
    monkeypatch.setattr(registry, "load_plugins", load_plugins.__wrapped__)
    assert find("activation", "relu") is Relu
    assert "square" not in family.classes
    assert find("activation", "square").name == "square"


def test_the_package_of_a_plugged_in_part_is_known(family, monkeypatch):
    def load():
        @part("cube")
        class Cube(Activation):
            """a = z^3."""

            libraries = ("scipy",)

        Cube.__module__ = "more.of_this"

    package = SimpleNamespace(name="nncli-more")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Plugin(load, package)])
    monkeypatch.setattr(registry, "load_plugins", load_plugins.__wrapped__)
    monkeypatch.setattr(registry, "_plugged_in", {})
    assert libraries_of(find("activation", "cube")()) == {"scipy", "nncli-more"}
    assert libraries_of(Relu()) == set()


def test_a_plugin_that_fails_is_named(monkeypatch):
    def load():
        raise ImportError("no module named 'jaxxx'")

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Plugin(load)])
    with pytest.raises(NncliError, match=r"plugin 'more' \(more\.parts\) failed: no module named"):
        load_plugins.__wrapped__()
