"""Build: an Experiment -> table, Resolved config, model, and the Job that the engine trains."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nncli.assembly.advice import advice
from nncli.assembly.decided import decision_of
from nncli.assembly.memory_check import check_network
from nncli.assembly.model import Model
from nncli.assembly.recorded_data import RecordedData
from nncli.assembly.split_table import SplitTable, split_table
from nncli.assembly.validation import (
    validate,
    validate_given_state,
    validate_given_weights,
    validate_watched,
)
from nncli.config.experiment import Experiment
from nncli.config.load import Source
from nncli.config.resolve import resolve, resolve_data, resolve_output
from nncli.config.resolved import Resolved, ResolvedData, ResolvedPreprocessing
from nncli.data.column_types import task_reason
from nncli.data.data_checks import data_warnings, rowless_classes
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.row_weights import RowWeights
from nncli.data.target_transforms import TRANSFORM_KEY, refuse_untransformable
from nncli.engine import baselines
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job
from nncli.engine.network import Network
from nncli.engine.steppers.choice import Choice, choose
from nncli.engine.training_settings import TrainingKeys
from nncli.errors import DataError, TableError, UserError
from nncli.frozen import frozen
from nncli.operating_system import give_back_memory
from nncli.parts.arrays import Array
from nncli.parts.metrics import deciding
from nncli.parts.splits import Rows
from nncli.parts.table import Table


@frozen
class Built:
    """A resolved experiment with its data, model and job.

    row_weights: None if all rows weigh the same.  warnings: one line each.
    task_reason: why this task was chosen, if `data.task` is auto.
    """

    model: Model
    table: Table
    rows: Rows
    row_weights: RowWeights | None
    job: Job
    warnings: tuple[str, ...] = ()
    task_reason: str = ""

    @property
    def experiment(self) -> Resolved:
        return self.model.experiment

    @property
    def preprocessing(self) -> Preprocessing:
        return self.model.preprocessing

    @property
    def network(self) -> Network:
        return self.model.network

    def evaluation_set(self, name: str) -> EvaluationSet:
        """The network inputs and targets of a split."""
        return self.model.evaluation_set(self.table, self.rows.named()[name], self.row_weights)

    def baselines(self, rows: int) -> dict[str, Array]:
        """Baseline predictions for `rows` rows, from the training targets only, by name."""
        truth = self.table.y[self.rows.train]
        if self.table.classes:
            return {"majority class": baselines.prior(truth, len(self.table.classes), rows)}
        name = "label shares" if self.table.labels else "mean"
        return {name: baselines.mean(truth, rows)}


def build(
    given: Experiment,
    source: Source,
    recorded: RecordedData | None = None,
    *,
    may_be_constant: bool = False,
) -> Built:
    """Load the data, resolve every `auto`, validate, and assemble the job.

    may_be_constant: see `split_table`.
    Raises ConfigError with every problem at its key; TableError and DataError as `split_table`.
    """
    split = split_table(given, source, recorded, may_be_constant=may_be_constant)
    return assemble(given, source, split, recorded)


def assemble(
    given: Experiment, source: Source, split: SplitTable, recorded: RecordedData | None = None
) -> Built:
    """Build from a table that is loaded and split. Raises as `build`."""
    table, rows = split.table, split.rows
    row_weights = _row_weights(given, split, source)
    output, loss = resolve_output(given.network.output, given.loss, table)
    data = resolve_data(given.data, table, split.split, output, loss)
    _check_transform(data, table, source)
    preprocessing = recorded.preprocessing if recorded else _fit(split, data, source)
    with source.errors_at("network"):  # for errors in its shapes
        experiment = resolve(
            given, data, output, loss, rows, preprocessing.n_inputs, table.image_shape
        )
        validate(experiment, table, rows, preprocessing.n_inputs, source)
        if recorded is None:  # a recorded run reads its own weights
            validate_given_weights(experiment, source)
        model = Model(experiment, preprocessing)
        check_network(model, rows, source)
    validate_given_state(experiment.optimizer, model.network.layout, source)
    # before the inputs are made: the data checks take memory too
    of_data = (
        () if recorded else (*rowless_classes(table), *table_warnings(experiment, table, rows))
    )
    job = _job(model, split, row_weights, source)
    if recorded:  # a resumed run keeps its engine
        return Built(model, table, rows, row_weights, job)
    validate_watched(job, source)
    chosen = _choose_engine(job, given.training, source)
    job = replace(job, training=replace(job.training, engine=chosen.engine))
    model = replace(model, experiment=replace(experiment, training=job.training))
    refusal = [f"training.engine: {chosen.refusal}"] if chosen.refusal else []
    asked = advice(given.training, model.experiment, job, table, preprocessing)
    warnings = *refusal, *asked, *of_data
    is_chosen = given.data.task == "auto" and given.data.classes is None
    reason = task_reason(table) if is_chosen else ""
    return Built(model, table, rows, row_weights, job, warnings, reason)


def _row_weights(given: Experiment, split: SplitTable, source: Source) -> RowWeights | None:
    """The rows' weights in the loss; None if all are equal."""
    of_classes, table = given.training.class_weight, split.table
    key = "training.class_weight" if of_classes is not None else "data.sample_weight"
    with source.errors_at(key):
        if table.labels and of_classes is not None:
            raise DataError(
                "it weighs the classes of a single target, not labels: data.sample_weight weighs "
                "rows"
            )
        return RowWeights.fit(table.y, table.classes, of_classes, table.weights, split.rows.train)


