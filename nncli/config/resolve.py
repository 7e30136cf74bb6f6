"""Resolve: every `auto` of an Experiment, by its data and by its other keys, each once.

In this order, since each looks at the ones before: the split; the output layer and the loss; the
data; and, when preprocessing has shown how many inputs there are, the rest.
"""

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from nncli.config.data_keys import Data
from nncli.config.experiment import Experiment, NetworkKeys
from nncli.config.preprocessing_keys import VECTOR, Categorical
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
)
from nncli.constraints import Auto
from nncli.data.bent_scales import straight
from nncli.data.numeric_encodings import BINS
from nncli.data.reading.column_keys import ColumnKeys
from nncli.engine.cost import useful_threads
from nncli.engine.settings import (
    STOPPING_PATIENCE,
    EarlyStopping,
    EarlyStoppingKeys,
    Training,
    default_monitor,
)
from nncli.engine.threads import free_cores
from nncli.parts.activations import Activation, Identity, Sigmoid, Softmax, Softplus
from nncli.parts.arrays import Shape
from nncli.parts.layers import Conv2D, Dense, Input, Layer, Output, Residual, single_layers
from nncli.parts.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    Mse,
    MulticlassHinge,
    OfMargins,
    Poisson,
)
from nncli.parts.metrics import DEFAULTS
from nncli.parts.schedules import ReduceOnPlateau, Schedule
from nncli.parts.splits import NoSplit, RandomSplit, Rows, Split, StratifiedSplit
from nncli.parts.table import Kind, Origin, Table

BATCH = 32
MOST_LOGGED = 1000  # rows of metrics.csv, unless a config asks for more


# ---- the split


def resolve_split(given: Data, table: Table) -> Split:
    """auto: none for gates, inline rows and a single row; stratified for classes, else random."""
    if given.split != "auto":
        return given.split
    if not given.source().has_split or len(table) == 1:
        return NoSplit()
    return RandomSplit() if table.task == "regression" else StratifiedSplit()


# ---- the output layer and the loss


def resolve_output(output: Output, loss: Loss | Auto, table: Table) -> tuple[ResolvedOutput, Loss]:
    """Units by the task, activation by units and loss, loss by activation."""
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
    start = Dense(units, activation, output.kernel_initializer).initializers()["W"]
    known = ResolvedOutput(
        **_unchanged(output, ResolvedOutput),
        units=units,
        activation=activation,
        kernel_initializer=start,
    )
    return known, loss


def _activation_for(table: Table, units: int, loss: Loss | Auto) -> Activation:
    if isinstance(loss, OfMargins):
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
    """The task, the features where the table was asked for them, and what is done to columns."""
    if given.path is not None:
        assert table.origin is not None
        shown = [name for name in table.features if name not in table.for_formulas]
        features = given.features
        if features.is_chosen or not table.picture:  # of a picture, all numbers
            features = replace(features, include=shown)
        columns = _resolve_columns(given, table.origin)
        given = replace(given, features=features, columns=columns, header=table.origin.header)
    return ResolvedData(
        **_unchanged(given, ResolvedData),
        on_disk=table.is_on_disk,
        task=table.task,
        split=split,
        preprocessing=_resolve_preprocessing(given, table, output, loss),
    )


def _resolve_columns(given: Data, origin: Origin) -> dict[str, Kind | ColumnKeys]:
    """What was said of columns, with the guesses that a run has to go on with."""
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
    """auto: what the dataset suits; a numeric target only if the output can reach any number."""
    keys = given.preprocessing
    if keys == "none":
        return ResolvedPreprocessing(
            numeric=ResolvedNumeric(impute="none", scale="none"),
            categorical=_resolve_categorical(Categorical()),
            target=ResolvedTarget(scale="none"),
        )
    numeric, target, impute = keys.numeric.scale, keys.target.scale, keys.numeric.impute
    is_one_row = len(table) == 1  # of which scaling and bins leave nothing
    if is_one_row:
        keys = replace(
            keys, numeric=replace(keys.numeric, encode="none", bins=BINS, with_value=False)
        )
    if numeric == "auto":
        numeric = "standard" if given.source().is_scaled and not is_one_row else "none"
    if impute == "auto":
        impute = "none" if given.path is None else "median"
    if target == "auto":
        takes_all = loss.targets == (-math.inf, math.inf)
        reaches_all = isinstance(output.activation, Identity) and takes_all
        target = straight(numeric) if table.task == "regression" and reaches_all else "none"
    return ResolvedPreprocessing(
        **_unchanged(keys, ResolvedPreprocessing),
        numeric=ResolvedNumeric(
            **_unchanged(keys.numeric, ResolvedNumeric), impute=impute, scale=numeric
        ),
        categorical=_resolve_categorical(keys.categorical),
        target=ResolvedTarget(transform=keys.target.transform, scale=target),
    )


def _resolve_categorical(keys: Categorical) -> ResolvedCategorical:
    """How long vectors are: as RealMLP has them (Holzmueller et al., 2024)."""
    size = VECTOR if keys.embedding_size == "auto" else keys.embedding_size
    return ResolvedCategorical(**_unchanged(keys, ResolvedCategorical), embedding_size=size)


# ---- the rest


