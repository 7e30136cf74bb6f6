"""Experiment: one config file, as typed values. The fields are the YAML keys."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from nncli.constraints import Auto, PositiveInt, Seed
from nncli.data.preprocessing import Scale
from nncli.data.splits import Split
from nncli.engine.job import Seeds
from nncli.engine.settings import Training
from nncli.parts.datasets import Dataset, Task
from nncli.parts.layers import Input, Layer, Output
from nncli.parts.losses import Loss
from nncli.parts.metrics import Metric
from nncli.parts.optimizers import Adam, Optimizer
from nncli.parts.schedules import Constant, Schedule


@dataclass(frozen=True, kw_only=True)
class Numeric:
    """What is done to each numeric feature, with statistics of the training rows."""

    scale: Annotated[
        Scale | Auto, "auto: standard, but none for gates, inline rows and and_float"
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is done to a numeric target; metrics are in its own units all the same."""

    scale: Annotated[
        Scale | Auto, "auto: as the features, if the output unit can reach any number"
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class PreprocessingKeys:
    """How columns become what a network learns from."""

    numeric: Annotated[Numeric, "the features"] = field(default_factory=Numeric)
    target: Annotated[Target, "what is predicted, in a regression"] = field(default_factory=Target)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Where the rows come from, and which of them train."""

    dataset: Annotated[Dataset, "a built-in dataset"]
    task: Annotated[Task | Auto, "what the target calls for; auto: by its values"] = "auto"
    split: Annotated[
        Split | Auto, "auto: none for gates, else stratified (classes) or random, 0.7/0.15/0.15"
    ] = "auto"
    preprocessing: Annotated[
        PreprocessingKeys | Literal["none"], "none switches every step off"
    ] = field(default_factory=PreprocessingKeys)


@dataclass(frozen=True, kw_only=True)
class NetworkKeys:
    """The layers, from input to output."""

    input: Annotated[PositiveInt | Input | Auto, "features; a check, the data decides"] = "auto"
    hidden: Annotated[list[PositiveInt | Layer], "layers, or just their units (relu)"] = field(
        default_factory=lambda: [16]
    )
    output: Annotated[Output, "the last layer"] = field(default_factory=Output)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What besides the loss is measured."""

    metrics: Annotated[
        list[Metric] | Auto, "auto: accuracy, f1_macro, log_loss (and roc_auc), or rmse, mae, r2"
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class OutputKeys:
    """What a run leaves behind, and where."""

    dir: Annotated[str, "the folder of run directories, relative to where nncli is called"] = "runs"
    plots: Annotated[list[Literal["loss"]], "pictures drawn at the end"] = field(
        default_factory=lambda: ["loss"]
    )
    log_every: Annotated[
        PositiveInt | Auto,
        "epochs per row of metrics.csv; auto: 1 up to 10,000 epochs, then about 1,000 rows in all",
    ] = "auto"


SeedBlock = Annotated[Seed | Seeds, "of split, initial weights, shuffling and dropout, or one each"]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One training run, declared."""

    name: Annotated[str | Auto, "names the run directory; auto: the file's stem"] = "auto"
    seed: SeedBlock = 0
    data: Annotated[Data, "where the rows come from"]
    network: Annotated[NetworkKeys, "the layers"] = field(default_factory=NetworkKeys)
    loss: Annotated[Loss | Auto, "auto: by the output's activation"] = "auto"
    optimizer: Annotated[Optimizer, "how a gradient moves the weights"] = field(
        default_factory=Adam
    )
    schedule: Annotated[Schedule, "how the learning rate changes"] = field(default_factory=Constant)
    training: Annotated[Training, "how long, in what portions"] = field(default_factory=Training)
    evaluation: Annotated[Evaluation, "what is measured"] = field(default_factory=Evaluation)
    output: Annotated[OutputKeys, "what is left behind"] = field(default_factory=OutputKeys)
