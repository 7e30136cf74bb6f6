"""Build: an Experiment -> its data, its model, and the Job that the engine trains."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nncli.build.consistency import check, check_files
from nncli.build.memory_check import check_dataset, check_network
from nncli.build.model import Model
from nncli.config.experiment import Experiment, PreprocessingKeys
from nncli.config.load import Source
from nncli.config.resolve import resolve, resolve_preprocessing, resolve_split
from nncli.data.data_checks import data_warnings, refuse_singleton_classes
from nncli.data.folds import folds
from nncli.data.preprocessing import Preprocessing, Steps
from nncli.data.row_weights import RowWeights
from nncli.data.targets import as_task
from nncli.engine import baselines
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job
from nncli.engine.network import Network
from nncli.engine.state import stream
from nncli.engine.steppers.choice import Choice, choose
from nncli.errors import CorruptRun, DataError, ShapeError, TableError, UserError
from nncli.parts.arrays import Array
from nncli.parts.datasets import Dataset
from nncli.parts.splits import Rows, Split
from nncli.parts.table import Table


@dataclass(frozen=True)
class Built:
    """A resolved experiment with everything made for it.

    warnings: what in the data makes a score worth less than it looks, a line each.
    """

    model: Model
    table: Table
    rows: Rows
    row_weights: RowWeights | None
    job: Job
    warnings: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        return self.model.experiment

    @property
    def preprocessing(self) -> Preprocessing:
        return self.model.preprocessing

    @property
    def network(self) -> Network:
        return self.model.network

    def evaluation_set(self, name: str) -> EvaluationSet:
        """The rows of a split as the network sees them."""
        return self.model.evaluation_set(self.table, self.rows.named()[name], self.row_weights)

    def read(self, path: Path, *, needs_target: bool) -> Table:
        """Rows of another table; see Model.read."""
        return self.model.read(path, needs_target=needs_target)

    def table_evaluation_set(self, table: Table) -> EvaluationSet:
        """All rows of another table as the network sees them, weighed as the run's own are."""
        return self.model.evaluation_set(table, np.arange(len(table)), self.row_weights)

    def baselines(self, rows: int) -> dict[str, Array]:
        """Predictions for so many rows that look at the training targets only, by name."""
        truth = self.table.y[self.rows.train]
        if self.table.classes:
            return {"majority class": baselines.prior(truth, len(self.table.classes), rows)}
        return {"mean": baselines.mean(truth, rows)}


@dataclass(frozen=True)
class FittedState:
    """What a run has recorded of its data, to be used again instead of drawn or fitted anew."""

    rows: Rows
    preprocessing: Preprocessing
    data_sha256: str

    def check(self, table: Table, folder: Path) -> None:
        """Raises DataError, or CorruptRun, if it wasn't recorded on these rows."""
        if table.sha256() != self.data_sha256:
            raise DataError(f"{folder}: the data has changed since this run was trained")
        features = tuple(feature.name for feature in self.preprocessing.features)
        fitted = self.preprocessing
        if (features, fitted.targets, fitted.classes) != (
            table.features,
            table.targets,
            table.classes,
        ):
            raise CorruptRun(f"{folder}: its preprocessing was fitted on other columns")
        parts = (self.rows.train, self.rows.val, self.rows.test)
        if not len(self.rows.train) or any(len(p) and p.max() >= len(table) for p in parts):
            raise CorruptRun(f"{folder}: its split has rows that the data hasn't")


@dataclass(frozen=True)
class Dealt:
    """A table and which of its rows train; the ones of a fold, where there are folds."""

    table: Table
    dataset: Dataset
    split: Split
    rows: Rows
    folds: list[Rows] = field(default_factory=list)


def deal(
    given: Experiment, source: Source, fixed: FittedState | None = None, n_folds: int = 0
) -> Dealt:
    """Load the data and decide which rows train.

    Raises ConfigError at the key to blame, TableError at the row; DataError if the data isn't what
    `fixed` was recorded on.
    """
    dataset = given.data.source()
    table = _table(given, dataset, source)
    if fixed:
        fixed.check(table, source.path.parent)
    split = resolve_split(given.data.split, dataset, table)
    if fixed:
        return Dealt(table, dataset, split, fixed.rows)
    random = stream("split", given.seeds.split)
    with _blaming(source, "data.split"):
        rows = split.rows(table, random)
        if given.data.path is not None and len(rows.train) < len(table):
            refuse_singleton_classes(table)
        parts = folds(split, table, rows, n_folds, random) if n_folds else []
    return Dealt(table, dataset, split, rows, parts)


def build(given: Experiment, source: Source, fixed: FittedState | None = None) -> Built:
    """Load the data, resolve every `auto`, check, and put it together.

    Raises ConfigError with every problem found, each at the place of its key; TableError and
    DataError as `deal`.
    """
    dealt = deal(given, source, fixed)
    return assemble(given, source, dealt, dealt.rows, fixed)


