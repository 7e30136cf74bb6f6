"""Build: an Experiment and its data -> every `auto` resolved -> a Job the engine can train."""

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncli.config.experiment import Experiment, Numeric, PreprocessingKeys, Target
from nncli.config.load import Source
from nncli.data.preprocessing import Preprocessing, Scaling
from nncli.data.splits import NoSplit, RandomSplit, Rows, Split, StratifiedSplit
from nncli.data.targets import TargetCoding, as_task
from nncli.engine import baselines
from nncli.engine.evaluation import Scored
from nncli.engine.job import Job, Seeds
from nncli.engine.network import Network
from nncli.engine.state import stream
from nncli.errors import ConfigError, DataError, Problem
from nncli.parts import metrics
from nncli.parts.activations import Activation, Identity, Sigmoid, Softmax
from nncli.parts.arrays import Array
from nncli.parts.datasets import Table
from nncli.parts.layers import BatchNorm, Dense, Dropout, Input, Layer, Output
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy, Loss, Mse
from nncli.parts.metrics import Metric
from nncli.parts.optimizers import Lbfgs
from nncli.parts.schedules import Constant, ReduceOnPlateau
from nncli.registry import find

MOST_LOGGED = 10_000
LARGE_STEP = 128**3  # multiplications of one product from which a second thread pays


@dataclass(frozen=True)
class Built:
    """A resolved experiment with everything made for it."""

    experiment: Experiment
    table: Table
    rows: Rows
    preprocessing: Preprocessing
    coding: TargetCoding
    network: Network
    job: Job

    def scored(self, name: str) -> Scored:
        """The rows of a split, ready to evaluate."""
        return scored(
            self.table, self.rows.named()[name], self.preprocessing, self.coding, self.dtype
        )

    def baselines(self, rows: int) -> dict[str, Array]:
        """Predictions for so many rows that look at the training targets only, by name."""
        truth = self.table.y[self.rows.train]
        if self.table.classes:
            return {"majority class": baselines.prior(truth, len(self.table.classes), rows)}
        return {"mean": baselines.mean(truth, rows)}

    @property
    def dtype(self) -> Any:
        return np.dtype(self.experiment.training.dtype)


def scored(
    table: Table, rows: Array, preprocessing: Preprocessing, coding: TargetCoding, dtype: Any
) -> Scored:
    """Chosen rows of a table as a network sees them."""
    truth = table.y[rows]
    return Scored(
        np.ascontiguousarray(preprocessing.features.apply(table.x[rows]), dtype),
        np.ascontiguousarray(coding.encode(truth), dtype),
        truth,
    )


@dataclass(frozen=True)
class Fixed:
    """What a run has recorded of its data, to be used again instead of drawn or fitted anew."""

    rows: Rows
    preprocessing: Preprocessing


def build(experiment: Experiment, source: Source, fixed: Fixed | None = None) -> Built:
    """Load the data, resolve every `auto`, check what depends on the data, and put it together.

    Raises ConfigError with every problem found, each at the place of its key.
    """
    return _Builder(experiment, source, fixed).build()


