"""Weights and checkpoints as .safetensors: what goes in comes out, anything else is refused."""

import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from nncli.artifacts import tensors as files
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.tensors import decode_state, decode_weights
from nncli.engine.state import Best
from nncli.errors import CorruptRun
from nncli.parts.schedules import PlateauState

SOURCE = Path("run/model.safetensors")
GARBAGE = {
    "nothing": b"",
    "a letter": b"x",
    "an empty header": b"\0" * 8,
    "an endless header": b"\xff" * 64,
    "a zip file": b"PK\x03\x04" + b"\0" * 100,
    "a header that is cut off": b"\x08" + b"\0" * 7,
}


def encode_weights(*what):
    return b"".join(files.encode_weights(*what))


def encode_state(*what):
    return b"".join(files.encode_state(*what))


@pytest.fixture
def layout(built):
    return built.network.layout


@pytest.fixture
def theta(layout):
    """Numbers that only a copy of their bits gives back."""
    theta = np.random.default_rng(0).normal(size=layout.size)
    theta[:4] = [0.1, -0.0, 5e-324, np.nextafter(1.0, 2.0)]
    return theta


@pytest.fixture
def tensors(layout, theta):
    return {name: np.ascontiguousarray(view) for name, view in layout.views(theta).items()}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_come_back_bit_for_bit(layout, theta, dtype):
    theta = theta.astype(dtype)
    back = decode_weights(encode_weights(layout, theta), layout, dtype, SOURCE)
    assert (back.tobytes(), back.dtype) == (theta.tobytes(), dtype)


def test_weights_are_readable_by_name_without_nncli(layout, theta):
    named = load(encode_weights(layout, theta))
    assert named.keys() == {"hidden_1/W", "hidden_1/b", "output/W", "output/b"}
    assert all(np.array_equal(named[name], view) for name, view in layout.views(theta).items())


def test_arrays_are_handed_out_where_they_lie(state):
    _, *pieces = files.encode_state(state)
    arrays = [state.theta, *state.slots.values(), state.best_theta]
    assert [
        np.frombuffer(piece, array.dtype).ctypes.data
        for piece, array in zip(pieces, arrays, strict=True)
    ] == [array.ctypes.data for array in arrays]


def test_writing_a_checkpoint_takes_no_memory_for_copies(tmp_path, state):
    state.theta = np.zeros(2**20)
    run = RunDirectory.create(tmp_path, "run")
    tracemalloc.start()
    try:
        run.commit({"last.safetensors": files.encode_state(state)})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < state.theta.nbytes / 8


def test_arrays_begin_where_a_reader_may_map_them(state):
    header, *_ = files.encode_state(state, {"odd": "x"})
    assert len(header) % 8 == 0


def test_same_weights_give_the_same_bytes(layout, theta):
    assert encode_weights(layout, theta) == encode_weights(layout, theta.copy())


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_no_weights(layout, content):
    with pytest.raises(CorruptRun, match=r"model\.safetensors"):
        decode_weights(content, layout, np.float64, SOURCE)


