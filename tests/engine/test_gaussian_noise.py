"""Gaussian noise: normal in training and nothing else, in every engine and after a stop."""

from pathlib import Path

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, run_job
from scipy.stats import kstest

from nncli.artifacts.tensors import decode_state, encode_state
from nncli.parts.arrays import LayerBuffers
from nncli.parts.layers import Dense, GaussianNoise


def blurred(std, x, *, training):
    layer, y = GaussianNoise(std), np.empty_like(x)
    random = np.random.default_rng(0)
    saved = {name: np.empty(x.shape) for name in layer.saved_shapes(*x.shape[:1], x.shape[1:])}
    layer.forward(
        LayerBuffers(
            x=x, y=y, saved=saved, training=training, ones=np.ones(len(x)),
            uniform=lambda out: random.random(out=out),
        )
    )  # fmt: skip
    return y


def test_it_adds_normal_numbers_in_training_alone():
    x = np.full((4000, 2), 3.0)
    noise = (blurred(0.5, x, training=True) - 3.0).ravel() / 0.5
    assert kstest(noise, "norm").pvalue > 0.01
    assert abs(np.corrcoef(noise[::2], noise[1::2])[0, 1]) < 0.05
    assert (blurred(0.5, x, training=False) == x).all()
    assert (blurred(0.0, x, training=True) == x).all()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_resumed_run_is_the_uninterrupted_one_in_every_engine(engine):
    def job(engine, *stds):
        hidden = [GaussianNoise(stds[0]), Dense(4), GaussianNoise(stds[1])]
        return make_job(hidden, rows=20, batch_size=6, epochs=4, engine=engine)

    noisy = job(engine, 0.3, 0.1)
    whole, first = run_job(noisy), run_job(noisy, stop=StopAfter(6))
    state = noisy.start()
    decode_state(b"".join(encode_state(first.state)), state, Path("last.safetensors"))
    np.testing.assert_array_equal(run_job(noisy, state).state.theta, whole.state.theta)
    other = run_job(job("numpy", 0.3, 0.1)).state.theta
    np.testing.assert_allclose(whole.state.theta, other, rtol=1e-12)
    still = run_job(job(engine, 0.0, 0.0)).state.theta
    assert np.abs(whole.state.theta - still).max() > 1e-3
