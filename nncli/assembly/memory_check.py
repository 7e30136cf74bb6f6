"""Memory check: the memory an experiment will take, told before any of it is asked for.

The operating system grants more than there is, and ends the process once that is used.
"""

import math

from nncli.assembly.model import Model
from nncli.config.load import Source
from nncli.data.memory import available
from nncli.parts.datasets import Dataset
from nncli.parts.splits import Rows
from nncli.untrusted_files.opening import size_in_words

NUMBER = 8  # bytes
OF_TABLE = 5  # copies of a built-in dataset at the worst moment: drawn, split, scaled
OF_THETA = 4  # theta as it starts, as it is, as it was last reported and at its best
OF_OUTPUTS = 3  # a layer's z, a and gradient; of the last one's rows: truth, targets, predictions


def check_dataset(dataset: Dataset, source: Source) -> None:
    """Raises ConfigError if the rows of a built-in dataset won't fit into memory."""
    _refuse(dataset.cells * NUMBER * OF_TABLE, "data.dataset", "its rows", source)


def check_network(model: Model, rows: Rows, source: Source) -> None:
    """Raises ConfigError if a network won't fit into memory, with what training keeps beside it."""
    network, experiment = model.network, model.experiment
    train, shards = len(rows.train), experiment.training.shards
    batch = experiment.training.batch_rows(train)
    rows_at_once = -(-batch // shards)
    numbers = (OF_THETA + 1 + experiment.optimizer.n_vectors) * network.layout.size
    numbers += OF_OUTPUTS * sum(_kept_outputs(model, count) for count in (train, len(rows.val)))
    for index, node in enumerate(network.nodes):
        unwritten = node.layer.of_dx if index <= network.first_trained else ()
        saved = node.layer.saved_shapes(rows_at_once, node.input_shape).items()
        numbers += OF_OUTPUTS * rows_at_once * node.outputs
        numbers += sum(math.prod(shape) for name, shape in saved if name not in unwritten)
    if shards > 1:  # their sums, which wait for each other
        numbers += shards.bit_length() * network.layout.size
    what = f"training {network.layout.size:,} parameters, {batch:,} rows a step,"
    _refuse(numbers * model.dtype.itemsize, "network", what, source)


def _kept_outputs(model: Model, rows: int) -> int:
    """Numbers that are kept of the outputs of so many rows, and alike of their targets."""
    metrics = model.experiment.evaluation.metrics
    if model.is_by_index(rows) and all(metric.takes_class_predictions for metric in metrics):
        return rows
    return rows * model.network.outputs


def _refuse(size: int, key: str, what: str, source: Source) -> None:
    if size > (free := available()):
        needed, there = size_in_words(size), size_in_words(free)
        message = f"{what} would take about {needed} of memory: {there} are free"
        raise source.error([(key, message)])
