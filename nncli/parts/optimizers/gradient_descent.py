"""Gradient descent: steps along the gradient, with or without momentum."""

from typing import Annotated

import numpy as np

from nncli.constraints import Finite, Fraction, NonNegative
from nncli.equivalent import Equivalent
from nncli.parts.optimizers.initial_state import InitialVelocity
from nncli.parts.optimizers.optimizer import FORMS, LearningRate, Optimizer, UpdateBuffers
from nncli.registry import part

VELOCITIES = {  # what SGD with momentum is elsewhere
    "keras": "SGD has the learning rate inside its velocity, as here, with the sign turned",
    "pytorch": "SGD has the learning rate outside its velocity (v <- m v + g; W <- W - lr v): the "
    "same path while the rate is constant, and where it is not, by scaling the velocity as the "
    "loop does",
}
DECAYS = {  # what its weight decay is elsewhere
    "scikit-learn": "no weight decay; alpha is a penalty of weights, which the velocity sees",
    "keras": "weight_decay is decoupled and reaches biases, as here",
    "pytorch": "SGD's weight_decay is added to the gradient (L2), and so goes into the velocity: "
    "the same without momentum, not with it",
}


@part("sgd")
class Sgd(Optimizer):
    """theta <- theta - lr g; with momentum v <- momentum v + lr g, theta <- theta - v.

    The learning rate is inside the velocity. Nesterov: theta <- theta - (momentum v + lr g), with
    the new v. Weight decay is decoupled: theta <- theta - lr weight_decay theta before the step,
    which the velocity doesn't see; L2 is kernel_regularizer: l2.
    Sources: Sutskever et al. (2013), On the importance of initialization and momentum; Loshchilov
    and Hutter (2019), Decoupled weight decay regularization.
    """

    learning_rate: LearningRate = 0.01
    momentum: Annotated[Fraction, "share of the velocity kept"] = 0.0
    nesterov: Annotated[bool, "look ahead along the velocity"] = False
    initial_velocity: Annotated[Finite, "every v before the first step"] = 0.0
    weight_decay: Annotated[NonNegative, "share of theta taken off per unit of lr"] = 0.0
    initial_state: Annotated[
        InitialVelocity | None, f"v {FORMS}: {{velocity: {{output/W: [[0.1], [0.2]]}}}}"
    ] = None
    equivalents = {
        "scikit-learn": Equivalent(
            'solver="sgd", learning_rate_init={scaled_rate:.12g}, momentum={momentum}, '
            "nesterovs_momentum={nesterov}",
            "momentum is 0.9 with nesterovs_momentum by default; the rate is inside the velocity, "
            "as here",
        ),
        "keras": "SGD({learning_rate}{with_momentum}{clip})",
        "pytorch": "torch.optim.SGD(model.parameters(), lr={learning_rate}{with_momentum})",
    }

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum > 0")
        if self.initial_velocity and not self.momentum:
            raise ValueError("initial_velocity needs a momentum > 0")
        if self.initial_state is not None and not self.momentum:
            raise ValueError(
                "initial_state needs a momentum > 0: without one nothing is remembered"
            )
        if self.initial_state is not None and self.initial_velocity:
            raise ValueError("expected initial_velocity or initial_state, not both")

    @property
    def active_slots(self) -> tuple[str, ...]:
        return ("velocity",) if self.momentum else ()

    @property
    def has_scratch(self) -> bool:
        return self.nesterov or self.weight_decay > 0

    def default_start(self, slot: str) -> float:
        return self.initial_velocity

    def update(self, buffers: UpdateBuffers) -> None:
        if self.weight_decay:
            assert buffers.scratch is not None
            np.multiply(buffers.theta, buffers.scalars["learning_rate"], out=buffers.scratch)
            np.multiply(buffers.scratch, self.weight_decay, out=buffers.scratch)
            np.subtract(buffers.theta, buffers.scratch, out=buffers.theta)
        np.multiply(buffers.g, buffers.scalars["learning_rate"], out=buffers.g)
        if not self.momentum:
            np.subtract(buffers.theta, buffers.g, out=buffers.theta)
            return
        velocity = buffers.slots["velocity"]
        np.multiply(velocity, self.momentum, out=velocity)
        np.add(velocity, buffers.g, out=velocity)
        if self.nesterov:
            assert buffers.scratch is not None
            np.multiply(velocity, self.momentum, out=buffers.scratch)
            np.subtract(buffers.theta, buffers.scratch, out=buffers.theta)
            np.subtract(buffers.theta, buffers.g, out=buffers.theta)
        else:
            np.subtract(buffers.theta, velocity, out=buffers.theta)

    def formulas(self) -> dict[str, str]:
        decayed = self.fill("{W} * (1 - {lr} * {weight_decay})") if self.weight_decay else "{W}"
        if not self.momentum:
            return {"theta": f"{decayed} - {{lr}} * {{g}}"}
        velocity = self.fill("{momentum} * {velocity} + {lr} * {g}")
        ahead = (
            self.fill("({momentum} * {velocity} + {lr} * {g})") if self.nesterov else "{velocity}"
        )
        return {"velocity": velocity, "theta": f"{decayed} - " + ahead}

    def equivalent(self, library: str, **names: object) -> Equivalent:
        keys = f", momentum={self.momentum}" if self.momentum else ""
        keys += ", nesterov=True" if self.nesterov else ""
        keys += f", weight_decay={self.weight_decay}" if self.weight_decay else ""
        found = super().equivalent(library, with_momentum=keys, **names)
        notes = [VELOCITIES.get(library, "")] if self.momentum else []
        notes += [DECAYS.get(library, "")] if self.weight_decay else []
        return Equivalent(found.code, *found.notes, *(note for note in notes if note))


@part("gd", "gradient_descent")
class GradientDescent(Sgd):
    """sgd whose batch is, unless given, the whole training set."""

    full_batch = True
    equivalents = Sgd.equivalents