def _check_transform(data: ResolvedData, table: Table, source: Source) -> None:
    """Raises ConfigError for a transform of classes, TableError for targets outside its domain."""
    transform = data.preprocessing.target.transform
    if transform != "none" and table.task != "regression":
        message = f"{transform} is for numbers, and this task is {table.task}: use none"
        raise source.error([(TRANSFORM_KEY, message)])
    if transform != "none":
        refuse_untransformable(table, transform)


def _fit(split: SplitTable, data: ResolvedData, source: Source) -> Preprocessing:
    """Fit the preprocessing on the training rows only."""
    keys = data.preprocessing
    numeric, categorical = keys.numeric, keys.categorical
    steps = PreprocessingSteps(
        scale=numeric.scale,
        impute=numeric.impute,
        impute_category=categorical.impute,
        unknown=categorical.handle_unknown,
        encode=numeric.encode,
        bins=numeric.bins,
        with_value=numeric.with_value,
        indicator=numeric.missing_indicator,
        embed=categorical.embed,
        rare=categorical.rare,
    )
    with source.errors_at("data.preprocessing"), np.errstate(all="ignore"):
        # overflow raises an error later
        features = data.features
        formulas = features.derivation.columns(split.table) if features.makes_columns else {}
        return Preprocessing.fit(
            split.table, split.rows.train, steps, keys.target.scale, keys.target.transform, formulas
        )


def _job(model: Model, split: SplitTable, row_weights: RowWeights | None, source: Source) -> Job:
    """The job. Raises ConfigError or TableError if it can't be trained."""
    experiment, table, rows = model.experiment, split.table, split.rows
    decision = decision_of(experiment.decision, None)
    try:
        train = model.evaluation_set(table, rows.train, row_weights)
        val = model.evaluation_set(table, rows.val, row_weights) if len(rows.val) else None
    except TableError as error:
        if experiment.data.path is not None:
            raise
        message = error.problems[0].message  # a dataset's rows have no file and line
        raise source.error([("data.dataset", message)]) from None
    if table.is_large:
        give_back_memory()  # that copies of the table's cells took
    if model.network.layout.trainable == 0:
        raise source.error([("network", "nothing to train: every layer is frozen")])
    for part in (train, val):
        if part is not None and not table.classes and not np.isfinite(part.targets).all():
            message = f"its targets overflow when scaled or stored as {part.targets.dtype}"
            raise source.error([(experiment.data.source_key, message)])
    return Job(
        network=model.network,
        optimizer=experiment.optimizer,
        schedule=experiment.schedule,
        training=experiment.training,
        train=train,
        val=val,
        decode=model.coding.decode,
        metrics=deciding({m.name: m for m in experiment.evaluation.metrics}, decision),
        seeds=experiment.seeds,
        log_every=experiment.output.log_every,
        gradient_norms=experiment.output.gradient_norms,
    )


def _choose_engine(job: Job, given: TrainingKeys, source: Source) -> Choice:
    """Choose the engine. Raises ConfigError if the configured one isn't available."""
    try:
        return choose(job, given.engine)
    except UserError as error:
        raise source.error([("training.engine", str(error))]) from None


def table_warnings(experiment: Resolved, table: Table, rows: Rows) -> Iterator[str]:
    """Warnings of the data checks, for a table from a file."""
    if experiment.data.path is not None:
        keys = experiment.data.preprocessing
        yield from data_warnings(
            table,
            rows,
            is_balanced=experiment.training.class_weight is not None
            or experiment.decision is not None,
            indicated=_indicated_kinds(keys),
            rare=keys.categorical.rare,
        )


def _indicated_kinds(keys: ResolvedPreprocessing) -> list[str]:
    """The column kinds with an indicator input for missing cells."""
    of_numbers = ["numeric", "boolean", "date"] if keys.numeric.missing_indicator else []
    return [*of_numbers, *(["categorical"] if keys.categorical.impute == "category" else [])]