def assemble(
    given: Experiment, source: Source, dealt: Dealt, rows: Rows, fixed: FittedState | None = None
) -> Built:
    """What `rows` of the dealt table are to train. Raises as `build`."""
    table = dealt.table
    row_weights = _weighing(given, table, rows, source)
    keys = resolve_preprocessing(given, dealt.dataset, table)
    with _blaming(source, "data.preprocessing"), np.errstate(all="ignore"):
        # what overflows is refused
        preprocessing = fixed.preprocessing if fixed else _fit(table, rows, keys)
    inputs = preprocessing.width
    with _blaming(source, "network"):  # its shapes
        experiment = resolve(given, table, dealt.split, rows, keys, inputs)
        check(experiment, table, rows, inputs, source)
        if fixed is None:  # a run has its weights in its own files
            check_files(experiment, inputs, source)
        model = Model(experiment, preprocessing)
        check_network(model, rows, source)
    try:
        job = _job(model, table, rows, row_weights)
    except TableError as error:
        if given.data.path is not None:
            raise
        message = error.problems[0].message  # a dataset's rows have no place to name
        raise source.error([("data.dataset", message)]) from None
    if job.network.layout.trainable == 0:
        raise source.error([("network", "nothing to train: every layer is frozen")])
    _check_finite(job, source, _source_key(given))
    model, job, refusal = _with_engine(model, job, source, fixed)
    found: list[str] = [refusal] if refusal else []
    if given.data.path is not None and fixed is None:
        is_balanced = given.training.class_weight is not None
        found += data_warnings(table, rows, is_balanced=is_balanced)
    return Built(model, table, rows, row_weights, job, tuple(found))


def _with_engine(
    model: Model, job: Job, source: Source, fixed: FittedState | None
) -> tuple[Model, Job, str]:
    """The same with `training.engine` resolved, and why it isn't compiled if it can't be.

    A run goes on with the engine that it began with; one that names none began with NumPy.
    """
    training = job.training
    if fixed is not None and training.engine != "auto":
        return model, job, ""
    try:
        chosen = choose(job) if fixed is None else Choice("numpy")
    except UserError as error:
        raise source.error([("training.engine", str(error))]) from None
    resolved = replace(training, engine=chosen.engine)
    experiment = replace(model.experiment, training=resolved)
    refusal = chosen.refusal and f"training.engine: {chosen.refusal}"
    return replace(model, experiment=experiment), replace(job, training=resolved), refusal


@contextmanager
def _blaming(source: Source, key: str) -> Iterator[None]:
    """Put problems of the data at the config key to blame: their own, else `key`."""
    try:
        yield
    except TableError:
        raise  # which has places of its own
    except DataError as error:
        raise source.error([(own or key, message) for own, message in error.found]) from None
    except ShapeError as error:
        raise source.error([(error.key or key, str(error))]) from None


def _check_finite(job: Job, source: Source, key: str) -> None:
    """Raises ConfigError if scaling or the dtype made an infinity of a large target."""
    for rows in (job.train, job.val):
        if rows is not None and not np.isfinite(rows.targets).all():
            message = f"its targets overflow when scaled or stored as {rows.targets.dtype}"
            raise source.error([(key, message)])


def _source_key(given: Experiment) -> str:
    """The key that says where the rows come from."""
    return "data.dataset" if given.data.path is None else "data.path"


def _table(given: Experiment, dataset: Dataset, source: Source) -> Table:
    blamed = _source_key(given)
    check_dataset(dataset, source)
    try:
        with _blaming(source, blamed), np.errstate(all="ignore"):
            table = dataset.load()
        finite = given.data.path is not None or bool(  # a file's cells are checked one by one
            np.isfinite(table.x).all() and np.isfinite(table.y).all()
        )
    except UnicodeEncodeError as error:
        message = f"this locale has no {error.encoding} spelling of the file's name"
        raise source.error([(blamed, message)]) from None
    except (MemoryError, ValueError, OverflowError) as error:  # NumPy's words for too large
        raise source.error([(blamed, f"too large for this machine: {error}")]) from None
    if not finite:
        raise source.error([(blamed, "its values overflow: use smaller numbers")])
    with _blaming(source, "data.task"):
        return as_task(table, table.task if given.data.task == "auto" else given.data.task)


def _fit(table: Table, rows: Rows, keys: PreprocessingKeys) -> Preprocessing:
    """Statistics of the training rows, and of no other."""
    numeric, categorical, target = keys.numeric, keys.categorical, keys.target.scale
    assert numeric.scale != "auto"
    assert numeric.impute != "auto"
    assert target != "auto"
    steps = Steps(numeric.scale, numeric.impute, categorical.impute, categorical.handle_unknown)
    return Preprocessing.fit(table, rows.train, steps, target)


def _weighing(given: Experiment, table: Table, rows: Rows, source: Source) -> RowWeights | None:
    """How much rows count in the loss; None: all alike."""
    of_classes = given.training.class_weight
    blamed = "training.class_weight" if of_classes is not None else "data.sample_weight"
    with _blaming(source, blamed):
        return RowWeights.fit(table.y, table.classes, of_classes, table.weights, rows.train)


def _job(model: Model, table: Table, rows: Rows, row_weights: RowWeights | None) -> Job:
    experiment = model.experiment
    log_every, chosen = experiment.output.log_every, experiment.evaluation.metrics
    assert log_every != "auto"
    assert chosen != "auto"
    return Job(
        network=model.network,
        optimizer=experiment.optimizer,
        schedule=experiment.schedule,
        training=experiment.training,
        train=model.evaluation_set(table, rows.train, row_weights),
        val=model.evaluation_set(table, rows.val, row_weights) if len(rows.val) else None,
        decode=model.coding.decode,
        metrics={metric.name: metric for metric in chosen},
        seeds=experiment.seeds,
        log_every=log_every,
    )
