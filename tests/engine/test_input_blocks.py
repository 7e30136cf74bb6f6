"""A second block of inputs, of integers: every step and every score takes its rows with those of x.

The layer that reads it is of these tests alone: a table of rows, one for each category.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from engine_jobs import make_job, on_disk, run_job

from nncli.engine import cost
from nncli.engine.evaluator import EvaluationSet, Evaluator
from nncli.engine.steppers.choice import choose
from nncli.errors import ShapeError
from nncli.gradcheck.gradient_check import check_gradients
from nncli.parts.activations import Identity
from nncli.parts.initializers import Normal
from nncli.parts.layers import Dense, Layer

RATE, EPOCHS = 0.1, 4


@dataclass(frozen=True)
class Lookup(Layer):
    """y = x + W[category]."""

    categories: int = 3
    name = "lookup"
    reads = ("category",)

    def param_shapes(self, input_shape):
        return {"W": (self.categories, *input_shape)}

    def saved_shapes(self, batch, input_shape):
        return {"chosen": (batch, *input_shape)}

    def initializers(self):
        return {"W": Normal()}

    def forward(self, buffers):
        category, chosen = buffers.inputs["category"], buffers.saved["chosen"]
        np.take(buffers.params["W"], category, axis=0, out=chosen, mode="clip")
        np.add(buffers.x, chosen, out=buffers.y)

    def backward(self, buffers):
        np.copyto(buffers.grads["W"], 0.0)
        np.add.at(buffers.grads["W"], buffers.inputs["category"], buffers.dy)


def draw_rows(rows, seed, dtype="float64"):
    random = np.random.default_rng(seed)
    category = random.integers(3, size=rows)
    x, t = random.normal(size=(rows, 2)), random.normal(size=(rows, 1))
    return EvaluationSet({"x": x.astype(dtype), "category": category}, t.astype(dtype), truth=t)


def job_of(**settings):
    settings = {"batch_size": 4, "epochs": EPOCHS, **settings}
    rows = draw_rows(10, 1, settings.get("dtype", "float64"))
    return make_job([Lookup()], Dense(1, Identity()), inputs=2, train_rows=rows, **settings)


def trained_by_hand(job):
    """theta = (W of the lookup, W and b of the output) after gradient descent on half_mse."""
    state, rows = job.start(), job.train
    views = job.network.layout.views(state.theta)
    table, W, b = (views[name] for name in ("hidden_1/W", "output/W", "output/b"))
    batches, index = job.batches(state), np.arange(job.batch_rows)
    for _ in range(job.training.epochs):
        for step in range(job.steps_per_epoch):
            chosen = index[: batches.draw(step, index)]
            category = rows.inputs["category"][chosen]
            h = rows.x[chosen] + table[category]
            dz = (h @ W + b - rows.targets[chosen]) / len(chosen)
            dh, d_table = dz @ W.T, np.zeros_like(table)
            np.add.at(d_table, category, dh)
            W -= RATE * h.T @ dz
            b -= RATE * dz.sum(axis=0)
            table -= RATE * d_table
    return state.theta


@pytest.mark.parametrize("place", [lambda job: job, on_disk], ids=["in memory", "on disk"])
@pytest.mark.parametrize(
    "settings",
    [
        {},  # an epoch's rows put in their order at once, where they are in memory
        {"epochs": 2},  # gathered step by step
        {"sampling": "with_replacement"},
        {"batch_size": "full"},
    ],
    ids=str,
)
def test_a_step_takes_the_rows_of_every_block(settings, place):
    job = job_of(**settings)
    found = run_job(place(job)).state.theta
    np.testing.assert_allclose(found, trained_by_hand(job), rtol=1e-12)
    assert not np.allclose(found, job.start().theta)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [4, "full"])
def test_machine_code_takes_the_rows_of_every_block(batch_size, dtype):
    job = job_of(batch_size=batch_size, dtype=dtype, engine="compiled")
    assert choose(job, "compiled").engine == "compiled"
    found = run_job(job).state.theta
    expected = run_job(job_of(batch_size=batch_size, dtype=dtype)).state.theta
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-13)
    assert not np.allclose(found, job.start().theta)


@pytest.mark.parametrize("place", [lambda job: job, on_disk], ids=["in memory", "on disk"])
def test_a_score_takes_the_rows_of_every_block_chunk_by_chunk(monkeypatch, place):
    monkeypatch.setattr(cost, "CHUNK_NUMBERS", 2 * 3)  # 2: the widest layer
    job = place(job_of())
    theta, rows = job.start().theta, job_of().train
    views = job.network.layout.views(theta)
    evaluator = Evaluator(job.network, theta, job.train, job.decode, {})
    evaluator.run()
    h = rows.x + views["hidden_1/W"][rows.inputs["category"]]
    np.testing.assert_allclose(evaluator.outputs, h @ views["output/W"] + views["output/b"])


def test_a_blocks_integers_stay_integers():
    chosen = job_of().train.at(np.array([3, 3, 7]))
    assert chosen.inputs["category"].dtype.kind == "i"
    assert chosen.x.dtype == np.float64


def test_the_gradient_check_takes_every_block():
    job = job_of()
    assert not check_gradients(job, job.start()).wrong


def test_a_block_that_the_rows_lack_is_named():
    rows = draw_rows(10, seed=1)
    job = replace(job_of(), train=replace(rows, inputs={"x": rows.x}))
    with pytest.raises(ShapeError, match=r"hidden_1 reads the inputs 'category', .* only x"):
        run_job(job)
