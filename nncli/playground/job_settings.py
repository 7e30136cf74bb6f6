"""Job settings: the page's initial network, training settings and weights."""

from typing import Any

import numpy as np

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.engine.job import Job
from nncli.engine.network import Node
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.layers import Dense
from nncli.playground.library import Library, described
from nncli.playground.recorder import tunable
from nncli.playground.rows import packed


def settings(job: Job, library: Library) -> dict[str, Any]:
    """The network and training settings, as the page begins."""
    training, schedule = job.training, job.schedule
    name = library.add_schedule(schedule)
    return {
        "inputs": job.network.inputs,
        "layers": [_layer(node, library) for node in job.network.nodes],
        "loss": described(job.network.loss, library.add_loss(job.network.loss)),
        "optimizer": {
            **described(job.optimizer, library.add_optimizer(job.optimizer)),
            "clip": training.clip_grad_norm,
            "stepsBefore": job.optimizer.steps_before,
        },
        "schedule": {
            "name": name,
            "keys": dict(vars(schedule)),
            "interval": schedule.interval,
            "warmup": schedule.warmup,
            "total": job.schedule_total,
        },
        "batchSize": job.batch_rows,
        "sampling": training.sampling,
        "stepsPerEpoch": None if job.is_one_pass else job.steps_per_epoch,
        "epochs": training.epochs,
    }


def _layer(node: Node, library: Library) -> dict[str, Any]:
    layer = node.layer
    try:
        fragment = library.add_layer(layer)
    except UserError as error:
        raise UserError(f"{node.name}, {layer.name}, can't be played: {error}") from None
    own: dict[str, Any] = {
        "name": node.name,
        "type": layer.name,
        "fragment": fragment,
        "keys": tunable(layer),
        "starts": library.add_starts(layer),
    }
    params = layer.param_shapes(node.input_shape)
    if still := [name for name in params if not layer.trains(name)]:
        own["frozen"] = still
    if isinstance(layer, Dense):
        own |= {"units": layer.units, "activation": layer.activation.name, "bias": layer.bias}
        if penalty := layer.kernel_regularizer:
            own["regularizer"] = described(penalty, library.add_regularizer(penalty))
    return own


def kept_slots(loaded: LoadedNetwork) -> dict[str, Array]:
    """The optimizer's slots that differ from their default start."""
    optimizer, slots = loaded.built.job.optimizer, loaded.state.slots
    return {n: slot for n, slot in slots.items() if (slot != optimizer.default_start(n)).any()}


def start(loaded: LoadedNetwork) -> dict[str, Any]:
    """The training state before the page's first step."""
    state = loaded.state
    return {
        "theta": packed(state.theta),
        "slots": {name: packed(slot) for name, slot in kept_slots(loaded).items()},
        "step": state.step,
        "epoch": state.epoch,
        "shuffle": _generator(state.shuffle),
        "dropout": _generator(state.dropout),
    }


def _generator(random: np.random.Generator) -> dict[str, Any]:
    """The state of a PCG64 generator, with 128-bit numbers as text."""
    saved = random.bit_generator.state
    numbers = saved["state"]
    return {
        "state": str(numbers["state"]),
        "increment": str(numbers["inc"]),
        "half": saved["uinteger"] if saved["has_uint32"] else None,
    }
