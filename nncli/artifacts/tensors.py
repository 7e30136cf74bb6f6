"""Tensors: weights and checkpoints as .safetensors, which can't contain code."""

import dataclasses
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from nncli.artifacts.files import Piece
from nncli.engine.layout import Layout
from nncli.engine.state import Best, TrainState
from nncli.errors import CorruptRun, few, printable
from nncli.parts.arrays import Array
from nncli.parts.schedules import PlateauState
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.records import read_as
from nncli.untrusted_files.safetensors import SafetensorsFile

DTYPES = {"float64": "F64", "float32": "F32"}  # NumPy's names -> safetensors'
ALIGNMENT = 8  # bytes, of the first array


def encode_weights(layout: Layout, theta: Array) -> Iterator[Piece]:
    """A .safetensors file of a network's tensors: `hidden_1/W`, ..."""
    return _encoded(layout.views(theta))


def decode_weights(content: bytes, layout: Layout, dtype: Any, source: Path) -> Array:
    """theta from a file of tensors. Raises CorruptRun unless they match the layout."""
    with _corrupt_if_unreadable(source, "not the weights of this run"):
        tensors = SafetensorsFile(io.BytesIO(content))
        shapes = {tensor.name: tensor.shape for tensor in layout.tensors}
        if tensors.arrays.keys() != shapes.keys():
            raise Malformed(f"expected the tensors {few(list(shapes))}")
        for name, shape in shapes.items():  # before allocating them
            tensors.check(name, shape, np.dtype(dtype))
        theta = np.empty(layout.size, dtype)
        for name, view in layout.views(theta).items():
            tensors.fill(name, view)
    return theta


def encode_state(
    state: TrainState, beside: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Piece]:
    """A training state as one file: arrays as tensors, the rest as JSON in the header.

    beside: further JSON values to save with it.
    """
    arrays = {"theta": state.theta}
    arrays |= {f"slot/{name}": slot for name, slot in state.slots.items()}
    if state.best_theta is not None:
        arrays["best_theta"] = state.best_theta
    if state.reported is not None:
        arrays["reported"] = state.reported
    scalars = {
        "epoch": state.epoch,
        "step": state.step,
        "step_in_epoch": state.step_in_epoch,
        "epoch_shuffle": state.epoch_shuffle,
        "shuffle": state.shuffle.bit_generator.state,
        "dropout": state.dropout.bit_generator.state,
        "best": dataclasses.asdict(state.best),
        "plateau": dataclasses.asdict(state.plateau),
        "previous": state.previous,
    }
    return _encoded(arrays, {"state": json.dumps(scalars), "beside": json.dumps(dict(beside))})


def _encoded(
    arrays: Mapping[str, Array], metadata: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Piece]:
    """A .safetensors file in pieces: header length, header, then each array without a copy.

    The safetensors library copies the arrays two or three times, which doubles peak memory.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    start = 0
    for name, array in arrays.items():
        end = start + array.nbytes
        header[name] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": array.shape,
            "data_offsets": (start, end),
        }
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    yield len(text).to_bytes(8, "little") + text
    for array in arrays.values():
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def decode_state(content: bytes, fresh: TrainState, source: Path) -> Mapping[str, Any]:
    """Load a saved state into `fresh`, an initial state of the same job.

    Returns the values saved with it.

    Raises CorruptRun if the file doesn't hold a state of such a job.
    """
    with _corrupt_if_unreadable(source, "not a checkpoint of this run"):
        tensors = SafetensorsFile(io.BytesIO(content))
        scalars = json.loads(tensors.metadata["state"])
        beside: Mapping[str, Any] = json.loads(tensors.metadata["beside"])
        targets = {"theta": fresh.theta}
        targets |= {f"slot/{name}": slot for name, slot in fresh.slots.items()}
        for name in ("best_theta", "reported"):
            if name in tensors.arrays:
                tensors.check(name, fresh.theta.shape, fresh.theta.dtype)
                targets[name] = np.empty_like(fresh.theta)
                setattr(fresh, name, targets[name])
        if tensors.arrays.keys() != targets.keys():
            raise Malformed(f"expected the tensors {few(list(targets))}")
        for name, target in targets.items():
            tensors.fill(name, target)
        fresh.shuffle.bit_generator.state = scalars["shuffle"]
        fresh.dropout.bit_generator.state = scalars["dropout"]
        for name in ("epoch", "step", "step_in_epoch"):
            setattr(fresh, name, _count(scalars[name], name))
        if (began := scalars["epoch_shuffle"]) is not None:
            np.random.default_rng().bit_generator.state = began  # raises for an invalid state
        fresh.epoch_shuffle = began
        fresh.best = read_as(scalars["best"], Best, "best")
        fresh.plateau = read_as(scalars["plateau"], PlateauState, "plateau")
        fresh.previous = read_as(scalars["previous"], float | None, "previous")
    return beside


def _count(value: Any, name: str) -> int:
    """An integer from 0 to 2^63 - 1. Raises Malformed."""
    count: int = read_as(value, int, name)
    if not 0 <= count < 2**63:
        raise Malformed(f"{name}: expected a count, found {str(count)[:40]}")
    return count


@contextmanager
def _corrupt_if_unreadable(source: Path, what: str) -> Iterator[None]:
    """Turn parsing errors into CorruptRun."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        why = printable(f"{type(error).__name__} {error}" if not str(error) else str(error), 300)
        raise CorruptRun(f"{source}: {what}: {why}") from None
