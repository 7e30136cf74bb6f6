"""The embedding in front of a network: what it computes, by hand, in both engines and on disk."""

import numpy as np
import pytest
from engine_jobs import make_job, on_disk, run_job

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.network import Network
from nncli.gradcheck.gradient_check import check_gradients
from nncli.parts.activations import Identity, Tanh
from nncli.parts.arrays import LayerBuffers
from nncli.parts.layers import Dense, EmbeddedColumn, Embedding
from nncli.parts.losses import HalfMse

COLUMNS = EmbeddedColumn("city/old", 4, 3, 2), EmbeddedColumn("{kind}", 2, 2, 1)


def draw_rows(rows, seed, inputs=2, dtype="float64"):
    random = np.random.default_rng(seed)
    codes = {c.block: random.integers(c.trained, size=rows) for c in COLUMNS}
    x, t = random.normal(size=(rows, inputs)), random.normal(size=(rows, 1))
    return EvaluationSet({"x": x.astype(dtype), **codes}, t.astype(dtype), truth=t)


def job_of(inputs=2, **settings):
    settings = {"batch_size": 4, "epochs": 4, **settings}
    rows = draw_rows(10, 1, inputs, settings.get("dtype", "float64"))
    return make_job(
        [Dense(3, Tanh())],
        Dense(1, Identity()),
        inputs=inputs,
        train_rows=rows,
        embedding=Embedding(COLUMNS),
        **settings,
    )


def test_rows_of_the_tables_stand_behind_the_numbers_and_slopes_add_up():
    layer = Embedding((EmbeddedColumn("c", 3, 3, 2),))
    codes, table = np.array([2, 0, 2]), np.array([[1.0, 2], [3, 4], [5, 6]])
    y, dy = np.zeros((3, 3)), np.array([[9.0, 1, 2], [9, 10, 20], [9, 100, 200]])
    buffers = LayerBuffers(
        x=np.array([[7.0], [8], [9]]), y=y, dy=dy, ones=np.ones(3), inputs={"category/c": codes},
        params={"c/W": table}, grads={"c/W": np.full((3, 2), np.nan)},
        saved={"c/a": np.zeros((3, 2)), "c/d": np.zeros((3, 2))},
    )  # fmt: skip
    layer.forward(buffers)
    assert y.tolist() == [[7, 5, 6], [8, 1, 2], [9, 5, 6]]
    layer.backward(buffers)
    # rows 0 and 2 took the last: 1 + 100, 2 + 200; nobody the one in the middle
    assert buffers.grads["c/W"].tolist() == [[10, 20], [0, 0], [101, 202]]


def test_layers_keep_their_names_and_tables_have_their_columns():
    network = job_of().network
    assert [node.name for node in network.nodes] == ["embedding", "hidden_1", "output"]
    shapes = {tensor.name: tensor.shape for tensor in network.layout.tensors}
    assert shapes == {
        "embedding/city/old/W": (4, 2),
        "embedding/{kind}/W": (2, 1),
        "hidden_1/W": (5, 3), "hidden_1/b": (3,), "output/W": (3, 1), "output/b": (1,),
    }  # fmt: skip


def test_without_an_embedding_theta_starts_as_ever():
    def theta(embedding):
        made = Network((2,), [Dense(3, Tanh())], Dense(1, Identity()), HalfMse(), embedding)
        return made.initialize(np.random.default_rng(0))

    assert theta(None).tobytes() == theta(None).tobytes()
    assert len(theta(Embedding(COLUMNS))) == len(theta(None)) + 4 * 2 + 2 + 3 * 3


def test_what_no_training_row_has_starts_as_nothing_and_stays_so():
    views = job_of().network.layout.views(job_of().start().theta)
    assert (views["embedding/city/old/W"][:3] != 0).all()
    job = job_of()
    trained = job.network.layout.views(run_job(job).state.theta)
    assert (trained["embedding/city/old/W"][3] == 0).all()
    assert (trained["embedding/{kind}/W"] != views["embedding/{kind}/W"]).all()
    assert (trained["embedding/city/old/W"][:3] != views["embedding/city/old/W"][:3]).all()


@pytest.mark.parametrize("inputs", [2, 0])
@pytest.mark.parametrize("size", [4, "full"])
def test_gradients_agree_with_differences(size, inputs):
    job = job_of(inputs, batch_size=size)
    found = check_gradients(job, job.start())
    assert not found.wrong
    names = [each.name for each in found.tensors]
    assert names[:2] == ["embedding/city/old/dW", "embedding/{kind}/dW"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [4, "full"])
def test_both_engines_train_the_same(size, dtype):
    ended = [
        run_job(job_of(batch_size=size, dtype=dtype, engine=engine)).state.theta
        for engine in ("numpy", "compiled")
    ]
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(*ended, rtol=tolerance, atol=tolerance)


def test_rows_on_disk_give_the_same_bits():
    job = job_of()
    ended = [run_job(each).state.theta for each in (job, on_disk(job))]
    assert ended[0].tobytes() == ended[1].tobytes()
