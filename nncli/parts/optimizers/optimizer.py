"""Optimizer: what all optimizers are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

import numpy as np

from nncli.constraints import Positive
from nncli.parts.arrays import Array
from nncli.parts.optimizers.initial_state import InitialState
from nncli.registry import Part

LearningRate = Annotated[Positive, "step size before any schedule"]
FORMS = "before the first step, one number for all or numbers by tensor"


@dataclass
class UpdateBuffers:
    """What an update works on: vectors of one length, and the step's scalars as 0-d arrays."""

    theta: Array
    g: Array
    slots: Mapping[str, Array]
    scalars: Mapping[str, Array]
    scratch: Array | None = None


class Optimizer(Part):
    """(theta, gradient, slots) -> theta, slots.

    slots: the vectors kept from step to step, all 0 at first unless `slot_start` says otherwise.
    has_scratch: whether an update needs one more vector to work in.
    full_batch: whether `batch_size: auto` means all rows.
    changes_every_step: whether `scalars` depends on the step itself.
    has_update: whether a step is one gradient and one `update`; else a stepper of its own moves
    theta (nncli.engine.steppers).
    is_resumable: whether what it keeps from step to step is all in the slots.
    equivalents: scikit-learn: keys of the estimator, of {scaled_rate} and {scaled_epsilon}, for its
    gradient has another factor; keras: an optimizer, with {clip} as its last key; pytorch: an
    optimizer of model.parameters(). {epochs} is known to all.
    """

    kind = "optimizer"
    slots: ClassVar[tuple[str, ...]] = ()
    full_batch: ClassVar[bool] = False
    changes_every_step: ClassVar[bool] = False
    has_update: ClassVar[bool] = True
    has_learning_rate: ClassVar[bool] = True
    is_resumable: ClassVar[bool] = True
    key_aliases = {"lr": "learning_rate"}

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """Its keys but for a state that isn't given."""
        names = [each.name for each in fields(self)]
        return tuple(n for n in names if n != "initial_state" or self.given_state is not None)

    @property
    def active_slots(self) -> tuple[str, ...]:
        """The slots that these hyperparameters need."""
        return self.slots

    @property
    def n_vectors(self) -> int:
        """How many vectors of theta's length it keeps from step to step."""
        return len(self.active_slots)

    @property
    def has_scratch(self) -> bool:
        return False

    @property
    def given_state(self) -> InitialState | None:
        """What the config has the slots start from, if anything."""
        found: InitialState | None = getattr(self, "initial_state", None)
        return found

    @property
    def steps_before(self) -> int:
        """Steps that count as made before the first, for `scalars` and what is `shown`."""
        return getattr(self.given_state, "step", 0)

    def kept(self, slot: str) -> tuple[str, float]:
        """What a slot is called where it is shown, and how many times that it holds."""
        return slot, 1.0

    def default_start(self, slot: str) -> float:
        """What a slot is filled with if the config gives it no state."""
        return 0.0

    def slot_start(self, slot: str) -> float:
        """The value a slot is filled with before the first step."""
        given, factor = self._given(slot)
        if given is None or isinstance(given, Mapping):
            return self.default_start(slot)
        return float(given) * factor

    def slot_tensors(self, slot: str) -> dict[str, Array]:
        """The tensors of a slot that start from numbers written out."""
        given, factor = self._given(slot)
        if not isinstance(given, Mapping):
            return {}
        return {tensor: np.array(numbers, float) * factor for tensor, numbers in given.items()}

    def _given(self, slot: str) -> tuple[Any, float]:
        """What the config has for a slot, None if nothing, and what times that the slot holds."""
        name, factor = self.kept(slot)
        state = self.given_state
        return (state.slots()[name] if state is not None else None), factor

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The numbers of step 1, 2, ... that an update reads."""
        return {"learning_rate": learning_rate}

    def update(self, buffers: UpdateBuffers) -> None:
        """Move theta and the slots by one step."""
        raise NotImplementedError

    @property
    def memory(self) -> tuple[str, ...]:
        """Lines on what the slots hold, where that isn't what `formulas` calls so."""
        return ()

    def formulas(self) -> dict[str, str]:
        """What a step sets, in order, as a teacher writes it: `shown` slots, then theta.

        Of {W} (before), {g}, {lr}, the step {step}, the part's own keys and what stands before.
        """
        return dict.fromkeys([*self.active_slots, "theta"], "")

    def shown(self, slots: Mapping[str, Array], step: int) -> dict[str, Array]:
        """What `formulas` names, after step 1, 2, ..., from the slots."""
        return dict(slots)
