"""The gradient with respect to the inputs, held against centred differences of the loss."""

import numpy as np
import pytest
from formula_values import by_formula

from nncli.engine.plan import Plan
from nncli.errors import UserError
from nncli.trace.traced_steps import trace

ROWS = "{type: inline, x: [[0.5, 1.5], [-1, 0.25], [2, -0.75]], y: [1, 0, 1]}"
DATA = f"data: {{dataset: {ROWS}, split: none, preprocessing: none, task: %s}}"
NETWORKS = {
    "dense": ("binary", "hidden: [{type: dense, units: 3, activation: tanh}]"),
    "output alone, matched": ("binary", "hidden: []"),
    "output alone": ("regression", "hidden: [], output: {activation: tanh}"),
    "batch_norm": ("binary", "hidden: [batch_norm, {type: dense, units: 3, activation: tanh}]"),
    "identity": ("regression", "hidden: [{type: dense, units: 2, activation: identity}]"),
    "b frozen": ("binary", "hidden: [{type: dense, units: 3, trainable: {b: false}}]"),
}


@pytest.mark.parametrize(("task", "network"), NETWORKS.values(), ids=NETWORKS)
def test_it_is_the_slope_of_the_loss(declared, task, network):
    loaded = declared(DATA % task, f"network: {{{network}}}", "training: {batch_size: full}")
    job, theta = loaded.built.job, loaded.state.theta.copy()
    (found,) = (
        t for t in trace(loaded, has_input_gradient=True).steps[0].tensors if t.name == "dx"
    )
    plan = Plan(job.network, theta, job.train, 3, gather=False)
    tape, x = plan.record_gradient(3), plan.batch(3).inputs["x"]
    expected = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept, sides = x[index], []
        for step in (1e-6, -1e-6):
            x[index] = kept + step
            tape()
            sides.append(plan.loss(3))
        x[index], expected[index] = kept, (sides[0] - sides[1]) / 2e-6
    np.testing.assert_allclose(found.values, expected, rtol=1e-6, atol=1e-9)
    assert found.meaning[0].startswith("d(loss)/d(x) = ")
    np.testing.assert_allclose(by_formula(found), found.values, rtol=1e-8)


def test_it_is_shown_when_asked_for_alone(declared):
    loaded = declared(DATA % "binary", "network: {hidden: [2]}")
    assert "dx" not in [tensor.name for tensor in trace(loaded).steps[0].tensors]


def test_where_the_way_back_ends_before_the_inputs_that_is_said(declared):
    frozen = "network: {hidden: [{type: dense, units: 2, trainable: false}]}"
    with pytest.raises(
        UserError, match="--input-gradient: the first layer has nothing that learns"
    ):
        trace(declared(DATA % "binary", frozen), has_input_gradient=True)
