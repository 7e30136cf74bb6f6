"""Steps and evaluations have memory in common, and never what the other left there."""

from itertools import pairwise

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine import arena
from nncli.engine.arena import Arena
from nncli.engine.epoch_scorer import EpochScorer
from nncli.engine.steppers.conformance import CASES
from nncli.parts.activations import Relu, Tanh
from nncli.parts.layers import (
    ActivationLayer,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    FeatureScale,
    Flatten,
    GaussianNoise,
    LayerNorm,
    MaxPool2D,
    PRelu,
    Reshape,
    Residual,
)
from nncli.parts.optimizers import Adam

HIDDEN = {
    "after one another": [
        *(FeatureScale(2.5), Dense(6, Tanh()), BatchNorm(), Dropout(0.2), LayerNorm()),
        *(PRelu(), GaussianNoise(0.1), ActivationLayer(Relu())),
    ],
    "around blocks": [Dense(6, Relu()), Residual((Dense(6, Tanh()), Dense(6))), Dense(3)],
    "frozen below": [Dense(6, Tanh(), trainable=False), Dense(5, Relu())],
}
IMAGES = {
    "by maxima": [Conv2D(3, 3, activation=Tanh(), padding="same"), MaxPool2D(2), Flatten()],
    "by means": [Conv2D(2, 2, activation=Relu()), AveragePool2D(2), Reshape((8,)), Dense(4)],
}


@pytest.fixture
def theta(monkeypatch):
    """theta(job): what it trains; all that is shared becomes NaN after each evaluation."""
    scored = EpochScorer.scored

    def and_spoil(self, *arguments):
        found = scored(self, *arguments)
        for evaluator in self.evaluators.values():
            if (shared := evaluator.forward.workspace.arena) is not None:
                shared._numbers.fill(np.nan)
        return found

    def train(job, *, shares):
        with monkeypatch.context() as patch:
            patch.setattr(EpochScorer, "scored", and_spoil)
            patch.setattr(arena, "SMALL", 0 if shares else 1 << 30)
            return run_job(job).state.theta

    return train


def jobs():
    for name, case in CASES.items():
        yield pytest.param(case.job("numpy"), id=name)
    for name, hidden in HIDDEN.items():
        yield pytest.param(
            make_job(hidden, batch_size=8, val_rows=30, optimizer=Adam(0.01)), id=name
        )
    for name, hidden in IMAGES.items():
        yield pytest.param(make_job(hidden, shape=(5, 5, 2), batch_size=8), id=name)


@pytest.mark.parametrize("job", [*jobs()])
def test_no_step_reads_what_an_evaluation_left(job, theta):
    np.testing.assert_array_equal(theta(job, shares=True), theta(job, shares=False))


def test_large_arrays_of_steps_and_evaluations_are_the_same_memory(monkeypatch):
    monkeypatch.setattr(arena, "SMALL", 0)
    seen = []
    scored = EpochScorer.scored

    def and_note(self, *arguments):
        workspace = self.evaluators[""].forward.workspace
        seen.append((workspace.arena._numbers, workspace._arrays["hidden_1/y"]))
        return scored(self, *arguments)

    monkeypatch.setattr(EpochScorer, "scored", and_note)
    run_job(make_job([Dense(6)], batch_size=20))
    assert seen
    assert all(np.shares_memory(memory, y) for memory, y in seen)


def test_an_arena_hands_out_each_part_once(monkeypatch):
    monkeypatch.setattr(arena, "SMALL", 3)
    memory = Arena(100, np.dtype("f4"))
    parts = [memory.take(20, "f4"), memory.take(10, "f4"), memory.take(30, "f4")]
    assert [len(part) for part in parts] == [20, 10, 30]
    assert not any(np.shares_memory(one, other) for one, other in pairwise(parts))
    assert len({part.ctypes.data % arena.ALIGNMENT for part in parts}) == 1
    assert memory.take(30, "f4") is None  # too little is left
    assert memory.take(4, "f8") is None
    assert memory.take(3, "f4") is None  # a small one lies for itself
    np.testing.assert_array_equal(memory.lent().take(20, "f4"), parts[0])
    assert np.shares_memory(memory.lent().take(20, "f4"), parts[0])
