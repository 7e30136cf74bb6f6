"""`@frozen` against the standard decorator, whose behaviour it has without its price."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import (
    FrozenInstanceError,
    asdict,
    dataclass,
    field,
    fields,
    is_dataclass,
    replace,
)
from pathlib import Path
from typing import ClassVar

import pytest

from nncli.frozen import frozen

FEW = 40  # dataclasses that a start may compile: other packages' and those that change


def family(decorate, only_names):
    """A base and a class that derives from it, of every sort of field."""

    @decorate
    class Base:
        kind: ClassVar[str] = "base"
        a: int
        b: list[int] = field(default_factory=list)

    @only_names
    class Derived(Base):
        note: str = field(default="", compare=False)
        hidden: int = field(default=7, repr=False)
        made: int = field(default=1, init=False)
        c: int

        def __post_init__(self):
            object.__setattr__(self, "made", self.a * 2)

    return Base, Derived


STANDARD, STANDARD_NAMED = dataclass(frozen=True), dataclass(frozen=True, kw_only=True)
THEIRS = family(STANDARD, STANDARD_NAMED)
OURS = family(frozen, frozen(kw_only=True))
MIXED = [OURS, family(frozen, STANDARD_NAMED), family(STANDARD, frozen(kw_only=True))]


@frozen
class Picklable:
    x: int
    y: tuple[int, ...] = ()


def told(make, *values, **named):
    """What comes of it: what an instance is, or the kind of the error."""
    try:
        one = make(*values, **named)
    except TypeError:
        return TypeError
    return repr(one).replace("family.<locals>.", ""), list(vars(one).items()), asdict(one)


@pytest.mark.parametrize("ours", MIXED)
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((1,), {}),
        ((1, [2]), {}),
        ((), {"a": 1}),
        ((1,), {"a": 1}),
        ((1, [2], 3), {}),
        ((), {}),
        ((1,), {"c": 3}),
        ((1,), {"c": 3, "note": "n", "hidden": 8}),
        ((1,), {"c": 3, "made": 4}),
        ((1,), {"c": 3, "no": 4}),
    ],
)
def test_is_made_of_the_same_values(ours, which, values, named):
    assert told(ours[which], *values, **named) == told(THEIRS[which], *values, **named)


@pytest.mark.parametrize("ours", MIXED)
@pytest.mark.parametrize("which", [0, 1])
def test_has_the_same_fields_places_and_signature(ours, which):
    ours, theirs = ours[which], THEIRS[which]
    assert is_dataclass(ours)
    assert [each.name for each in fields(ours)] == [each.name for each in fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__
    parameters = [inspect.signature(cls).parameters.values() for cls in (ours, theirs)]
    names = [[(each.name, each.kind) for each in found] for found in parameters]
    assert names[0] == names[1]


def test_compares_and_hashes_by_the_compared_fields():
    _, cls = OURS
    same, other = cls(a=1, b=(), c=2, note="x"), cls(a=1, b=(), c=3)
    assert cls(a=1, b=(), c=2) == same
    assert hash(cls(a=1, b=(), c=2)) == hash(same)
    assert same != other
    assert same != OURS[0](1, ())


def test_without_eq_each_instance_is_itself():
    @frozen(eq=False)
    class Alone:
        x: int

    one = Alone(1)
    assert one != Alone(1)
    assert len({one, Alone(1)}) == 2


def test_methods_of_the_class_itself_stay():
    @frozen
    class Own:
        x: int

        def __eq__(self, other):
            return True

        def __repr__(self):
            return "own"

    assert Own(1) == 5
    assert repr(Own(1)) == "own"
    assert hash(Own(2)) == hash((2,))


@pytest.mark.parametrize("ours", [THEIRS, *MIXED])
def test_no_class_that_changes_derives_from_a_frozen_one(ours):
    for cls in ours:
        with pytest.raises(TypeError):
            dataclass(type("Changing", (cls,), {"__annotations__": {"x": int}}))


def test_nothing_can_be_assigned_or_deleted():
    one = Picklable(1)
    for change in (lambda: setattr(one, "x", 2), lambda: setattr(one, "z", 2)):
        with pytest.raises(FrozenInstanceError):
            change()
    with pytest.raises(FrozenInstanceError):
        del one.x


def test_is_replaced_copied_and_pickled():
    one = Picklable(1, (2,))
    assert replace(one, x=3) == Picklable(3, (2,))
    assert copy.deepcopy(one) == copy.copy(one) == pickle.loads(pickle.dumps(one)) == one


def test_a_value_in_itself_is_shown_once():
    items = []
    one = Picklable(1, items)
    items.append(one)
    assert repr(one) == "Picklable(x=1, y=[...])"


def test_a_start_compiles_few_classes(configs, folder):
    code = (
        "import dataclasses, sys; made = []; make = dataclasses._process_class\n"
        "def counted(cls, init, *rest):\n"
        "    made.append(init)\n"
        "    return make(cls, init, *rest)\n"
        "dataclasses._process_class = counted\n"
        "from nncli.cli.main import run\n"
        f"assert run(['train', {str(configs / 'and_gate.yaml')!r}, '-q']) == 0\n"
        "sys.stderr.write(f'{sum(made)} of {len(made)}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    compiled, made = map(int, done.stderr.split()[-3:][::2])
    assert compiled <= FEW < made


def test_there_is_one_way_to_make_a_frozen_class():
    package = Path(inspect.getfile(frozen)).parent
    found = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"^ *@dataclass\(frozen", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert found == ["methods.py"]
