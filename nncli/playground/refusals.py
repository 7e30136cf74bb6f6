"""Refusals: what a page can't train, with what to do instead."""

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.artifacts.run_directory import RESOLVED
from nncli.errors import UserError
from nncli.playground.job_settings import kept_slots

MAX_INPUTS = 300  # each takes 300 bytes, and nobody can look at more
MAX_NUMBERS = 8_000  # parameters and optimizer slots: 85 KB of a page


def refuse_unplayable(loaded: LoadedNetwork) -> None:
    """Raises UserError, with a remedy, for a network that the page can't train."""
    for reason in _reasons(loaded):
        raise UserError(f"{loaded.path}: {reason}")


def _reasons(loaded: LoadedNetwork) -> list[str]:
    built = loaded.built
    job, network = built.job, built.network
    found: list[str] = []
    if not job.optimizer.has_update:
        found.append(
            f"optimizer {job.optimizer.name} takes no steps along gradients to look at: play it "
            "with --set optimizer=adam"
        )
    if network.embedding is not None:
        found.append(
            "embedded categories can't be played: use inputs of their own, with --set "
            "data.preprocessing.categorical.embed=null"
        )
    if len(network.input_shape) != 1 or any(len(node.output_shape) != 1 for node in network.nodes):
        found.append(
            "images can't be played, only rows of numbers side by side: play it without "
            "network.input.shape, with dense layers"
        )
    if any(node.block for node in network.nodes):
        found.append(
            "residual blocks can't be played: put their layers into network.hidden themselves"
        )
    if not job.schedule.code:
        found.append(
            f"schedule {job.schedule.name} looks at what came of an epoch: play it with --set "
            "schedule=constant"
        )
    found += _too_large(loaded)
    return found


def _too_large(loaded: LoadedNetwork) -> list[str]:
    """Problems of size; slots with default starts don't count."""
    size, slots = loaded.built.network.layout.size, kept_slots(loaded)
    count = size + sum(len(slot) for slot in slots.values())
    if (inputs := loaded.built.network.inputs) > MAX_INPUTS:
        return [
            f"{inputs:,} inputs, and a page draws at most {MAX_INPUTS:,}: play some columns, "
            "with --set 'data.features.include=[...]'"
        ]
    if size > MAX_NUMBERS:
        return [
            f"{size:,} parameters, and a page holds at most {MAX_NUMBERS:,}: play a narrower "
            "network, as with --set 'network.hidden=[16, 16]'"
        ]
    if count > MAX_NUMBERS:
        return [
            f"{count:,} parameters and numbers that its optimizer remembers, and a page holds at "
            f"most {MAX_NUMBERS:,}: play it from its start, {RESOLVED} in it"
        ]
    return []
