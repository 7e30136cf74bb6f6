"""Tensors: weights and checkpoints as .safetensors, which hold numbers and text, never code."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from nncli.artifacts.files import Piece
from nncli.engine.layout import Layout
from nncli.engine.state import Best, TrainState
from nncli.errors import CorruptRun
from nncli.parts.arrays import Array
from nncli.parts.schedules import PlateauState

DTYPES = {"float64": "F64", "float32": "F32"}  # as the format calls them
ALIGNMENT = 8  # bytes: where the arrays may begin


def encode_weights(layout: Layout, theta: Array) -> Iterator[Piece]:
    """A network's named tensors: `hidden_1/W`, ..."""
    return _encoded(layout.views(theta))


def decode_weights(content: bytes, layout: Layout, dtype: Any, source: Path) -> Array:
    """theta from named tensors. Raises CorruptRun unless they are exactly the layout's."""
    tensors = _load(content, source)
    theta = np.empty(layout.size, dtype)
    views = layout.views(theta)
    if tensors.keys() != views.keys():
        raise CorruptRun(f"{source}: expected the tensors {', '.join(views)}")
    for name, view in views.items():
        if tensors[name].shape != view.shape:
            raise CorruptRun(
                f"{source}: {name}: expected shape {view.shape}, found {tensors[name].shape}"
            )
        view[...] = tensors[name]
    return theta


def encode_state(
    state: TrainState, beside: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Piece]:
    """A training state as one file: arrays as tensors, the rest as JSON in its header.

    beside: JSON values that have to be saved at the same moment.
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
    """A .safetensors file: the header's length, the header, and then each array where it lies.

    The library would copy them two or three times first: as much memory again as training takes.
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
    """Give `fresh`, a starting state of the same job, the values of a saved one.

    Returns what was saved beside it.

    Raises CorruptRun if the file doesn't hold the state of such a job.
    """
    arrays = _load(content, source)
    try:
        metadata = _metadata(content)
        scalars = json.loads(metadata["state"])
        beside: Mapping[str, Any] = json.loads(metadata["beside"])
        _fill(fresh.theta, arrays["theta"])
        for name, slot in fresh.slots.items():
            _fill(slot, arrays[f"slot/{name}"])
        if "best_theta" in arrays:
            fresh.best_theta = np.empty_like(fresh.theta)
            _fill(fresh.best_theta, arrays["best_theta"])
        if "reported" in arrays:
            fresh.reported = np.empty_like(fresh.theta)
            _fill(fresh.reported, arrays["reported"])
        fresh.shuffle.bit_generator.state = scalars["shuffle"]
        fresh.dropout.bit_generator.state = scalars["dropout"]
        fresh.epoch, fresh.step = scalars["epoch"], scalars["step"]
        fresh.step_in_epoch = scalars["step_in_epoch"]
        fresh.epoch_shuffle = scalars["epoch_shuffle"]
        fresh.best = Best(**scalars["best"])
        fresh.plateau = PlateauState(**scalars["plateau"])
        fresh.previous = scalars["previous"]
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptRun(f"{source}: not a checkpoint of this run: {error}") from None
    return beside


def _fill(target: Array, source: Array) -> None:
    """Copy without casting or broadcasting."""
    if source.shape != target.shape:
        raise ValueError(f"expected shape {target.shape}, found {source.shape}")
    np.copyto(target, source, casting="no")


def _load(content: bytes, source: Path) -> Mapping[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, Array] = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CorruptRun(f"{source}: not a .safetensors file: {error}") from None
    return tensors


def _metadata(content: bytes) -> Any:
    """The text that a .safetensors header carries beside the tensors."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]
