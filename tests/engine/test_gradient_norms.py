"""`output.gradient_norms`: |gradient| of each layer in metrics.csv, and nothing else changed."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nncli.engine.gradient_norms import GradientNorms
from nncli.engine.metric_columns import GRADIENT_NORM
from nncli.engine.plan import Plan
from nncli.engine.trainer import train as epochs_of

DEEP = (
    "data: {dataset: iris}",
    "network: {hidden: [{type: dense, units: 4, activation: sigmoid}, 3]}",
    "training: {epochs: 3}",
)
NOISY = (
    "data: {dataset: iris}",
    "network: {hidden: [4, batch_norm, {type: dropout, rate: 0.5}, "
    "{type: dense, units: 3, trainable: false}]}",
    "training: {epochs: 3, batch_size: 16}",
)
ASKED = "output: {gradient_norms: true}"


def columns_of(job):
    return [report.columns() for report in epochs_of(job)]


def test_they_are_those_of_the_whole_gradient_layer_by_layer(declared):
    job = declared(*DEEP, ASKED).built.job
    found = next(iter(epochs_of(job))).metrics
    state = job.start()
    plan = Plan(job.network, state.theta, job.train, len(job.train), gather=False)
    plan.record_gradient(len(job.train))()
    tensors = job.network.layout.views(plan.gradient)
    for layer in ("hidden_1", "hidden_2", "output"):
        parts = [np.linalg.norm(tensors[f"{layer}/{name}"]) for name in ("W", "b")]
        assert found[GRADIENT_NORM + layer] == pytest.approx(math.hypot(*parts), rel=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("lines", [DEEP, NOISY])
def test_training_is_the_same_to_the_bit_with_and_without_them(declared, lines, engine):
    job = declared(*lines, ASKED).built.job
    job = replace(job, training=replace(job.training, engine=engine))
    asked, plain = columns_of(job), columns_of(replace(job, gradient_norms=False))
    for with_them, without in zip(asked, plain, strict=True):
        kept = {
            name: value for name, value in with_them.items() if not name.startswith(GRADIENT_NORM)
        }
        assert {**kept, "seconds": 0} == {**without, "seconds": 0}
        assert len(kept) < len(with_them)


def test_frozen_layers_and_layers_without_weights_have_none(declared):
    job = declared(*NOISY, ASKED).built.job
    assert [*GradientNorms(job, job.start().theta)(job.start().theta)] == [
        f"{GRADIENT_NORM}{name}" for name in ("hidden_1", "hidden_2", "output")
    ]


def test_asking_twice_gives_the_same_whatever_came_between(declared):
    job = declared(*NOISY, ASKED).built.job
    theta = job.start().theta
    norms = GradientNorms(job, theta)
    first = norms(theta)
    norms(theta * 2)
    assert norms(theta) == first == GradientNorms(job, theta)(theta)


def test_a_resumed_run_has_the_bits_of_one_that_never_stopped(train, write, nncli):
    whole = train(write("deep.yaml", *NOISY, ASKED))
    part = train(write("deep.yaml", *NOISY, ASKED), "--set", "training.epochs=1")
    more = nncli("train", "--resume", part.path, "--set", "training.epochs=3", "-q")
    assert more.code == 0, more.err
    assert part.result == whole.result
    assert nncli("verify", part.path).code == 0
    assert GRADIENT_NORM + "output" in whole.rows[0]
    scores = whole.json("metrics.json")["metrics"]["train"]
    assert not any(name.startswith(GRADIENT_NORM) for name in scores)


def test_their_picture_has_a_line_a_layer(train, write, nncli, folder):
    run = train(write("deep.yaml", *DEEP, ASKED)).path
    done = nncli("plot-loss", run, "--metric", "gradient_norm", "-o", "a.svg")
    assert (done.code, done.out, done.err) == (0, "a.svg\n", "")
    drawn = (folder / "a.svg").read_text()
    assert all(f"<!-- {name} -->" in drawn for name in ("hidden_1", "hidden_2", "output"))
    assert nncli("plot-loss", run, "--metric", "gradient_norm_hidden_1").code == 0
    assert nncli("report", run).code == 0
    several = nncli("plot-loss", run, run, "--metric", "gradient_norm")
    assert "is for one run, found 2" in several.err


def test_a_run_without_them_says_how_to_have_them(train, gate, nncli):
    done = nncli("plot-loss", train(gate).path, "--metric", "gradient_norm")
    assert done.code == 2
    assert done.err.endswith(
        "has no gradient norms: nncli train --set output.gradient_norms=true keeps them\n"
    )
