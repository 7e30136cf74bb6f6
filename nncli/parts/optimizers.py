"""Optimizers: from a gradient to the next parameters. Simple -> complex.

All of them see only flat vectors: theta, its gradient g and their own slots. An update overwrites
the gradient (g also serves as scratch). Numbers that change from step to step are read from 0-d
arrays, so that a plan can record an update once and replay it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

import numpy as np

from nncli.constraints import Finite, Fraction, NonNegative, Positive, PositiveInt
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array
from nncli.parts.optimizer_state import (
    InitialMoments,
    InitialSquares,
    InitialState,
    InitialVelocity,
)
from nncli.registry import Part, part

LearningRate = Annotated[Positive, "step size before any schedule"]
FORMS = "before the first step, one number for all or numbers by tensor"


@dataclass
class UpdateBuffers:
    """The arrays of an update: vectors of theta's length, and the step's scalars as 0-d arrays."""

    theta: Array
    g: Array
    slots: Mapping[str, Array]
    scalars: Mapping[str, Array]
    scratch: Array | None = None


class Optimizer(Part):
    """(theta, gradient, slots) -> theta, slots.

    slots: names of the vectors kept from step to step, which are filled with `slot_start` at first.
    full_batch: whether `batch_size: auto` means all rows.
    changes_every_step: whether `scalars` depends on the step itself.
    has_update: whether a step is one gradient and one `update`; else theta is moved by a stepper of
    its own (nncli.engine.steppers).
    is_resumable: whether the slots hold all that is kept from step to step.
    equivalents: scikit-learn: keys of the estimator, with {scaled_rate} and {scaled_epsilon}, as
    its gradient has another factor; keras: an optimizer, with {clip} as its last key; pytorch: an
    optimizer of model.parameters(). All may use {epochs}.
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
        """The keys shown in a config: all but an initial state that isn't given."""
        names = [each.name for each in fields(self)]
        return tuple(n for n in names if n != "initial_state" or self.given_state is not None)

    @property
    def active_slots(self) -> tuple[str, ...]:
        """The slots that these hyperparameters need."""
        return self.slots

    @property
    def n_vectors(self) -> int:
        """The number of vectors of theta's length kept from step to step."""
        return len(self.active_slots)

    @property
    def has_scratch(self) -> bool:
        """Whether an update needs a further vector as scratch."""
        return False

    @property
    def given_state(self) -> InitialState | None:
        """The config's `initial_state`, if it has one."""
        found: InitialState | None = getattr(self, "initial_state", None)
        return found

    @property
    def steps_before(self) -> int:
        """The number of steps made before the first one here, which `scalars` and `shown` count."""
        return getattr(self.given_state, "step", 0)

    def kept(self, slot: str) -> tuple[str, float]:
        """(name, factor): the slot holds factor times the quantity that users know by the name."""
        return slot, 1.0

    def default_start(self, slot: str) -> float:
        """The value that a slot is filled with if the config has no state for it."""
        return 0.0

    def slot_start(self, slot: str) -> float:
        """The value that a slot is filled with before the first step."""
        given, factor = self._given(slot)
        if given is None or isinstance(given, Mapping):
            return self.default_start(slot)
        return float(given) * factor

    def slot_tensors(self, slot: str) -> dict[str, Array]:
        """The initial values, by tensor, of a slot whose numbers the config writes out."""
        given, factor = self._given(slot)
        if not isinstance(given, Mapping):
            return {}
        return {tensor: np.array(numbers, float) * factor for tensor, numbers in given.items()}

    def _given(self, slot: str) -> tuple[Any, float]:
        """(the config's value for a slot, None if there is none; the factor of `kept`)."""
        name, factor = self.kept(slot)
        state = self.given_state
        return (state.slots()[name] if state is not None else None), factor

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The numbers that the update of a step reads, by name. step: from 1 on."""
        return {"learning_rate": learning_rate}

    def update(self, buffers: UpdateBuffers) -> None:
        """Move theta and the slots by one step."""
        raise NotImplementedError

    @property
    def memory(self) -> tuple[str, ...]:
        """Lines that explain the slots' content where it differs from the names of `formulas`."""
        return ()

    def formulas(self) -> dict[str, str]:
        """The formulas of a step, in order, by name: `shown` quantities, then theta.

        In terms of {W} (theta before), {g}, {lr}, {step} and the names of formulas before.
        """
        return dict.fromkeys([*self.active_slots, "theta"], "")

    def shown(self, slots: Mapping[str, Array], step: int) -> dict[str, Array]:
        """The values of the quantities in `formulas`, but theta, after a step. step: from 1 on."""
        return dict(slots)