def resolve(
    given: Experiment,
    data: ResolvedData,
    output: ResolvedOutput,
    loss: Loss,
    rows: Rows,
    inputs: int,
    picture: Shape = (),
) -> Resolved:
    """The experiment with nothing left to guess. inputs: how many the network gets.
    picture: the shape of a row, if the rows are pictures.

    The engine is NumPy where the config leaves it open: only the job that is built shows whether
    another pays.
    """
    network = _resolve_network(given.network, output, inputs, picture)
    monitor = default_monitor(len(rows.val))
    log_every, chosen = given.output.log_every, given.evaluation.metrics
    if log_every == "auto":
        log_every = -(-given.training.epochs // MOST_LOGGED)
    if chosen == "auto":
        chosen = [metric() for metric in DEFAULTS[data.task]]
    schedule = _resolve_schedule(given.schedule, monitor)
    given = replace(given, schedule=schedule, ensemble=None, sweep=None)  # of one run
    return Resolved(
        **_unchanged(given, Resolved),
        data=data,
        network=network,
        loss=loss,
        training=_resolve_training(given, network, rows, monitor),
        evaluation=ResolvedEvaluation(metrics=chosen),
        output=ResolvedOutputKeys(
            **_unchanged(given.output, ResolvedOutputKeys), log_every=log_every
        ),
    )


def _resolve_network(
    keys: NetworkKeys, output: ResolvedOutput, inputs: int, picture: Shape
) -> ResolvedNetwork:
    """Bare units become dense layers; every kernel knows how it starts."""
    hidden = [*map(_resolve_layer, keys.hidden)]
    return ResolvedNetwork(
        input=_resolve_input(keys.input, hidden, picture, inputs), hidden=hidden, output=output
    )


def _resolve_layer(layer: int | Layer) -> Layer:
    full: Layer = Dense(layer) if isinstance(layer, int) else layer
    if isinstance(full, Dense | Conv2D):
        return replace(full, kernel_initializer=full.initializers()["W"])
    if isinstance(full, Residual):
        return replace(full, layers=[*map(_resolve_layer, full.block)])
    return full


def _resolve_input(
    given: int | Input | Auto, hidden: Sequence[Layer], picture: Shape, inputs: int
) -> int | Input:
    """The shape that is asked for; of pictures, where a layer asks for them."""
    keys = given if isinstance(given, Input) else Input(given)
    if keys.shape != "auto":
        return Input(shape=list(keys.shape))
    if keys.units == "auto" and math.prod(picture) == inputs and _takes_pictures(hidden):
        return Input(shape=list(picture))
    return inputs if keys.units == "auto" else keys.units


def _takes_pictures(hidden: Sequence[Layer]) -> bool:
    """Whether the first layer that can't take any shape takes pictures."""
    axes = (layer.input_axes for layer in single_layers(hidden))
    return next(filter(None, axes), 1) == 3


def _resolve_schedule(schedule: Schedule, monitor: str) -> Schedule:
    """What reduce_on_plateau watches."""
    if isinstance(schedule, ReduceOnPlateau) and schedule.monitor == "auto":
        return replace(schedule, monitor=monitor)
    return schedule


def _resolve_stopping(
    given: EarlyStoppingKeys | None, schedule: Schedule, monitor: str
) -> EarlyStopping | None:
    """What early stopping watches, and how long: long enough for a lower rate to be tried."""
    if given is None:
        return None
    of_plateau = 2 * schedule.patience if isinstance(schedule, ReduceOnPlateau) else 0
    long_enough = max(STOPPING_PATIENCE, of_plateau)
    return EarlyStopping(
        monitor if given.monitor == "auto" else given.monitor,
        long_enough if given.patience == "auto" else given.patience,
        given.min_delta,
        given.restore_best_weights,
    )


def _resolve_training(
    given: Experiment, network: ResolvedNetwork, rows: Rows, monitor: str
) -> Training:
    """Batch size by the optimizer and the rows, threads by the work of a step."""
    keys, count = given.training, len(rows.train)
    size, steps, threads = keys.batch_size, keys.steps_per_epoch, keys.threads
    converged = keys.converged
    if size == "auto":
        size = "full" if given.optimizer.full_batch or count <= BATCH else BATCH
    if steps == "auto":
        steps = 1 if size == "full" else -(-count // min(size, count))
    if threads == "auto" and keys.shards > 1:
        threads = 1  # ranks share the work, and its bits may not depend on how many there are
    elif threads == "auto":
        batch = count if size == "full" else size
        threads = useful_threads(products_of(network, batch), free_cores())
    if converged is not None and converged.monitor == "auto":
        converged = replace(converged, monitor=monitor)
    return Training(
        **_unchanged(replace(keys, converged=converged), Training),
        batch_size=size,
        steps_per_epoch=steps,
        early_stopping=_resolve_stopping(keys.early_stopping, given.schedule, monitor),
        threads=threads,
        engine="numpy" if keys.engine == "auto" else keys.engine,
    )


def products_of(network: ResolvedNetwork, batch: int) -> int:
    """Multiplications of a step's largest product."""
    return batch * _largest_kernel(network)


def _largest_kernel(network: ResolvedNetwork) -> int:
    """Those of a row."""
    return max(_multiplications(layer, shape) for *_, layer, shape in network.layer_shapes())


def _multiplications(layer: Layer, shape: Shape) -> int:
    """Of a row in a layer's product, as if it had one where rows are features."""
    output = layer.output_shape(shape)
    if len(shape) == 1:
        return math.prod(shape) * math.prod(output)
    return math.prod(layer.param_shapes(shape).get("W", ())) * math.prod(output[:-1])


def _unchanged(given: Any, resolved: type) -> dict[str, Any]:
    """The keys of a block that its resolved type leaves as they are, by name."""
    names = [key.name for key in fields(given) if key.name not in resolved.__annotations__]
    return {name: getattr(given, name) for name in names}
