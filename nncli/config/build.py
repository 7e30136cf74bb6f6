"""Build: an Experiment -> its data, its network, and the Job that the engine trains."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.config.check import check, check_files
from nncli.config.experiment import Experiment, PreprocessingKeys
from nncli.config.load import Source
from nncli.config.resolve import resolve, resolve_split
from nncli.data.preprocessing import Preprocessing, Scaling
from nncli.data.splits import Rows, Split
from nncli.data.targets import TargetCoding, as_task
from nncli.engine import baselines
from nncli.engine.evaluation import Scored
from nncli.engine.job import Job, Seeds
from nncli.engine.network import Network
from nncli.engine.state import stream
from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.datasets import Table
from nncli.parts.layers import Layer
from nncli.parts.losses import Loss


@dataclass(frozen=True)
class Built:
    """A resolved experiment with everything made for it."""

    experiment: Experiment
    table: Table
    rows: Rows
    preprocessing: Preprocessing
    coding: TargetCoding
    job: Job

    @property
    def network(self) -> Network:
        return self.job.network

    @property
    def dtype(self) -> Any:
        return np.dtype(self.experiment.training.dtype)

    def scored(self, name: str) -> Scored:
        """The rows of a split as the network sees them."""
        rows = self.rows.named()[name]
        return _scored(self.table, rows, self.preprocessing, self.coding, self.dtype)

    def baselines(self, rows: int) -> dict[str, Array]:
        """Predictions for so many rows that look at the training targets only, by name."""
        truth = self.table.y[self.rows.train]
        if self.table.classes:
            return {"majority class": baselines.prior(truth, len(self.table.classes), rows)}
        return {"mean": baselines.mean(truth, rows)}


@dataclass(frozen=True)
class Fixed:
    """What a run has recorded of its data, to be used again instead of drawn or fitted anew."""

    rows: Rows
    preprocessing: Preprocessing
    data_sha256: str


def build(given: Experiment, source: Source, fixed: Fixed | None = None) -> Built:
    """Load the data, resolve every `auto`, check, and put it together.

    Raises ConfigError with every problem found, each at the place of its key; DataError if the data
    isn't what `fixed` was recorded on.
    """
    seeds = given.seed if isinstance(given.seed, Seeds) else Seeds(*[given.seed] * 4)
    table = _table(given, source)
    if fixed and table.sha256() != fixed.data_sha256:
        raise DataError(f"{source.path.parent}: the data has changed since this run was trained")
    split = resolve_split(given.data.split, given.data.dataset, table)
    rows = fixed.rows if fixed else _rows(split, table, seeds, source)
    experiment = resolve(given, table, split, rows)
    check(experiment, table, rows, source)
    if fixed is None:  # a run has its weights in its own files
        check_files(experiment, table, source)

    keys, output = experiment.data.preprocessing, experiment.network.output
    assert isinstance(keys, PreprocessingKeys)
    assert isinstance(output.units, int)
    with np.errstate(all="ignore"):  # what overflows is refused by _check_finite
        preprocessing = fixed.preprocessing if fixed else _fit(table, rows, keys)
    coding = TargetCoding(len(table.classes), output.units, preprocessing.target)
    job = _job(experiment, table, rows, preprocessing, coding, seeds)
    if job.network.layout.trainable == 0:
        raise source.error([("network", "nothing to train: every layer is frozen")])
    _check_finite(job, source)
    return Built(experiment, table, rows, preprocessing, coding, job)


def _check_finite(job: Job, source: Source) -> None:
    """Raises ConfigError if scaling or the dtype made an infinity of a large number."""
    for rows in (job.train, job.val):
        if rows is not None and not (np.isfinite(rows.x).all() and np.isfinite(rows.targets).all()):
            message = f"its values overflow when scaled or stored as {rows.x.dtype}"
            raise source.error([("data.dataset", message)])


def _table(given: Experiment, source: Source) -> Table:
    try:
        with np.errstate(all="ignore"):  # what isn't finite is refused below
            table = given.data.dataset.load()
        finite = np.isfinite(table.x).all() and np.isfinite(table.y).all()
    except DataError as error:
        raise source.error([("data.dataset", str(error))]) from None
    except (MemoryError, ValueError, OverflowError) as error:  # NumPy's words for too large
        raise source.error([("data.dataset", f"too large for this machine: {error}")]) from None
    if not finite:
        raise source.error([("data.dataset", "its values overflow: use smaller numbers")])
    try:
        return as_task(table, table.task if given.data.task == "auto" else given.data.task)
    except DataError as error:
        raise source.error([("data.task", str(error))]) from None


def _rows(split: Split, table: Table, seeds: Seeds, source: Source) -> Rows:
    try:
        return split.rows(table, stream("split", seeds.split))
    except DataError as error:
        raise source.error([("data.split", str(error))]) from None


def _fit(table: Table, rows: Rows, keys: PreprocessingKeys) -> Preprocessing:
    """Statistics of the training rows, and of no other."""
    numeric, target = keys.numeric.scale, keys.target.scale
    assert numeric != "auto"
    assert target != "auto"
    features = Scaling.fit(numeric, table.x[rows.train])
    if table.classes:
        return Preprocessing(features, Scaling.fit("none", np.zeros((len(rows.train), 0))))
    return Preprocessing(features, Scaling.fit(target, table.y[rows.train]))


def _job(
    experiment: Experiment,
    table: Table,
    rows: Rows,
    preprocessing: Preprocessing,
    coding: TargetCoding,
    seeds: Seeds,
) -> Job:
    network, dtype = experiment.network, np.dtype(experiment.training.dtype)
    hidden = [layer for layer in network.hidden if isinstance(layer, Layer)]
    log_every, chosen = experiment.output.log_every, experiment.evaluation.metrics
    assert isinstance(experiment.loss, Loss)
    assert log_every != "auto"
    assert chosen != "auto"

    def seen(indices: Array) -> Scored:
        return _scored(table, indices, preprocessing, coding, dtype)

    return Job(
        network=Network(table.x.shape[1], hidden, network.output.dense(), experiment.loss),
        optimizer=experiment.optimizer,
        schedule=experiment.schedule,
        training=experiment.training,
        train=seen(rows.train),
        val=seen(rows.val) if len(rows.val) else None,
        decode=coding.decode,
        metrics={metric.name: metric for metric in chosen},
        seeds=seeds,
        log_every=log_every,
    )


def _scored(
    table: Table, rows: Array, preprocessing: Preprocessing, coding: TargetCoding, dtype: Any
) -> Scored:
    """Chosen rows of a table as a network sees them."""
    truth = table.y[rows]
    with np.errstate(all="ignore"):  # what overflows is refused by _check_finite
        x = np.ascontiguousarray(preprocessing.features.apply(table.x[rows]), dtype)
        targets = np.ascontiguousarray(coding.encode(truth), dtype)
    return Scored(x, targets, truth)
