"""configs/one_softmax_step.yaml against another implementation's step, number by number."""

import json
from pathlib import Path

import numpy as np
import pytest
from config_runs import made, run

from nncli.engine.plan import Plan

EXPECTED = json.loads(Path(__file__).with_name("one_softmax_step.json").read_text())
TOLERANCE = {"rtol": 1e-12, "atol": 1e-15}


@pytest.fixture(scope="module")
def plan():
    """Ten rows passed forward and backward."""
    job = made("one_softmax_step").job
    theta = job.start().theta
    plan = Plan(job.network, theta, job.train, 10, gather=False)
    plan.record_gradient(10)()
    return plan


def test_the_outputs_are_the_reference_s(plan):
    np.testing.assert_allclose(plan.buffers(10)[-1].y, EXPECTED["output"], **TOLERANCE)


def test_the_loss_is_the_reference_s(plan):
    assert plan.loss(10) == pytest.approx(EXPECTED["loss"], rel=1e-12)


@pytest.mark.parametrize("name", EXPECTED["gradients"])
def test_the_gradients_are_the_reference_s(plan, name):
    np.testing.assert_allclose(
        dict(plan.arrays(10))[name], EXPECTED["gradients"][name], **TOLERANCE
    )


@pytest.mark.parametrize("name", EXPECTED["updated"])
def test_the_updated_weights_are_the_reference_s(name):
    tensors = run("one_softmax_step").tensors
    np.testing.assert_allclose(tensors[name], EXPECTED["updated"][name], **TOLERANCE)
