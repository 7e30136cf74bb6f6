"""Rows: the eight networks of the table, from the smallest to the largest."""

from dataclasses import dataclass
from typing import Any, Literal

LossName = Literal["binary_cross_entropy", "cross_entropy", "half_mse"]


@dataclass(frozen=True)
class Rule:
    """How a gradient moves the weights: sgd, with or without momentum, or adam as in its paper."""

    type: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8

    @property
    def slots(self) -> int:
        """Vectors kept from step to step."""
        return 2 if self.type == "adam" else int(self.momentum > 0)

    def to_config(self) -> dict[str, Any]:
        """The optimizer's block in a config."""
        block = {"type": self.type, "learning_rate": self.learning_rate}
        return {**block, "momentum": self.momentum} if self.momentum else block


@dataclass(frozen=True)
class Row:
    """One network with its data, in float32; hidden layers are relu.

    data: a name in `data.DATASETS`.  rows: how many train; batch divides it, so every step is full.
    checked_epochs: after so many, every program must have the same loss.
    updates: of the run that the row is about, for which `training.engine: auto` chooses.
    """

    name: str
    title: str
    widths: tuple[int, ...]
    loss: LossName
    data: str
    rows: int
    batch: int
    rule: Rule
    checked_epochs: int
    updates: int
    seed: int = 0

    @property
    def is_full_batch(self) -> bool:
        """Whether a step takes all rows where they lie: no shuffling, no gathering."""
        return self.batch == self.rows

    @property
    def steps_per_epoch(self) -> int:
        return self.rows // self.batch

    @property
    def epochs(self) -> int:
        """Of the run that the row is about."""
        return self.updates // self.steps_per_epoch

    @property
    def layers(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of each layer."""
        return list(zip(self.widths, self.widths[1:], strict=False))

    @property
    def n_parameters(self) -> int:
        return sum((inputs + 1) * outputs for inputs, outputs in self.layers)

    @property
    def output(self) -> str:
        """The activation that matches the loss."""
        names = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}
        return names.get(self.loss, "identity")


GD = Rule("sgd", 0.1)
MOMENTUM = Rule("sgd", 0.01, momentum=0.9)
ADAM = Rule("adam", 0.001)

ROWS = {
    row.name: row
    for row in (
        Row(
            "and", "AND 2→1, full batch", (2, 1), "binary_cross_entropy", "and_gate", 4, 4, GD,
            checked_epochs=1000, updates=100_000,
        ),
        Row(
            "iris", "iris 4→16→3, batch 16", (4, 16, 3), "cross_entropy", "iris", 144, 16, GD,
            checked_epochs=20, updates=100_000,
        ),
        Row(
            "linear-64", "linear 4→1, batch 64", (4, 1), "half_mse", "linear", 6400, 64,
            Rule("sgd", 0.01), checked_epochs=2, updates=100_000,
        ),
        Row(
            "linear-full", "linear 4→1, 10,000 rows", (4, 1), "half_mse", "linear", 10000, 10000,
            GD, checked_epochs=50, updates=100_000,
        ),
        Row(
            "digits", "digits 64→128→64→10, batch 32, Adam", (64, 128, 64, 10), "cross_entropy",
            "digits", 1792, 32, ADAM, checked_epochs=2, updates=20_000,
        ),
        Row(
            "mnist-momentum", "784→256→128→10, batch 128, momentum", (784, 256, 128, 10),
            "cross_entropy", "mnist_sized", 4096, 128, MOMENTUM, checked_epochs=2, updates=10_000,
        ),
        Row(
            "mnist-adam", "784→256→128→10, batch 128, Adam", (784, 256, 128, 10),
            "cross_entropy", "mnist_sized", 4096, 128, ADAM, checked_epochs=2, updates=10_000,
        ),
        Row(
            "large-adam", "784→1024→1024→10, batch 512, Adam", (784, 1024, 1024, 10),
            "cross_entropy", "mnist_sized", 2048, 512, ADAM, checked_epochs=2, updates=2_500,
        ),
    )
}  # fmt: skip
