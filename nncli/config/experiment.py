"""Experiment: one config file, as typed values. The fields are the YAML keys."""

from collections.abc import Iterator, Sequence
from dataclasses import field, fields, is_dataclass
from typing import Annotated, Any, Literal

from nncli.config.data_keys import Data
from nncli.config.decision_keys import DecisionKeys
from nncli.config.sweep_keys import SweepKeys
from nncli.constraints import Auto, Bounds, PositiveInt, Seed
from nncli.engine.job import Seeds
from nncli.engine.training_settings import TrainingKeys
from nncli.frozen import frozen
from nncli.parts.layers import Input, Layer, Output
from nncli.parts.losses import Loss
from nncli.parts.metrics import Metric
from nncli.parts.optimizers import Adam, Optimizer
from nncli.parts.schedules import Constant, Schedule
from nncli.registry import Part


@frozen(kw_only=True)
class NetworkKeys:
    """The layers, from input to output."""

    input: Annotated[
        PositiveInt | Input | Auto, "number of features; only a check, since the data decides"
    ] = "auto"
    hidden: Annotated[
        Sequence[PositiveInt | Layer], "layers; a number is a dense relu layer of so many units"
    ] = field(default_factory=lambda: [16])
    output: Annotated[Output, "the last layer"] = field(default_factory=Output)


@frozen(kw_only=True)
class Evaluation:
    """What besides the loss is measured."""

    metrics: Annotated[
        list[Metric] | Auto, "auto: accuracy, f1_macro, log_loss (and roc_auc), or rmse, mae, r2"
    ] = "auto"


@frozen(kw_only=True)
class OutputKeys:
    """What a run leaves behind, and where."""

    dir: Annotated[str, "the folder of run directories, relative to the working directory"] = "runs"
    plots: Annotated[list[Literal["loss"]], "plots to draw at the end"] = field(
        default_factory=lambda: ["loss"]
    )
    log_every: Annotated[
        PositiveInt | Auto,
        "epochs per row of metrics.csv; auto: so that it has at most 1,000 rows, and that scoring "
        "takes at most a tenth of the time in long runs of larger networks",
    ] = "auto"
    gradient_norms: Annotated[
        bool,
        "adds the gradient norm of each layer to metrics.csv, at the epoch's final weights, over "
        "at most 1,000 training rows",
    ] = False
    tensorboard: Annotated[
        str | None,
        "a folder for TensorBoard's event files, written during training; relative to the "
        "working directory; null: none",
    ] = None

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that a dump shows: gradient_norms only if it is true."""
        hidden = () if self.gradient_norms else ("gradient_norms",)
        return tuple(key.name for key in fields(self) if key.name not in hidden)


@frozen(kw_only=True)
class EnsembleKeys:
    """Several networks, whose predictions are averaged: better than one, at so many times its cost.

    by: folds: train and val rows are cut into as many parts as there are members; each member stops
    by one part and learns from the others, so that every row validates once and trains all others
    (bagging: Breiman, 1996). seeds: all members have the same rows, and start from other weights.
    """

    members: Annotated[Annotated[int, Bounds(ge=2)], "number of networks"] = 8
    by: Annotated[
        Literal["folds", "seeds"] | Auto, "auto: folds; seeds where the split is by time"
    ] = "auto"

    def folds(self, *, is_by_time: bool) -> int:
        """The number of parts that rows are divided into; 0 if members share all rows."""
        by_seeds = is_by_time if self.by == "auto" else self.by == "seeds"
        return 0 if by_seeds else self.members


SeedBlock = Annotated[
    Seed | Seeds, "random seed of split, initial weights, shuffling and dropout, or one for each"
]


@frozen(kw_only=True)
class Experiment:
    """One training run, declared."""

    name: Annotated[str | Auto, "name of the run directory; auto: the file's stem"] = "auto"
    seed: SeedBlock = 0
    data: Annotated[Data, "the data: a built-in dataset or a table"]
    network: Annotated[
        NetworkKeys,
        "the layers; a config of a table that names neither these nor an optimizer, and holds rows "
        "back, gets those of `nncli init --quick`",
    ] = field(default_factory=NetworkKeys)
    loss: Annotated[Loss | Auto, "the loss function; auto: by the output's activation"] = "auto"
    optimizer: Annotated[Optimizer, "how gradients change the weights"] = field(
        default_factory=Adam
    )
    schedule: Annotated[Schedule, "the learning-rate schedule"] = field(default_factory=Constant)
    training: Annotated[TrainingKeys, "epochs, batches, stopping"] = field(
        default_factory=TrainingKeys
    )
    decision: Annotated[
        DecisionKeys | None, "how one of two classes is chosen; null: the more probable one"
    ] = None
    evaluation: Annotated[Evaluation, "which metrics are measured"] = field(
        default_factory=Evaluation
    )
    output: Annotated[OutputKeys, "which files a run leaves"] = field(default_factory=OutputKeys)
    ensemble: Annotated[
        EnsembleKeys | None, "several networks whose predictions are averaged; null: one network"
    ] = field(default=None, compare=False)
    sweep: Annotated[SweepKeys | None, "the search of `nncli sweep`; ignored by `nncli train`"] = (
        field(default=None, compare=False)
    )

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that a dump shows: optional ones only if they are given."""
        optional = ("decision", "ensemble", "sweep")
        hidden = {name for name in optional if getattr(self, name) is None}
        return tuple(key.name for key in fields(self) if key.name not in hidden)

    @property
    def seeds(self) -> Seeds:
        """The seed of each random stream."""
        return self.seed if isinstance(self.seed, Seeds) else Seeds(*[self.seed] * 4)


def parts_of(value: Any) -> Iterator[Part]:
    """Yields every part in an experiment or a block of one, nested parts too."""
    if isinstance(value, Part):
        yield value
    if is_dataclass(value):
        value = [getattr(value, key.name) for key in fields(value)]
    if isinstance(value, list | tuple):
        for item in value:
            yield from parts_of(item)
