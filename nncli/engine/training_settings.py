"""Settings of a training run: the `training` block of a config."""

from dataclasses import field
from typing import Annotated, Literal

from nncli.constraints import Auto, NonNegative, Positive, PositiveInt
from nncli.engine.batches import Sampling
from nncli.frozen import frozen

Monitor = Annotated[str, "a column of metrics.csv; auto: val_loss if there is one, else loss"]
STOPPING_PATIENCE = 10  # epochs


@frozen
class EarlyStoppingKeys:
    """Stop when `monitor` hasn't improved by more than min_delta for `patience` epochs."""

    monitor: Monitor = "auto"
    patience: Annotated[
        PositiveInt | Auto,
        "epochs to wait; auto: 10, or twice the patience of reduce_on_plateau if that is more",
    ] = "auto"
    min_delta: Annotated[NonNegative, "the smallest improvement that counts"] = 0.0
    restore_best_weights: Annotated[bool, "whether to keep the best epoch's weights"] = True


@frozen
class EarlyStopping(EarlyStoppingKeys):
    """Early stopping without `auto`."""

    monitor: Monitor = field()
    patience: PositiveInt = STOPPING_PATIENCE


@frozen
class Converged:
    """Stop when the monitored value changes by at most `tolerance` from one epoch to the next."""

    monitor: Monitor = "loss"
    tolerance: NonNegative = 1e-6


@frozen(kw_only=True)
class TrainingKeys:
    """How long, in what portions and how exactly to train."""

    epochs: Annotated[PositiveInt, "maximum number of epochs"] = 200
    batch_size: Annotated[
        PositiveInt | Literal["full", "auto"],
        "rows per step; auto: 32, or all rows if fewer or if the optimizer is gd or lbfgs",
    ] = "auto"
    shards: Annotated[
        PositiveInt,
        "parts of every batch, a power of two, whose gradients are added pair by pair; up to as "
        "many processes share them: mpiexec -n 4 nncli train CONFIG",
    ] = 1
    sampling: Annotated[
        Sampling,
        "shuffle: every row once an epoch, in random order; the others draw the rows of each step"
        " at random",
    ] = "shuffle"
    steps_per_epoch: Annotated[
        PositiveInt | Auto, "steps of an epoch; auto: as many as it takes to use every row once"
    ] = "auto"
    clip_grad_norm: Annotated[Positive | None, "maximum norm of the gradient"] = None
    early_stopping: Annotated[
        EarlyStoppingKeys | None, "stop when the monitored value stops improving"
    ] = None
    converged: Annotated[Converged | None, "stop when the monitored value hardly changes"] = None
    class_weight: Annotated[
        Literal["balanced"] | dict[str, Positive] | None,
        "weights of classes in the loss; balanced: rows / (classes * rows of the class), from the "
        "training rows",
    ] = None
    dtype: Annotated[Literal["float64", "float32"], "data type of parameters and data"] = "float64"
    threads: Annotated[
        PositiveInt | Auto,
        "threads of matrix products; auto: 1 unless a step is large, then the free cores "
        "that OMP_NUM_THREADS allows",
    ] = "auto"
    engine: Annotated[
        Literal["auto", "numpy", "compiled"] | str,
        "what computes the training steps; compiled: machine code, equal up to rounding; auto: "
        "compiled if it saves more time than compiling takes, else numpy; or the engine of an "
        "installed package",
    ] = "auto"


@frozen(kw_only=True)
class Training(TrainingKeys):
    """The training settings without `auto`, as the engine uses them.

    `field()` removes the default `auto` of the wider key: the value is required.
    """

    batch_size: PositiveInt | Literal["full"] = field()
    steps_per_epoch: PositiveInt = field()
    early_stopping: EarlyStopping | None = None
    threads: PositiveInt = field()
    engine: str = "numpy"

    def batch_rows(self, rows: int) -> int:
        """The number of rows in a step, if `rows` rows train."""
        return rows if self.batch_size == "full" else min(self.batch_size, rows)

    def steps_per_pass(self, rows: int) -> int:
        """The number of steps in which shuffled batches take each of `rows` rows once."""
        return -(-rows // self.batch_rows(rows))


def default_monitor(n_val: int) -> str:
    """The default column to monitor. n_val: the number of validation rows."""
    return "val_loss" if n_val else "loss"
