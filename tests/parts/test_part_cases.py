"""Every built-in part has its one case."""

import network_part_cases
import pytest
import training_part_cases

from nncli.parts.initializers import FromFile
from nncli.parts.layers import Layer
from nncli.parts.optimizers import Lbfgs
from nncli.registry import members

CASES = {
    "activation": network_part_cases.ACTIVATIONS,
    "loss": network_part_cases.LOSSES,
    "regularizer": network_part_cases.REGULARIZERS,
    "layer": network_part_cases.LAYERS,
    "initializer": training_part_cases.INITIALIZERS,
    "schedule": training_part_cases.SCHEDULES,
    "optimizer": training_part_cases.OPTIMIZERS,
}
OF_THEIR_OWN = {FromFile, Lbfgs}  # a file's numbers; SciPy's steps


@pytest.mark.parametrize("kind", CASES)
def test_every_built_in_part_has_a_case_to_be_held_against(kind):
    built_in = [cls for cls in members(kind).values() if cls.__module__.startswith("nncli.")]
    needed = [cls for cls in built_in if cls not in OF_THEIR_OWN]
    if kind == "layer":
        needed = [cls for cls in needed if issubclass(cls, Layer)]
    assert {cls.name for cls in needed} == CASES[kind].keys()
