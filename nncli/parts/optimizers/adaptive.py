"""Adaptive optimizers: a step size for each parameter, by its past gradients. Simple -> complex."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nncli.constraints import Fraction, NonNegative, Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array
from nncli.parts.optimizers.initial_state import InitialMoments, InitialSquares
from nncli.parts.optimizers.optimizer import FORMS, LearningRate, Optimizer, UpdateBuffers
from nncli.registry import part

INSIDE = (
    "'s epsilon is inside the root, sqrt(s + epsilon): epsilon^2 = {square:g} comes nearest, "
    "and differs where sqrt(s) is not far above {epsilon:g}"
)


class RootOfSquares(Optimizer):
    """theta <- theta - lr g / (sqrt(s) + epsilon); each optimizer says what s becomes with g^2."""

    slots = ("squares",)
    squares_formula: ClassVar[str]
    epsilon: Positive

    @property
    def has_scratch(self) -> bool:
        return True

    def accumulate(self, squares: Array, new: Array) -> None:
        """s with g^2, which is `new`, taken in; new may be written to."""
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
        """m and s, not the sums that the slots hold, and both corrected for their start at 0."""
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
        """The same as adam, with m corrected for the step ahead."""
        shown = super().shown(slots, step)
        return {**shown, "m_hat": shown["m"] / (1.0 - self.betas[0] ** (step + 1))}