def test_half_a_file_is_no_weights(layout, theta):
    content = encode_weights(layout, theta)
    for end in (9, len(content) // 2, len(content) - 1):
        with pytest.raises(CorruptRun, match=r"model\.safetensors"):
            decode_weights(content[:end], layout, np.float64, SOURCE)


def test_missing_tensor_is_refused(layout, tensors):
    del tensors["output/b"]
    with pytest.raises(CorruptRun, match="output/b"):
        decode_weights(save(tensors), layout, np.float64, SOURCE)


def test_tensor_too_many_is_refused(layout, tensors):
    tensors["hidden_9/W"] = np.zeros(1)
    with pytest.raises(CorruptRun):
        decode_weights(save(tensors), layout, np.float64, SOURCE)


@pytest.mark.parametrize("shape", [(3, 2), (6,), (1, 1), ()])
def test_tensor_of_another_shape_is_refused(layout, tensors, shape):
    tensors["hidden_1/W"] = np.zeros(shape)
    with pytest.raises(CorruptRun, match=r"hidden_1/W: expected shape \(2, 3\)"):
        decode_weights(save(tensors), layout, np.float64, SOURCE)


@pytest.fixture
def state(built):
    """A state of which every value differs from the start's."""
    state, random = built.job.start(), np.random.default_rng(1)
    state.theta[...] = random.normal(size=state.theta.shape)
    for slot in state.slots.values():
        slot[...] = random.normal(size=slot.shape)
    state.shuffle.random(3)
    state.dropout.normal(size=5)
    state.epoch, state.step, state.step_in_epoch = 7, 30, 2
    state.epoch_shuffle = state.shuffle.bit_generator.state
    state.best, state.best_theta = Best(0.1 + 0.2, 4, 3), random.normal(size=state.theta.shape)
    state.plateau, state.previous = PlateauState(factor=0.1, best=1 / 3, waited=2), 2 / 3
    return state


def fields(state):
    """Everything that a state is, comparable."""
    generators = {name: getattr(state, name).bit_generator.state for name in ("shuffle", "dropout")}
    arrays = {name: slot.tobytes() for name, slot in state.slots.items()}
    arrays["theta"] = state.theta.tobytes()
    arrays["best_theta"] = None if state.best_theta is None else state.best_theta.tobytes()
    names = ("epoch", "step", "step_in_epoch", "epoch_shuffle", "best", "plateau", "previous")
    return generators | arrays | {name: getattr(state, name) for name in names}


def test_state_comes_back_bit_for_bit(built, state):
    fresh = built.job.start()
    assert fields(fresh) != fields(state)
    decode_state(encode_state(state), fresh, SOURCE)
    assert fields(fresh) == fields(state)


def test_restored_streams_go_on_with_the_same_numbers(built, state):
    fresh = built.job.start()
    decode_state(encode_state(state), fresh, SOURCE)
    assert np.array_equal(fresh.shuffle.permutation(9), state.shuffle.permutation(9))
    assert np.array_equal(fresh.dropout.random(9), state.dropout.random(9))


def test_start_of_training_comes_back_too(built):
    start, fresh = built.job.start(), built.job.start()
    fresh.theta[...] = 0
    decode_state(encode_state(start), fresh, SOURCE)
    assert fields(fresh) == fields(start)


def test_what_is_saved_beside_comes_back(built, state):
    beside = {"last": {"loss": 0.1, "val_loss": None}, "имя": ["x"]}
    assert decode_state(encode_state(state, beside), built.job.start(), SOURCE) == beside


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_no_checkpoint(built, content):
    with pytest.raises(CorruptRun, match=r"model\.safetensors"):
        decode_state(content, built.job.start(), SOURCE)


def test_weights_are_no_checkpoint(built, layout, theta):
    with pytest.raises(CorruptRun, match="not a checkpoint"):
        decode_state(encode_weights(layout, theta), built.job.start(), SOURCE)


def changed(state, arrays=None, **scalars):
    """A checkpoint with other arrays or other scalars; None takes one out."""
    content = encode_state(state)
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    values = json.loads(metadata["state"]) | scalars
    kept = {key: value for key, value in values.items() if value is not None}
    tensors = load(content) | (arrays or {})
    tensors = {name: array for name, array in tensors.items() if array is not None}
    return save(tensors, metadata={**metadata, "state": json.dumps(kept)})


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": None},
        {"shuffle": None},
        {"shuffle": {}},
        {"shuffle": "PCG64"},
        {"dropout": {"bit_generator": "MT19937"}},
        {"best": {"value": 1.0, "nonsense": 2}},
        {"plateau": []},
        {"arrays": {"theta": None}},
        {"arrays": {"theta": np.zeros(3)}},
        {"arrays": {"theta": np.zeros(1)}},
        {"arrays": {"theta": np.zeros(13, np.float32)}},
        {"arrays": {"best_theta": np.zeros(3)}},
    ],
    ids=str,
)
def test_checkpoint_of_something_else_is_refused(built, state, change):
    assert len(state.theta) == 13
    with pytest.raises(CorruptRun, match=r"model\.safetensors"):
        decode_state(changed(state, **change), built.job.start(), SOURCE)


def test_checkpoint_without_an_optimizer_s_slot_is_refused(built, state):
    name = next(iter(state.slots))
    content = changed(state, arrays={f"slot/{name}": None})
    with pytest.raises(CorruptRun, match="not a checkpoint"):
        decode_state(content, built.job.start(), SOURCE)


def test_state_that_is_no_block_is_refused(state, built):
    for text in ("[]", "1", "null", '"x"', "{"):
        content = save({"theta": state.theta}, metadata={"state": text, "beside": "{}"})
        with pytest.raises(CorruptRun, match="not a checkpoint"):
            decode_state(content, built.job.start(), SOURCE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": -1}, "step: expected a count, found -1"),
        ({"epoch": 1 << 63}, "epoch: expected a count, found 9223372036854775808"),
        ({"epoch": 10**50}, f"epoch: expected a count, found 1{'0' * 39}"),
        ({"step": 1.5}, "step: expected int, found 1.5"),
        ({"best": []}, "best: expected epoch, value, waited"),
        ({"plateau": {"best": 1.0}}, "plateau: expected best, factor, waited"),
        ({"previous": "x"}, "previous: expected NoneType, found x"),
        (
            {"arrays": {"odd": np.zeros(1)}},
            "expected the tensors theta, slot/mean, slot/squares, best_theta",
        ),
        (
            {"arrays": {"reported": np.zeros(13, np.float32)}},
            "reported: expected float64, found float32",
        ),
    ],
    ids=lambda it: None if isinstance(it, dict) else it,
)
def test_what_does_not_fit_into_a_checkpoint_is_named(built, state, change, message):
    said = f"{SOURCE}: not a checkpoint of this run: {message}"
    with pytest.raises(CorruptRun, match=f"^{re.escape(said)}$"):
        decode_state(changed(state, **change), built.job.start(), SOURCE)


def test_greatest_count_that_a_run_can_have_is_read(built, state):
    fresh = built.job.start()
    decode_state(changed(state, epoch=(1 << 63) - 1), fresh, SOURCE)
    assert fresh.epoch == (1 << 63) - 1


def test_header_has_no_more_than_it_needs(layout, theta):
    content = encode_weights(layout, theta)
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    assert b"__metadata__" not in header
    assert b": " not in header
