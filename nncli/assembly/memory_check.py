"""Memory check: estimate an experiment's memory before allocating it.

The operating system overcommits memory, and kills the process once the pages are used.
"""

import math

from nncli.assembly.model import Model
from nncli.config.load import Source
from nncli.data.memory import available
from nncli.parts.datasets import Dataset
from nncli.parts.splits import Rows
from nncli.untrusted_files.opening import size_in_words

FLOAT_BYTES = 8
TABLE_COPIES = 5  # at the peak, of a built-in dataset: drawn, split, scaled
THETA_COPIES = 4  # initial, current, last reported, best
OUTPUT_COPIES = 3  # of a layer: z, a, gradient; of all rows: truth, targets, predictions


def check_dataset(dataset: Dataset, source: Source) -> None:
    """Raises ConfigError if a built-in dataset doesn't fit into memory."""
    _refuse(dataset.cells * FLOAT_BYTES * TABLE_COPIES, "data.dataset", "its rows", source)


def check_network(model: Model, rows: Rows, source: Source) -> None:
    """Raises ConfigError if training a network doesn't fit into memory."""
    network, experiment = model.network, model.experiment
    train, shards = len(rows.train), experiment.training.shards
    batch = experiment.training.batch_rows(train)
    rows_at_once = -(-batch // shards)
    numbers = (THETA_COPIES + 1 + experiment.optimizer.n_vectors) * network.layout.size
    numbers += OUTPUT_COPIES * sum(_kept_outputs(model, count) for count in (train, len(rows.val)))
    for index, node in enumerate(network.nodes):
        unwritten = node.layer.of_dx if index <= network.first_trained else ()
        saved = node.layer.saved_shapes(rows_at_once, node.input_shape).items()
        numbers += OUTPUT_COPIES * rows_at_once * node.outputs
        numbers += sum(math.prod(shape) for name, shape in saved if name not in unwritten)
    if shards > 1:  # gradient sums in the reduction tree
        numbers += shards.bit_length() * network.layout.size
    what = f"training {network.layout.size:,} parameters, {batch:,} rows a step,"
    _refuse(numbers * model.dtype.itemsize, "network", what, source)


def _kept_outputs(model: Model, rows: int) -> int:
    """How many numbers are stored for the outputs of `rows` rows; their targets take as many."""
    metrics = model.experiment.evaluation.metrics
    if model.is_by_index(rows) and all(metric.takes_class_predictions for metric in metrics):
        return rows
    return rows * model.network.outputs


def _refuse(size: int, key: str, what: str, source: Source) -> None:
    """Raises ConfigError at `key` if `size` bytes aren't available."""
    if size > (free := available()):
        needed, there = size_in_words(size), size_in_words(free)
        message = f"{what} would take about {needed} of memory: {there} are free"
        raise source.error([(key, message)])
