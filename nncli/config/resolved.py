"""Resolved: an Experiment without `auto`. Each block redeclares only the keys that change.

A block has all keys of its Experiment's, in the same order, so it is written and read alike.
`field()` removes the default `auto` of the wider key: the value is required.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field, fields
from typing import Any, ClassVar

from nncli.config.data_keys import Data
from nncli.config.experiment import Evaluation, Experiment, NetworkKeys, OutputKeys
from nncli.config.preprocessing_keys import (
    EMBEDDING_SIZE,
    Categorical,
    Numeric,
    PreprocessingKeys,
    Target,
)
from nncli.constraints import PositiveInt
from nncli.data.fitted_columns import Impute
from nncli.data.nonlinear_scales import NumericScale
from nncli.data.scaling import Scale
from nncli.engine.training_settings import Training
from nncli.errors import ShapeError
from nncli.frozen import frozen
from nncli.parts.activations import Activation
from nncli.parts.arrays import Shape
from nncli.parts.initializers import Initializer
from nncli.parts.layers import Dense, Input, Layer, Output, placed_layers
from nncli.parts.losses import Loss
from nncli.parts.metrics import Metric
from nncli.parts.splits import Split
from nncli.parts.table import Task


@frozen(kw_only=True)
class ResolvedNumeric(Numeric):
    """What is done to numeric features."""

    impute: Impute = field()
    scale: NumericScale = field()


@frozen(kw_only=True)
class ResolvedCategorical(Categorical):
    """What is done to features of categories; the size of vectors is shown where there are any."""

    embedding_size: PositiveInt = EMBEDDING_SIZE


@frozen(kw_only=True)
class ResolvedTarget(Target):
    """What is done to a numeric target."""

    scale: Scale = field()


@frozen(kw_only=True)
class ResolvedPreprocessing(PreprocessingKeys):
    """How columns become what a network learns from."""

    numeric: ResolvedNumeric
    categorical: ResolvedCategorical
    target: ResolvedTarget


@frozen(kw_only=True)
class ResolvedData(Data):
    """Where the rows come from, and which of them train."""

    on_disk: bool = False
    task: Task = field()
    split: Split = field()
    preprocessing: ResolvedPreprocessing


@frozen
class ResolvedOutput(Output):
    """The last layer's keys."""

    name: ClassVar[str] = Output.name
    units: PositiveInt = field()
    activation: Activation = field()
    kernel_initializer: Initializer = field()

    def dense(self) -> Dense:
        """The output layer as a dense layer."""
        return Dense(**vars(self))


@frozen(kw_only=True)
class ResolvedNetwork(NetworkKeys):
    """The layers; input: how many numbers the first one gets, or in which shape."""

    input: PositiveInt | Input = field()
    hidden: Sequence[Layer]
    output: ResolvedOutput

    @property
    def input_shape(self) -> Shape:
        """The shape of a row at the first layer."""
        if isinstance(self.input, int):
            return (self.input,)
        assert self.input.shape != "auto"
        return tuple(self.input.shape)

    def layer_shapes(self) -> Iterator[tuple[str, str, Layer, Shape]]:
        """Yields (name, key, layer, input shape) of each layer, from the first hidden one on.

        Raises ShapeError at the key of a layer that can't take its input's shape.
        """
        shape, output = self.input_shape, self.output.dense()
        try:
            for each in placed_layers(self.hidden, shape):
                key, shape = f"network.hidden{each.key}", each.output_shape
                yield f"hidden_{each.number}", key, each.layer, each.input_shape
        except ShapeError as error:
            raise ShapeError(str(error), f"network.hidden{error.key}") from None
        try:
            output.output_shape(shape)
        except ShapeError as error:
            raise ShapeError(str(error), "network.output") from None
        yield "output", "network.output", output, shape


@frozen(kw_only=True)
class ResolvedEvaluation(Evaluation):
    """What besides the loss is measured."""

    metrics: list[Metric] = field()


@frozen(kw_only=True)
class ResolvedOutputKeys(OutputKeys):
    """What a run leaves behind, and where."""

    log_every: PositiveInt = field()


@frozen(kw_only=True)
class Resolved(Experiment):
    """One training run, with every `auto` filled in."""

    data: ResolvedData
    network: ResolvedNetwork
    loss: Loss = field()
    training: Training
    evaluation: ResolvedEvaluation
    output: ResolvedOutputKeys


def unchanged(given: Any, resolved: type) -> dict[str, Any]:
    """Key -> value, of the keys that the resolved type doesn't redeclare."""
    names = [key.name for key in fields(given) if key.name not in resolved.__annotations__]
    return {name: getattr(given, name) for name in names}
