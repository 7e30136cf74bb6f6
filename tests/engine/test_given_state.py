"""What an optimizer is given to remember is what its first step goes on from."""

import numpy as np
import pytest

from nncli.artifacts.tensors import decode_state, encode_state
from nncli.engine.steppers.choice import stepper
from nncli.engine.stop import Stop
from nncli.errors import ConfigError
from nncli.explain.explain import equivalents
from nncli.explain.formulas import formulas
from nncli.trace.traced_steps import trace

ROWS = "data: {dataset: {type: inline, x: [[1, 2], [3, -1]], y: [1, 2]}, preprocessing: none}"
NETWORK = "network: {hidden: [{type: dense, units: 2, activation: tanh}]}"
W = [[0.1, 0.2], [0.3, 0.4]]
STATES = {
    "{type: sgd, momentum: 0.9, initial_state: {velocity: {hidden_1/W: %s}}}": ("velocity", 1),
    "{type: sgd, momentum: 0.9, nesterov: true, initial_state: {velocity: {hidden_1/W: %s}}}": (
        "velocity",
        1,
    ),
    "{type: adagrad, initial_state: {squares: {hidden_1/W: %s}}}": ("squares", 1),
    "{type: rmsprop, initial_state: {squares: {hidden_1/W: %s}}}": ("squares", 1),
    "{type: adam, initial_state: {m: {hidden_1/W: %s}, s: 0.2, step: 5}}": ("m", 6),
    "{type: adamw, initial_state: {m: {hidden_1/W: %s}, s: 0.2, step: 5}}": ("m", 6),
    "{type: nadam, initial_state: {m: {hidden_1/W: %s}, s: 0.2, step: 5}}": ("m", 6),
}


def given(declared, block, *lines):
    return declared(ROWS, NETWORK, f"optimizer: {block.replace('%s', str(W))}", *lines)


@pytest.mark.parametrize("block", STATES)
def test_a_trace_starts_from_what_is_given(declared, block):
    slot, number = STATES[block]
    loaded = given(declared, block)
    shown = {each.name: each for each in trace(loaded).steps[0].tensors}
    np.testing.assert_allclose(shown[f"hidden_1/W/{slot}_before"].values, W, rtol=1e-15)
    np.testing.assert_array_equal(shown[f"output/W/{slot}_before"].values, 0)
    if number > 1:
        np.testing.assert_allclose(shown["output/b/s_before"].values, 0.2)
        assert f"^{number})" in shown["output/b/s_hat"].formula


@pytest.mark.parametrize("block", STATES)
def test_both_engines_go_on_from_it_and_so_does_a_resumed_run(declared, block, tmp_path):
    ends = []
    for engine in ("numpy", "compiled"):
        pytest.importorskip("llvmlite") if engine == "compiled" else None
        job = given(declared, block, f"training: {{epochs: 4, engine: {engine}}}").built.job
        state = job.start()
        stepper(job, state).epochs(2, Stop())
        fresh = job.start()
        decode_state(b"".join(encode_state(state)), fresh, tmp_path / "last.safetensors")
        for each in (state, fresh):
            stepper(job, each).epochs(4, Stop())
            ends.append(each.theta)
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=1e-12)


def test_zeros_and_no_steps_are_what_nothing_given_is(declared):
    thetas = []
    for block in ("adam", "{type: adam, initial_state: {m: 0, s: {hidden_1/b: [0, 0]}}}"):
        job = given(declared, block).built.job
        state = job.start()
        stepper(job, state).epochs(3, Stop())
        thetas.append(state.theta.tolist())
    assert thetas[0] == thetas[1]


@pytest.mark.parametrize("block", STATES)
def test_other_libraries_are_said_to_lack_it(declared, block):
    built = given(declared, block).built
    for library, found in equivalents(built, ()).items():
        told = [note for note in found.notes if "optimizer.initial_state" in note]
        assert told or not found.code, library
    lines = {each.name: each.formula for each in formulas(built)}
    if "adam" in block:
        assert lines["n"] == "the number of the step, from 6"
        assert lines["m"].endswith("initial_state has for it")


WRONG = {
    "{type: adam, initial_state: {m: {output/V: [1]}}}": (
        "3:55: optimizer.initial_state.m.output/V: no tensor 'output/V'; trained are hidden_1/W, "
    ),
    "{type: adam, initial_state: {m: {hidden_1/W: [[1, 2], [3]]}}}": (
        "3:66: optimizer.initial_state.m.hidden_1/W[1]: hidden_1/W: expected 2 numbers, one a unit"
    ),
    "{type: rmsprop, initial_state: {squares: {output/b: [-1]}}}": "expected a number >= 0",
    "{type: sgd, initial_state: {velocity: 1}}": "initial_state needs a momentum > 0",
    "{type: sgd, momentum: 0.5, initial_velocity: 1, initial_state: {velocity: 1}}": "not both",
    "{type: adam, initial_state: {velocity: 1}}": "unknown key; known keys: m, s, step",
    "{type: lbfgs, initial_state: {m: 1}}": "unknown key for lbfgs",
}


@pytest.mark.parametrize("block", WRONG)
def test_what_does_not_fit_is_told_at_its_place(declared, block):
    with pytest.raises(ConfigError) as told:
        given(declared, block)
    assert WRONG[block] in str(told.value)


def test_what_is_frozen_remembers_nothing(declared):
    frozen = "network: {hidden: [{type: dense, units: 2, trainable: {b: false}}]}"
    block = "optimizer: {type: adam, initial_state: {m: {hidden_1/b: [1, 1]}}}"
    with pytest.raises(ConfigError, match=r"hidden_1/b isn't trained: nothing is remembered"):
        declared(ROWS, frozen, block)