VELOCITIES = {  # SGD with momentum in other libraries
    "keras": "SGD has the learning rate inside its velocity, as here, with the sign turned",
    "pytorch": "SGD has the learning rate outside its velocity (v <- m v + g; W <- W - lr v): the "
    "same path while the rate is constant, and where it is not, by scaling the velocity as the "
    "loop does",
}

DECAYS = {  # SGD's weight decay in other libraries
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


INSIDE = (
    "'s epsilon is inside the root, sqrt(s + epsilon): epsilon^2 = {square:g} comes nearest, "
    "and differs where sqrt(s) is not far above {epsilon:g}"
)


class RootOfSquares(Optimizer):
    """theta <- theta - lr g / (sqrt(s) + epsilon); a subclass defines how s accumulates g^2."""

    slots = ("squares",)
    squares_formula: ClassVar[str]
    epsilon: Positive

    @property
    def has_scratch(self) -> bool:
        return True

    def accumulate(self, squares: Array, new: Array) -> None:
        """Update s in place with new = g^2, which serves as scratch afterwards."""
        raise NotImplementedError

    def update(self, buffers: UpdateBuffers) -> None:
        assert buffers.scratch is not None
        np.multiply(buffers.g, buffers.g, out=buffers.scratch)
        self.accumulate(buffers.slots["squares"], buffers.scratch)
        np.sqrt(buffers.slots["squares"], out=buffers.scratch)
        np.add(buffers.scratch, self.epsilon, out=buffers.scratch)
        np.multiply(buffers.g, buffers.scalars["learning_rate"], out=buffers.g)
        np.divide(buffers.g, buffers.scratch, out=buffers.g)
        np.subtract(buffers.theta, buffers.g, out=buffers.theta)

    def formulas(self) -> dict[str, str]:
        theta = self.fill("{W} - {lr} * {g} / (sqrt({squares}) + {epsilon})")
        return {"squares": self.fill(self.squares_formula), "theta": theta}

    def equivalent(self, library: str, **names: object) -> Equivalent:
        return super().equivalent(library, square=self.epsilon**2, **names)


@part("adagrad")
class Adagrad(RootOfSquares):
    """s <- s + g^2; theta <- theta - lr g / (sqrt(s) + epsilon).

    Source: Duchi, Hazan and Singer (2011), Adaptive subgradient methods.
    """

    learning_rate: LearningRate = 0.01
    initial_accumulator_value: Annotated[NonNegative, "every s before the first step"] = 0.0
    epsilon: Positive = 1e-7
    initial_state: Annotated[
        InitialSquares | None, f"s {FORMS}: {{squares: {{output/W: [[0.1], [0.2]]}}}}"
    ] = None
    squares_formula = "{squares} + {g}^2"
    equivalents = {
        "scikit-learn": unsupported("adagrad"),
        "keras": Equivalent(
            "Adagrad({learning_rate}, "
            "initial_accumulator_value={initial_accumulator_value}, epsilon={square:g}{clip})",
            f"Adagrad{INSIDE}",
            "Adagrad's squares start from 0.1 by default",
        ),
        "pytorch": Equivalent(
            "torch.optim.Adagrad(model.parameters(), lr={learning_rate}, "
            "initial_accumulator_value={initial_accumulator_value}, eps={epsilon})",
            "Adagrad's default eps is 1e-10, here it is {epsilon}",
        ),
    }

    def default_start(self, slot: str) -> float:
        return self.initial_accumulator_value

    def accumulate(self, squares: Array, new: Array) -> None:
        np.add(squares, new, out=squares)


@part("rmsprop")
class RmsProp(RootOfSquares):
    """s <- rho s + (1 - rho) g^2; theta <- theta - lr g / (sqrt(s) + epsilon).

    Source: Tieleman and Hinton (2012), Lecture 6.5.
    """

    learning_rate: LearningRate = 0.001
    rho: Annotated[Fraction, "share of s kept"] = 0.9
    epsilon: Positive = 1e-7
    initial_state: Annotated[
        InitialSquares | None, f"s {FORMS}: {{squares: {{output/W: [[0.1], [0.2]]}}}}"
    ] = None
    squares_formula = "{rho} * {squares} + (1 - {rho}) * {g}^2"
    equivalents = {
        "scikit-learn": unsupported("rmsprop"),
        "keras": Equivalent(
            "RMSprop({learning_rate}, rho={rho}, epsilon={square:g}{clip})", f"RmsProp{INSIDE}"
        ),
        "pytorch": Equivalent(
            "torch.optim.RMSprop(model.parameters(), lr={learning_rate}, alpha={rho}, "
            "eps={epsilon})",
            "RMSprop's defaults are lr=0.01, alpha=0.99 and eps=1e-8",
        ),
    }

    def accumulate(self, squares: Array, new: Array) -> None:
        np.multiply(new, 1.0 - self.rho, out=new)
        np.multiply(squares, self.rho, out=squares)
        np.add(squares, new, out=squares)


Betas = Annotated[
    tuple[Fraction, Fraction],
    "shares of the mean and of the mean square kept from step to step",
]
HAT = (
    "Adam's epsilon is not divided by the bias correction: at step 1 it weighs {weight:.3g} times "
    "as much as here, later the same"
)


@part("adam")
class Adam(Optimizer):
    """theta <- theta - lr m' / (sqrt(s') + epsilon); m, s: running means of g and g^2.

    m <- b1 m + (1 - b1) g; s <- b2 s + (1 - b2) g^2;
    m' = m / (1 - b1^t) and s' = s / (1 - b2^t) at step t = 1, 2, ... The slots `mean` and `squares`
    hold the sums M = m / (1 - b1) and S = s / (1 - b2): M <- b1 M + g needs no second vector, and
    the constants go into the two scalars of theta <- theta - rate M / (sqrt(S) + floor).
    Keras and PyTorch start from a rate of 0.001; networks of the sizes here learn faster at 0.01.
    Source: Kingma and Ba (2015), Adam: a method for stochastic optimization.
    """

    learning_rate: LearningRate = 0.01
    betas: Betas = (0.9, 0.999)
    epsilon: Positive = 1e-8
    initial_state: Annotated[
        InitialMoments | None,
        f"m and s {FORMS}, and the steps that made them: "
        "{m: {output/W: [[0.1], [0.2]]}, s: 0.5, step: 5}",
    ] = None
    slots = ("mean", "squares")
    changes_every_step = True
    equivalents = {
        "scikit-learn": Equivalent(
            'solver="adam", learning_rate_init={learning_rate}, beta_1={betas[0]}, '
            "beta_2={betas[1]}, epsilon={scaled_epsilon:.12g}",
            "adam's epsilon is not divided by the bias correction: at first it weighs more",
        ),
        "keras": Equivalent(
            "Adam({learning_rate}, beta_1={betas[0]}, beta_2={betas[1]}, epsilon={epsilon}{clip})",
            HAT,
            "Adam's defaults are a rate of 0.001 and epsilon=1e-7",
        ),
        "pytorch": Equivalent(
            "torch.optim.Adam(model.parameters(), lr={learning_rate}, betas={betas}, "
            "eps={epsilon})",
            "Adam's default lr is 0.001, here it is {learning_rate}",
        ),
    }

    def kept(self, slot: str) -> tuple[str, float]:
        name, share = ("m", self.betas[0]) if slot == "mean" else ("s", self.betas[1])
        return name, 1.0 / (1.0 - share)

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        b1, b2 = self.betas
        root = math.sqrt((1.0 - b2) / (1.0 - b2**step))  # sqrt(s') = root * sqrt(S)
        rate = learning_rate * (1.0 - b1) / ((1.0 - b1**step) * root)
        return {"rate": rate, "floor": self.epsilon / root}

    def update(self, buffers: UpdateBuffers) -> None:
        mean, squares = buffers.slots["mean"], buffers.slots["squares"]
        np.multiply(mean, self.betas[0], out=mean)
        np.add(mean, buffers.g, out=mean)
        np.multiply(buffers.g, buffers.g, out=buffers.g)
        np.multiply(squares, self.betas[1], out=squares)
        np.add(squares, buffers.g, out=squares)
        np.sqrt(squares, out=buffers.g)
        np.add(buffers.g, buffers.scalars["floor"], out=buffers.g)
        np.divide(mean, buffers.g, out=buffers.g)
        np.multiply(buffers.g, buffers.scalars["rate"], out=buffers.g)
        np.subtract(buffers.theta, buffers.g, out=buffers.theta)

    def formulas(self) -> dict[str, str]:
        b1, b2 = self.betas
        return {
            "m": f"{b1} * {{m}} + (1 - {b1}) * {{g}}",
            "s": f"{b2} * {{s}} + (1 - {b2}) * {{g}}^2",
            "m_hat": f"{{m}} / (1 - {b1}^{{step}})",
            "s_hat": f"{{s}} / (1 - {b2}^{{step}})",
            "theta": self.fill("{W} - {lr} * {m_hat} / (sqrt({s_hat}) + {epsilon})"),
        }

    @property
    def memory(self) -> tuple[str, ...]:
        b1, b2 = self.betas
        return (
            f"Here mean = m / (1 - {b1}) and squares = s / (1 - {b2}); `rate` and `floor` make up",
            "for that: lr m_hat / (sqrt(s_hat) + epsilon) = rate mean / (sqrt(squares) + floor).",
        )

    def shown(self, slots: Mapping[str, Array], step: int) -> dict[str, Array]:
        """m and s, in place of the sums that the slots hold, and both with bias correction."""
        b1, b2 = self.betas
        m, s = (1.0 - b1) * slots["mean"], (1.0 - b2) * slots["squares"]
        return {"m": m, "s": s, "m_hat": m / (1.0 - b1**step), "s_hat": s / (1.0 - b2**step)}

    def equivalent(self, library: str, **names: object) -> Equivalent:
        weight = 1.0 / math.sqrt(1.0 - self.betas[1])
        return super().equivalent(library, weight=weight, **names)


@part("adamw")
class AdamW(Adam):
    """adam after theta <- theta - lr weight_decay theta: decay that the gradient doesn't see.

    Source: Loshchilov and Hutter (2019), Decoupled weight decay regularization.
    """

    weight_decay: Annotated[NonNegative, "share of theta taken off per unit of lr"] = 0.01
    equivalents = {
        "scikit-learn": unsupported("adamw"),
        "keras": Equivalent(
            "AdamW({learning_rate}, weight_decay={weight_decay}, beta_1={betas[0]}, "
            "beta_2={betas[1]}, epsilon={epsilon}{clip})",
            HAT,
            "AdamW's defaults are a rate of 0.001, epsilon=1e-7 and weight_decay=0.004",
        ),
        "pytorch": Equivalent(
            "torch.optim.AdamW(model.parameters(), lr={learning_rate}, betas={betas}, "
            "eps={epsilon}, weight_decay={weight_decay})",
            "AdamW's decay reaches biases, as here",
        ),
    }

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        keep = 1.0 - learning_rate * self.weight_decay
        return {**super().scalars(step, learning_rate), "keep": keep}

    def update(self, buffers: UpdateBuffers) -> None:
        np.multiply(buffers.theta, buffers.scalars["keep"], out=buffers.theta)
        super().update(buffers)

    def formulas(self) -> dict[str, str]:
        decayed = self.fill("{W} * (1 - {lr} * {weight_decay})")
        inherited = super().formulas()
        return {**inherited, "theta": inherited["theta"].replace("{W}", decayed)}


@part("nadam")
class Nadam(Adam):
    """adam that looks ahead: its m' is b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t).

    Nesterov's momentum for Adam, with b1 the same at every step.
    Source: Dozat (2016), Incorporating Nesterov momentum into Adam.
    """

    equivalents = {
        "scikit-learn": unsupported("nadam"),
        "keras": Equivalent(
            "Nadam({learning_rate}, beta_1={betas[0]}, beta_2={betas[1]}, epsilon={epsilon}{clip})",
            "Nadam's b1 rises from step to step, b1 (1 - 0.96^(t / 250) / 2): here it stays",
        ),
        "pytorch": Equivalent(
            "torch.optim.NAdam(model.parameters(), lr={learning_rate}, betas={betas}, "
            "eps={epsilon})",
            "NAdam's b1 rises from step to step, b1 (1 - 0.96^(t / 250) / 2): here it stays",
        ),
    }

    @property
    def has_scratch(self) -> bool:
        return True

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        b1, b2 = self.betas
        root = math.sqrt((1.0 - b2) / (1.0 - b2**step))  # as in adam
        rate = learning_rate * (1.0 - b1) / root
        return {
            "mean_rate": rate * b1 / (1.0 - b1 ** (step + 1)),
            "rate": rate / (1.0 - b1**step),
            "floor": self.epsilon / root,
        }

    def update(self, buffers: UpdateBuffers) -> None:
        assert buffers.scratch is not None
        mean, squares = buffers.slots["mean"], buffers.slots["squares"]
        np.multiply(mean, self.betas[0], out=mean)
        np.add(mean, buffers.g, out=mean)
        np.multiply(buffers.g, buffers.g, out=buffers.scratch)
        np.multiply(squares, self.betas[1], out=squares)
        np.add(squares, buffers.scratch, out=squares)
        np.sqrt(squares, out=buffers.scratch)
        np.add(buffers.scratch, buffers.scalars["floor"], out=buffers.scratch)
        np.multiply(buffers.g, buffers.scalars["rate"], out=buffers.g)
        np.divide(buffers.g, buffers.scratch, out=buffers.g)
        np.subtract(buffers.theta, buffers.g, out=buffers.theta)
        np.multiply(mean, buffers.scalars["mean_rate"], out=buffers.g)
        np.divide(buffers.g, buffers.scratch, out=buffers.g)
        np.subtract(buffers.theta, buffers.g, out=buffers.theta)

    def formulas(self) -> dict[str, str]:
        b1, _ = self.betas
        ahead = f"({b1} * {{m_hat}} + (1 - {b1}) * {{g}} / (1 - {b1}^{{step}}))"
        inherited = super().formulas()
        return {
            **inherited,
            "m_hat": f"{{m}} / (1 - {b1}^({{step}} + 1))",
            "theta": inherited["theta"].replace("{m_hat}", ahead),
        }

    @property
    def memory(self) -> tuple[str, ...]:
        b1, b2 = self.betas
        return (
            f"Here mean = m / (1 - {b1}) and squares = s / (1 - {b2}); `mean_rate`, `rate` and",
            "`floor`, which go with mean, g and sqrt(squares), make up for that.",
        )

    def shown(self, slots: Mapping[str, Array], step: int) -> dict[str, Array]:
        """As adam's, but m_hat has the bias correction of the next step."""
        shown = super().shown(slots, step)
        return {**shown, "m_hat": shown["m"] / (1.0 - self.betas[0] ** (step + 1))}


@part("lbfgs", "l_bfgs")
class Lbfgs(Optimizer):
    """Limited-memory BFGS with a line search, by scipy.optimize (L-BFGS-B without bounds).

    An epoch is one iteration over all training rows. It has no learning rate.
    Source: Liu and Nocedal (1989), On the limited memory BFGS method; Byrd et al. (1995).
    """

    history: Annotated[PositiveInt, "number of past steps that approximate the curvature"] = 10
    gradient_tolerance: Annotated[NonNegative, "stop when every |gradient| is at most this"] = 1e-8
    max_line_search: Annotated[PositiveInt, "trial points an iteration"] = 20
    full_batch = True
    has_update = has_learning_rate = is_resumable = False
    key_aliases = {}
    libraries = ("scipy",)
    equivalents = {
        "scikit-learn": Equivalent(
            'solver="lbfgs", tol={gradient_tolerance}, max_fun={evaluations}',
            "the same SciPy routine, but it also stops when the loss falls by less than 2.2e-9, "
            "relatively; memory 10 and 20 line-search trials are fixed",
        ),
        "keras": unsupported("lbfgs: Keras has no such optimizer"),
        "pytorch": Equivalent(
            "torch.optim.LBFGS(model.parameters(), max_iter={epochs}, max_eval={evaluations}, "
            "history_size={history}, tolerance_grad={gradient_tolerance}, tolerance_change=0.0, "
            'line_search_fn="strong_wolfe")',
            "LBFGS has another line search and first step: the way to the minimum differs",
        ),
    }

    @property
    def n_vectors(self) -> int:
        return 2 * self.history  # past steps, and changes of the gradient

    def update(self, buffers: UpdateBuffers) -> None:
        raise NotImplementedError("lbfgs has no update: see engine/steppers/lbfgs.py")

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        evaluations = names["epochs"] * self.max_line_search
        return super().equivalent(library, evaluations=evaluations, **names)
