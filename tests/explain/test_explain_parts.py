"""What other libraries are told in place of each part."""

import pytest

from nncli.explain import keras_parts, pytorch_parts, scikit_learn_parts
from nncli.explain.equivalent import answer, folded
from nncli.explain.rates import factor_code
from nncli.parts.activations import Relu
from nncli.registry import find, members

LIBRARIES = (keras_parts, pytorch_parts, scikit_learn_parts)
KINDS = (
    "layer",
    "activation",
    "loss",
    "optimizer",
    "schedule",
    "initializer",
    "regularizer",
)
BUILT_IN = [
    (kind, name)
    for kind in KINDS
    for name, cls in members(kind).items()
    if cls.__module__.startswith("nncli.")
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_every_built_in_part_has_an_answer(library, kind, name):
    assert name in library.ANSWERS[kind]


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_answer_is_to_a_part_that_went(library):
    answered = [(kind, name) for kind, parts in library.ANSWERS.items() for name in parts]
    assert set(answered) == set(BUILT_IN)


def test_a_part_of_another_package_has_no_known_equivalent():
    class Other(Relu):
        name = "other"

    found = answer(pytorch_parts.ANSWERS, Other())
    assert (found.code, found.notes) == ("", ("no equivalent known: activation other",))


@pytest.mark.parametrize("warmup", [0, 4])
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("constant", {}),
        ("exponential", {"rate": 0.3}),
        ("step", {"step_size": 3, "gamma": 0.5}),
        ("inverse_time", {"rate": 0.2}),
        ("cosine", {"floor": 0.1}),
        ("one_cycle", {"rise": 0.4}),
    ],
)
def test_the_code_of_a_factor_gives_the_schedules_own_values(name, keys, warmup):
    schedule, space = find("schedule", name)(**keys, warmup=warmup), {}
    exec(factor_code(schedule, 20), space)
    values = [space["factor"](t) for t in range(20)]
    assert values == pytest.approx([schedule.factor(t, 20) for t in range(20)], rel=1e-12)


def test_every_schedule_but_plateau_has_its_code():
    without = {name for name, cls in members("schedule").items() if not factor_code(cls(), 9)}
    assert without == {"reduce_on_plateau"}


def test_a_long_call_is_folded_after_a_comma_and_means_the_same():
    code = f"total = sum(({', '.join(map(str, range(60)))}))"
    space: dict = {}
    exec(folded(code), space)
    assert space["total"] == sum(range(60))
    assert max(map(len, folded(code).splitlines())) <= 90