class _Builder:
    def __init__(self, experiment: Experiment, source: Source, fixed: Fixed | None) -> None:
        self.given, self.source, self.fixed = experiment, source, fixed
        self.problems: list[Problem] = []

    def build(self) -> Built:
        given = self.given
        seeds = given.seed if isinstance(given.seed, Seeds) else Seeds(*[given.seed] * 4)
        table = self._table()
        split = self._split(table)
        output, loss = self._output(table)
        hidden = self._hidden()
        self._check_training(table, output, loss, hidden)
        chosen = self._metrics(table)
        self._check_monitors(chosen, split)
        if self.problems:
            raise ConfigError(self.problems)
        rows = self._rows(table, split, seeds)
        keys = self._preprocessing(table, output, loss)
        assert output.units != "auto"
        fitted = self.fixed.preprocessing if self.fixed else _fit(table, rows, keys)
        coding = TargetCoding(len(table.classes), output.units, fitted.target)
        network = Network(table.x.shape[1], hidden, output.dense(), loss)
        experiment = self._resolved(table, split, keys, network, hidden, output, chosen, rows)
        dtype = np.dtype(experiment.training.dtype)
        named = {
            name: scored(table, indices, fitted, coding, dtype)
            for name, indices in rows.named().items()
            if name != "test"
        }
        log_every = experiment.output.log_every
        assert log_every != "auto"
        job = Job(
            network,
            given.optimizer,
            given.schedule,
            experiment.training,
            named["train"],
            named.get("val"),
            coding.decode,
            {metric.name: metric for metric in chosen},
            seeds,
            log_every,
        )
        return Built(experiment, table, rows, fitted, coding, network, job)

    def _note(self, key: str, message: str) -> None:
        self.problems.append(self.source.problem(key, message))

    # ---- data

    def _table(self) -> Table:
        data = self.given.data
        table = data.dataset.load()
        try:
            return as_task(table, table.task if data.task == "auto" else data.task)
        except DataError as error:
            raise ConfigError([self.source.problem("data.task", str(error))]) from None

    def _split(self, table: Table) -> Split:
        split = self.given.data.split
        if split != "auto":
            return split
        if not self.given.data.dataset.has_split:
            return NoSplit()
        return StratifiedSplit() if table.classes else RandomSplit()

    def _rows(self, table: Table, split: Split, seeds: Seeds) -> Rows:
        if self.fixed:
            return self.fixed.rows
        try:
            return split.rows(table, stream("split", seeds.split))
        except DataError as error:
            raise ConfigError([self.source.problem("data.split", str(error))]) from None

    def _preprocessing(self, table: Table, output: Output, loss: Loss) -> PreprocessingKeys:
        keys = self.given.data.preprocessing
        if keys == "none":
            return PreprocessingKeys(numeric=Numeric(scale="none"), target=Target(scale="none"))
        numeric, target = keys.numeric.scale, keys.target.scale
        if numeric == "auto":
            numeric = "standard" if self.given.data.dataset.is_scaled else "none"
        if target == "auto":
            reaches_all = isinstance(output.activation, Identity) and np.isinf(loss.targets[0])
            target = numeric if not table.classes and reaches_all else "none"
        return PreprocessingKeys(numeric=Numeric(scale=numeric), target=Target(scale=target))

    # ---- network

    def _output(self, table: Table) -> tuple[Output, Loss]:
        """The output block and the loss, each `auto` by the task and by the other."""
        output, task = self.given.network.output, table.task
        units, activation, loss = output.units, output.activation, self.given.loss
        if units == "auto":
            units = {"binary": 1, "regression": table.y.shape[-1]}.get(task, len(table.classes))
            if task == "binary" and (
                isinstance(activation, Softmax) or isinstance(loss, CrossEntropy)
            ):
                units = 2
        self._check_units(table, units)
        if activation == "auto":
            activation = _activation_for(task, units, loss)
        if loss == "auto":
            loss = _loss_for(activation)
        if isinstance(activation, Softmax) and units == 1:
            message = "softmax over 1 unit is always 1: use sigmoid, or 2 units"
            self._note("network.output.activation", message)
        elif misfit := loss.misfit(activation, units):
            self._note("loss", misfit)
        return replace(output, units=units, activation=activation), loss

    def _check_units(self, table: Table, units: int) -> None:
        given = self.given.network.input
        inputs = given.units if isinstance(given, Input) else given
        features = table.x.shape[1]
        if inputs not in ("auto", features):
            message = f"expected {features}, the features of the data, found {inputs}"
            self._note("network.input", message)
        if not table.classes:
            targets = table.y.shape[1]
            if units != targets:
                message = f"expected {targets}, one unit a target, found {units}"
                self._note("network.output.units", message)
        elif units != len(table.classes) and not (units == 1 and table.task == "binary"):
            classes = len(table.classes)
            one = "1 or " if classes == 2 else ""
            message = f"expected {one}{classes}, one unit a class, found {units}"
            self._note("network.output.units", message)

    def _hidden(self) -> list[Layer]:
        default = self.given.network.kernel_initializer
        layers: list[Layer] = []
        for layer in self.given.network.hidden:
            layer = Dense(layer) if isinstance(layer, int) else layer
            if isinstance(layer, Dense) and layer.kernel_initializer == "auto":
                layer = replace(layer, kernel_initializer=default)
                layer = replace(layer, kernel_initializer=layer.kernel_start)
            layers.append(layer)
        return layers

    # ---- training

    def _check_training(
        self, table: Table, output: Output, loss: Loss, hidden: list[Layer]
    ) -> None:
        given, training = self.given, self.given.training
        layers = [*hidden, output]
        if all(not getattr(layer, "trainable", False) for layer in layers):
            self._note("network", "nothing to train: every layer is frozen")
        low, high = loss.targets
        if not table.classes and (table.y.min() < low or table.y.max() > high):
            kinds = "at least 0" if np.isinf(high) else f"from {low:g} to {high:g}"
            self._note("loss", f"{loss.name} needs targets {kinds}, the data has others")
        if training.batch_size == 1 and any(
            isinstance(layer, BatchNorm) and layer.trainable for layer in hidden
        ):
            self._note(
                "training.batch_size", "batch_norm needs batches of at least 2 rows, found 1"
            )
        if isinstance(given.optimizer, Lbfgs):
            self._check_lbfgs(hidden)

    def _check_lbfgs(self, hidden: list[Layer]) -> None:
        training = self.given.training
        if training.batch_size not in ("auto", "full"):
            self._note("training.batch_size", "lbfgs needs all rows at each step: use full")
        if training.sampling == "with_replacement" or training.steps_per_epoch != "auto":
            self._note(
                "training", "lbfgs has no steps to sample: drop sampling and steps_per_epoch"
            )
        if training.clip_grad_norm is not None:
            self._note("training.clip_grad_norm", "lbfgs needs the gradient as it is: drop the key")
        if not isinstance(self.given.schedule, Constant) or self.given.schedule.warmup:
            self._note("schedule", "lbfgs has no learning rate to schedule: drop the block")
        if any(isinstance(layer, Dropout) for layer in hidden):
            self._note(
                "network.hidden", "lbfgs needs a loss without chance: drop the dropout layers"
            )

    def _metrics(self, table: Table) -> list[Metric]:
        chosen = self.given.evaluation.metrics
        if chosen == "auto":
            return [_metric(name) for name in metrics.DEFAULTS[table.task]]
        for index, metric in enumerate(chosen):
            if table.task not in metric.tasks:
                tasks = " and ".join(sorted(metric.tasks))
                message = f"{metric.name} is for {tasks} tasks, not {table.task}"
                self._note(f"evaluation.metrics[{index}]", message)
        return chosen

    def _check_monitors(self, chosen: list[Metric], split: Split) -> None:
        training, schedule = self.given.training, self.given.schedule
        watching = {
            "training.early_stopping.monitor": training.early_stopping,
            "training.converged.monitor": training.converged,
            "schedule.monitor": schedule if isinstance(schedule, ReduceOnPlateau) else None,
        }
        columns = ["loss", *(metric.name for metric in chosen)]
        if getattr(split, "val", 0.0):
            columns += [f"val_{column}" for column in columns]
        for key, settings in watching.items():
            if settings is not None and settings.monitor not in ("auto", *columns):
                known = ", ".join(["auto", *columns])
                self._note(key, f"expected one of {known}, found '{settings.monitor}'")

    def _resolved(
        self,
        table: Table,
        split: Split,
        keys: PreprocessingKeys,
        network: Network,
        hidden: list[Layer],
        output: Output,
        chosen: list[Metric],
        rows: Rows,
    ) -> Experiment:
        """The experiment with nothing left to guess."""
        given, training = self.given, self.given.training
        size = training.batch_size
        if size == "auto":
            size = "full" if given.optimizer.full_batch or len(rows.train) <= 32 else 32
        monitor = "val_loss" if len(rows.val) else "loss"
        stopping, schedule = training.early_stopping, given.schedule
        if stopping is not None and stopping.monitor == "auto":
            stopping = replace(stopping, monitor=monitor)
        if isinstance(schedule, ReduceOnPlateau) and schedule.monitor == "auto":
            schedule = replace(schedule, monitor=monitor)
        log_every = given.output.log_every
        if log_every == "auto":
            log_every = 1 if training.epochs <= MOST_LOGGED else -(-training.epochs // 1000)
        widest = max(node.inputs * node.outputs for node in network.nodes)
        batch = len(rows.train) if size == "full" else size
        threads = training.threads
        if threads == "auto":
            threads = 1 if batch * widest < LARGE_STEP else len(os.sched_getaffinity(0))
        output = replace(output, kernel_initializer=network.output.kernel_start)
        return replace(
            given,
            data=replace(given.data, task=table.task, split=split, preprocessing=keys),
            network=replace(given.network, input=table.x.shape[1], hidden=[*hidden], output=output),
            loss=network.loss,
            schedule=schedule,
            training=replace(training, batch_size=size, early_stopping=stopping, threads=threads),
            evaluation=replace(given.evaluation, metrics=chosen),
            output=replace(given.output, log_every=log_every),
        )


def _fit(table: Table, rows: Rows, keys: PreprocessingKeys) -> Preprocessing:
    """Statistics of the training rows, and of no other."""
    numeric, target = keys.numeric.scale, keys.target.scale
    assert numeric != "auto"
    assert target != "auto"
    features = Scaling.fit(numeric, table.x[rows.train])
    numbers = np.zeros((len(rows.train), 0)) if table.classes else table.y[rows.train]
    return Preprocessing(features, Scaling.fit("none" if table.classes else target, numbers))


def _activation_for(task: str, units: int, loss: Any) -> Activation:
    if task == "regression":
        name = "softplus" if getattr(loss, "name", "") == "poisson" else "identity"
        chosen = find("activation", name)()
        assert isinstance(chosen, Activation)
        return chosen
    return Sigmoid() if units == 1 or isinstance(loss, BinaryCrossEntropy) else Softmax()


def _loss_for(activation: Activation) -> Loss:
    for loss in (CrossEntropy(), BinaryCrossEntropy()):
        if loss.matched is not None and isinstance(activation, loss.matched):
            return loss
    return Mse()


def _metric(name: str) -> Metric:
    found = find("metric", name)()
    assert isinstance(found, Metric)
    return found
