"""Given state: the numbers that an optimizer is to remember, against the tensors that it moves."""

from collections.abc import Iterator

import numpy as np

from nncli.config.load import Source
from nncli.engine.layout import Layout
from nncli.errors import ShapeError, few
from nncli.parts.initializers import Values
from nncli.parts.optimizers import Optimizer


def validate_given_state(optimizer: Optimizer, layout: Layout, source: Source) -> None:
    """Raises ConfigError unless each tensor of initial_state is trained, and of its shape."""
    if found := [*_misfits(optimizer, layout)]:
        raise source.error(found)


def _misfits(optimizer: Optimizer, layout: Layout) -> Iterator[tuple[str, str]]:
    state, nobody = optimizer.given_state, np.random.default_rng(0)
    tensors = {tensor.name: tensor for tensor in layout.tensors}
    trained = [name for name, it in tensors.items() if it.start < layout.trainable]
    for slot, name, numbers in state.given() if state is not None else ():
        key = f"optimizer.initial_state.{slot}.{name}"
        if name not in tensors:
            yield key, f"no tensor '{name}'; trained are {few(trained)}"
        elif name not in trained:
            yield key, f"{name} isn't trained: nothing is remembered of it"
        else:
            try:
                Values(numbers)(tensors[name].shape, nobody, name)
            except ShapeError as error:
                yield f"{key}{(error.key or '').removeprefix(Values.given_by)}", str(error)
