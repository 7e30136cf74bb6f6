"""Resolve: replaces every `auto` of an Experiment, by its data and its other keys.

In this order, as each step uses the ones before: the split; the output layer and the loss; the
data; and, once preprocessing has given the number of inputs, the rest.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from nncli.config.data_keys import Data
from nncli.config.experiment import Experiment, NetworkKeys
from nncli.config.preprocessing_keys import EMBEDDING_SIZE, Categorical
from nncli.config.resolve_training import resolve_log_every, resolve_schedule, resolve_training
from nncli.config.resolved import (
    Resolved,
    ResolvedCategorical,
    ResolvedData,
    ResolvedEvaluation,
    ResolvedNetwork,
    ResolvedNumeric,
    ResolvedOutput,
    ResolvedOutputKeys,
    ResolvedPreprocessing,
    ResolvedTarget,
    unchanged,
)
from nncli.constraints import Auto
from nncli.data.nonlinear_scales import linear_scale
from nncli.data.numeric_encodings import BINS
from nncli.data.reading.column_keys import ColumnKeys
from nncli.engine.training_settings import default_monitor
from nncli.parts.activations import Activation, Identity, Sigmoid, Softmax, Softplus
from nncli.parts.arrays import Shape
from nncli.parts.layers import Conv2D, Dense, Input, Layer, Output, Residual, single_layers
from nncli.parts.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    MarginLoss,
    Mse,
    MulticlassHinge,
    Poisson,
)
from nncli.parts.metrics import DEFAULTS
from nncli.parts.splits import NoSplit, RandomSplit, Rows, Split, StratifiedSplit
from nncli.parts.table import Kind, Origin, Table

# ---- the split


def resolve_split(given: Data, table: Table) -> Split:
    """Fills in `split: auto`.

    It is none for gates, inline rows and a single row; otherwise stratified for classes, else
    random.
    """
    if given.split != "auto":
        return given.split
    if not given.source().has_split or len(table) == 1:
        return NoSplit()
    return RandomSplit() if table.task == "regression" else StratifiedSplit()


# ---- the output layer and the loss


def resolve_output(output: Output, loss: Loss | Auto, table: Table) -> tuple[ResolvedOutput, Loss]:
    """Fills in units by the task, activation by units and loss, and loss by the activation."""
    units, activation = output.units, output.activation
    wants_classes = isinstance(activation, Softmax) or isinstance(
        loss, CrossEntropy | MulticlassHinge
    )
    if units == "auto":
        units = len(table.classes) if table.classes else table.y.shape[1]
        if table.task == "binary" and not wants_classes:
            units = 1
    if activation == "auto":
        activation = _activation_for(table, units, loss)
    if loss == "auto":
        loss = Mse() if table.task == "regression" else _loss_for(activation)
    kernel = Dense(units, activation, output.kernel_initializer).initializers()["W"]
    resolved = ResolvedOutput(
        **unchanged(output, ResolvedOutput),
        units=units,
        activation=activation,
        kernel_initializer=kernel,
    )
    return resolved, loss


def _activation_for(table: Table, units: int, loss: Loss | Auto) -> Activation:
    if isinstance(loss, MarginLoss):
        return Identity()
    if table.labels:
        return Sigmoid()
    if not table.classes:
        if isinstance(loss, Poisson):
            return Softplus()
        return Identity()
    return Sigmoid() if units == 1 or isinstance(loss, BinaryCrossEntropy) else Softmax()


def _loss_for(activation: Activation) -> Loss:
    if isinstance(activation, Softmax):
        return CrossEntropy()
    return BinaryCrossEntropy() if isinstance(activation, Sigmoid) else Mse()


# ---- the data


def resolve_data(
    given: Data, table: Table, split: Split, output: ResolvedOutput, loss: Loss
) -> ResolvedData:
    """Resolves the task, the features, and the keys and preprocessing of columns."""
    if given.path is not None:
        assert table.origin is not None
        shown = [name for name in table.features if name not in table.for_formulas]
        features = given.features
        if features.is_chosen or not table.image_shape:  # an image's features are all its pixels
            features = replace(features, include=shown)
        columns = _resolve_columns(given, table.origin)
        given = replace(given, features=features, columns=columns, header=table.origin.header)
    return ResolvedData(
        **unchanged(given, ResolvedData),
        on_disk=table.is_on_disk,
        task=table.task,
        split=split,
        preprocessing=_resolve_preprocessing(given, table, output, loss),
    )


def _resolve_columns(given: Data, origin: Origin) -> dict[str, Kind | ColumnKeys]:
    """The column keys of the config, and those inferred from the table that this run depends on."""
    known = given.column_keys
    guessed = {
        name: replace(known.get(name, ColumnKeys()), values=list(texts))
        for name, texts in origin.values.items()
    }
    known |= guessed
    dates = {
        name: replace(known.get(name, ColumnKeys()), type="date", format=form)
        for name, form in origin.date_formats.items()
    }
    return {**given.columns, **guessed, **dates}


def _resolve_preprocessing(
    given: Data, table: Table, output: ResolvedOutput, loss: Loss
) -> ResolvedPreprocessing:
    """Fills in the preprocessing, by the dataset.

    Targets are scaled only if the output can be any number.
    """
    keys = given.preprocessing
    if keys == "none":
        return ResolvedPreprocessing(
            numeric=ResolvedNumeric(impute="none", scale="none"),
            categorical=_resolve_categorical(Categorical()),
            target=ResolvedTarget(scale="none"),
        )
    numeric, target, impute = keys.numeric.scale, keys.target.scale, keys.numeric.impute
    is_one_row = len(table) == 1  # scaling and bins would make it constant
    if is_one_row:
        keys = replace(
            keys, numeric=replace(keys.numeric, encode="none", bins=BINS, with_value=False)
        )
    if numeric == "auto":
        numeric = "standard" if given.source().is_scaled and not is_one_row else "none"
    if impute == "auto":
        impute = "none" if given.path is None else "median"
    if target == "auto":
        reaches_all = isinstance(output.activation, Identity) and loss.takes_any_target
        target = linear_scale(numeric) if table.task == "regression" and reaches_all else "none"
    return ResolvedPreprocessing(
        **unchanged(keys, ResolvedPreprocessing),
        numeric=ResolvedNumeric(
            **unchanged(keys.numeric, ResolvedNumeric), impute=impute, scale=numeric
        ),
        categorical=_resolve_categorical(keys.categorical),
        target=ResolvedTarget(transform=keys.target.transform, scale=target),
    )


def _resolve_categorical(keys: Categorical) -> ResolvedCategorical:
    """Fills in the embedding size, with that of RealMLP (Holzmueller et al., 2024)."""
    size = EMBEDDING_SIZE if keys.embedding_size == "auto" else keys.embedding_size
    return ResolvedCategorical(**unchanged(keys, ResolvedCategorical), embedding_size=size)


# ---- the rest


def resolve(
    given: Experiment,
    data: ResolvedData,
    output: ResolvedOutput,
    loss: Loss,
    rows: Rows,
    inputs: int,
    image_shape: Shape = (),
) -> Resolved:
    """Resolves the whole experiment.

    inputs: the number of network inputs.  image_shape: the shape of a row, if the rows are images.

    `engine: auto` becomes numpy: whether compiling pays is decided once the job is built.
    """
    network = _resolve_network(given.network, output, inputs, image_shape)
    chosen, log_every = given.evaluation.metrics, given.output.log_every
    if chosen == "auto":
        chosen = [metric() for metric in DEFAULTS[data.task]]
    monitor = default_monitor(len(rows.val))
    schedule = resolve_schedule(given.schedule, monitor)
    given = replace(given, schedule=schedule, ensemble=None, sweep=None)  # as for a single run
    training = resolve_training(given, network, rows, monitor)
    if log_every == "auto":
        log_every = resolve_log_every(training, network, rows)
    return Resolved(
        **unchanged(given, Resolved),
        data=data,
        network=network,
        loss=loss,
        training=training,
        evaluation=ResolvedEvaluation(metrics=chosen),
        output=ResolvedOutputKeys(
            **unchanged(given.output, ResolvedOutputKeys), log_every=log_every
        ),
    )


def _resolve_network(
    keys: NetworkKeys, output: ResolvedOutput, inputs: int, image_shape: Shape
) -> ResolvedNetwork:
    """Turns a bare number of units into a dense layer, and fills in kernel initializers."""
    hidden = [*map(_resolve_layer, keys.hidden)]
    return ResolvedNetwork(
        input=_resolve_input(keys.input, hidden, image_shape, inputs), hidden=hidden, output=output
    )


def _resolve_layer(layer: int | Layer) -> Layer:
    full: Layer = Dense(layer) if isinstance(layer, int) else layer
    if isinstance(full, Dense | Conv2D):
        return replace(full, kernel_initializer=full.initializers()["W"])
    if isinstance(full, Residual):
        return replace(full, layers=[*map(_resolve_layer, full.block)])
    return full


def _resolve_input(
    given: int | Input | Auto, hidden: Sequence[Layer], image_shape: Shape, inputs: int
) -> int | Input:
    """The input shape: as given; else an image's, if the first layers need images, or flat."""
    keys = given if isinstance(given, Input) else Input(given)
    if keys.shape != "auto":
        return Input(shape=list(keys.shape))
    if keys.units == "auto" and math.prod(image_shape) == inputs and _takes_images(hidden):
        return Input(shape=list(image_shape))
    return inputs if keys.units == "auto" else keys.units


def _takes_images(hidden: Sequence[Layer]) -> bool:
    """Whether the first layer with a fixed number of input axes takes images."""
    axes = (layer.input_axes for layer in single_layers(hidden))
    return next(filter(None, axes), 1) == 3
