"""Every built-in part has its one case, and so has the part that CONTRIBUTING adds."""

import re
from pathlib import Path

import network_part_cases
import numpy as np
import pytest
import training_part_cases

from nncli.parts import activations
from nncli.parts.initializers import FromFile, Values
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
OF_THEIR_OWN = {FromFile, Values, Lbfgs}  # given numbers; SciPy's steps


@pytest.mark.parametrize("kind", CASES)
def test_every_built_in_part_has_a_case_to_be_held_against(kind):
    built_in = [cls for cls in members(kind).values() if cls.__module__.startswith("nncli.")]
    needed = [cls for cls in built_in if cls not in OF_THEIR_OWN]
    if kind == "layer":
        needed = [cls for cls in needed if issubclass(cls, Layer)]
    assert {cls.name for cls in needed} == CASES[kind].keys() - {"add"}  # no config names it


def test_the_part_and_the_case_in_contributing_agree():
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    declared, case = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    space = {**vars(activations), "part": lambda name: lambda cls: cls}
    exec(declared, space)
    (case,) = eval("{" + case + "}", vars(network_part_cases)).values()
    z = np.array([[*case.points, 1e30, -2.5]])
    a, dz = np.empty_like(z), np.empty_like(z)
    softsign = space["Softsign"]()
    softsign.forward(z, a, {})
    softsign.backward(np.ones_like(z), z, a, dz, {})
    np.testing.assert_allclose(a, case.formula(softsign, z), rtol=1e-15)
    worked = np.array(list(case.points.values())).T
    np.testing.assert_allclose([a[0, :3], dz[0, :3]], worked, rtol=1e-15)
    assert eval(softsign.formula.format(z="2.0")) == pytest.approx(2 / 3)
