"""No equivalent: notes on what the code for other libraries leaves out."""

from nncli.assembly.build import Built
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.layers import BatchNorm


def given_state(built: Built) -> Equivalent:
    """A note if the config has an initial_state of the optimizer."""
    if built.job.optimizer.given_state is None:
        return Equivalent()
    return unsupported("optimizer.initial_state; what the optimizer remembers starts from 0")


def shard_statistics(built: Built) -> Equivalent:
    """A note on batch_norm's statistics, if batches are cut into shards; gradients are the same."""
    shards = built.job.training.shards
    if shards == 1 or not any(isinstance(node.layer, BatchNorm) for node in built.network.nodes):
        return Equivalent()
    return unsupported(f"batch_norm's statistics of each of {shards} shards of a batch")
